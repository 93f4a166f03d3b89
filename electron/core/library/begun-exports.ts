import { lstat, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import type { SettingRepository } from '#core/cache/setting-repository.ts'
import { newId } from '#shared/model/annotation.ts'

/** Setting: folders of exports that run, by the mark in the names of their temporary files. */
const BEGUN = 'exports-begun'
const begunSchema = z.record(z.string().regex(/^[0-9a-z]{8}$/), z.string())

/**
 * Remembers which exports run, so that the next start deletes the temporary files of one that was killed. They lie in
 * a folder of the user, so only names with the mark of that export are deleted.
 */
export class BegunExports {
  readonly #settings: Pick<SettingRepository, 'get' | 'set'>

  constructor(settings: Pick<SettingRepository, 'get' | 'set'>) {
    this.#settings = settings
  }

  /** `folder`: absolute. Dispose it at the end of the export. */
  begin(folder: string): { mark: string } & Disposable {
    const mark = newMark()
    this.#settings.set(BEGUN, { ...this.#read(), [mark]: folder })
    return { mark, [Symbol.dispose]: () => this.#forget(mark) }
  }

  /** Deletes what exports of an earlier run left behind. Throws the system's error. */
  async sweep(): Promise<void> {
    for (const [mark, folder] of Object.entries(this.#read())) {
      await removeMarked(folder, mark)
      this.#forget(mark)
    }
  }

  #forget(mark: string): void {
    const { [mark]: _over, ...others } = this.#read()
    this.#settings.set(BEGUN, others)
  }

  #read(): Record<string, string> {
    return begunSchema.catch({}).parse(this.#settings.get(BEGUN))
  }
}

/** Tells the temporary files of one export from others. */
export const newMark = (): string => newId().slice(0, 8).toLowerCase()

/** The hidden name of a file that is being written. */
export const temporaryName = (name: string, mark: string): string =>
  `.${name.slice(0, 60)}.${newId().slice(0, 8)}.${mark}.part`

/** Deletes the temporary files below a folder that have this mark. Does not follow links. */
export async function removeMarked(folder: string, mark: string): Promise<void> {
  const queue = [folder]
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    if (!(await lstat(next).catch(() => null))?.isDirectory()) continue
    // What cannot be read or deleted now does not keep the rest.
    for (const entry of await readdir(next, { withFileTypes: true }).catch(() => [])) {
      const path = join(next, entry.name)
      if (entry.isDirectory()) queue.push(path)
      else if (entry.name.startsWith('.') && entry.name.endsWith(`.${mark}.part`))
        await rm(path, { force: true }).catch(() => {})
    }
  }
}
