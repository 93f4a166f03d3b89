import { mkdirSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Emulator } from '#emulator/server.ts'
import { ALL_FILES, type DownloadOptions, type UploadOptions } from '#shared/model/transfer.ts'
import type { cloudCore } from './cloud.ts'
import { writeImage } from './core.ts'

/** The default dataset of the emulator for transfers. */
export const STREET = 'street scenes'
type Cloud = Awaited<ReturnType<typeof cloudCore>>

export const KEEP: UploadOptions = {
  directory: '/',
  tree: 'keep',
  onExisting: 'skip',
  withLabels: true,
}

export const target = ({ account }: Cloud, { state }: Emulator, name = STREET) => ({
  accountId: account.id,
  remoteId: state.dataset(name).id,
  name,
})

export async function download(
  cloud: Cloud,
  emulator: Emulator,
  folder: string,
  options: Partial<DownloadOptions> = {},
  name = STREET,
) {
  const { id } = cloud.core.transfers.download(target(cloud, emulator, name), folder, {
    ...ALL_FILES,
    ...options,
  })
  return cloud.core.transfers.settled(id)
}

export async function upload(
  cloud: Cloud,
  emulator: Emulator,
  paths: string[],
  options: Partial<UploadOptions> = {},
  name = STREET,
) {
  const { id } = cloud.core.transfers.upload(target(cloud, emulator, name), paths, {
    ...KEEP,
    ...options,
  })
  return cloud.core.transfers.settled(id)
}

export const filesIn = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort()

/** Only images that are not archived. */
export const pathsOf = ({ state }: Emulator, name = STREET) =>
  state
    .images(state.dataset(name).id)
    .filter(({ is_archived }) => !is_archived)
    .map(({ directory_path, filename }) =>
      directory_path === '/' ? filename : `${directory_path.slice(1)}/${filename}`,
    )
    .sort()

export async function photos(folder: string, names: readonly string[]): Promise<void> {
  for (const [index, name] of names.entries()) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    await writeImage(join(folder, name), 40 + index, 30)
  }
}

/** A running download of 12,000 small images. Returns its id. */
export async function beginLarge(
  cloud: Cloud,
  emulator: Emulator,
  folder: string,
): Promise<string> {
  const { transfers } = cloud.core
  const { id } = transfers.download(target(cloud, emulator, 'large'), folder, {
    ...ALL_FILES,
    what: 'images_only',
  })
  await doneAtLeast(cloud, id, 50)
  return id
}

export async function doneAtLeast({ core }: Cloud, id: string, files: number): Promise<void> {
  while (core.transfers.get(id).files.done < files)
    await new Promise((next) => setTimeout(next, 20))
}
