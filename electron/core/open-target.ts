import { stat } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import type { DatasetRepository } from '#core/cache/dataset-repository.ts'
import type { ImageRepository } from '#core/cache/image-repository.ts'
import type { Sync } from '#core/sync/sync.ts'
import { toUserError, UserError } from '#core/user-error.ts'
import { type Dataset, hasImageExtension } from '#shared/model/dataset.ts'
import { LINK_SCHEME, type Link, parseLink } from '#shared/model/link.ts'

export interface Opened {
  dataset: Dataset
  /** The image to show; null: the first one. */
  imageId: string | null
}

interface Deps extends Pick<Sync, 'accounts' | 'remotes' | 'remoteDatasets'> {
  datasets: DatasetRepository
  images: ImageRepository
  settled: (datasetId: string) => Promise<void>
  openFolder: (path: string) => Promise<Dataset>
  openDataset: (id: string) => Promise<Dataset>
}

/**
 * Opens a target from another program, a link or the command line: a folder of images, an image in its folder, or a
 * remote dataset by link. Throws a UserError that names the problem.
 */
export async function openTarget(target: string, deps: Deps): Promise<Opened> {
  if (!target.startsWith(`${LINK_SCHEME}:`)) return openPath(target, deps)
  const link = parseLink(target)
  if (!link)
    throw new UserError(
      'bad_link',
      `“${target.slice(0, 200)}” is not a link to a dataset (${LINK_SCHEME}://dataset/… and its id).`,
    )
  return openLink(link, deps)
}

async function openPath(path: string, { openFolder, images, settled }: Deps): Promise<Opened> {
  const info = await stat(path).catch((error: unknown) => {
    throw toUserError(error, path)
  })
  if (info.isDirectory()) return { dataset: await openFolder(path), imageId: null }
  if (!hasImageExtension(path))
    throw new UserError(
      'no_image',
      `${path} is neither a folder nor an image. Open the folder with the images.`,
    )
  const dataset = await openFolder(dirname(path))
  await settled(dataset.id)
  return { dataset, imageId: images.findByPath(dataset.id, basename(path))?.id ?? null }
}

async function openLink({ datasetId, imageId }: Link, deps: Deps): Promise<Opened> {
  const { remotes, remoteDatasets } = deps
  const dataset = await openRemote(datasetId, deps)
  if (imageId === null) return { dataset, imageId: null }
  const find = () => remotes.imageIds(dataset.id).get(imageId) ?? null
  const known = find()
  if (known !== null) return { dataset, imageId: known }
  // The image is new here; it is in the list that is being read.
  await remoteDatasets.settled(dataset.id)
  return { dataset, imageId: find() }
}

async function openRemote(remoteId: string, deps: Deps): Promise<Dataset> {
  const { accounts, remotes, remoteDatasets, openDataset } = deps
  const all = accounts.list()
  for (const { id } of all) {
    const known = remotes.datasetId(id, remoteId)
    if (known !== null) return openDataset(known)
  }
  for (const { id } of all) {
    // The link does not say which organisation it belongs to.
    const opened = await remoteDatasets.open(id, remoteId).catch(() => null)
    if (opened) return openDataset(opened.id)
  }
  throw new UserError(
    'no_dataset',
    all.length === 0
      ? 'The link opens a dataset on the service. Add an account first.'
      : 'No account has the dataset of this link, or the service is unreachable.',
  )
}
