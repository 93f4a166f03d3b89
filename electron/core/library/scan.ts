import { readdir, realpath, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { FileFacts } from '#core/cache/image-repository.ts'
import { mayBeMask } from '#core/formats/label-file-name.ts'
import { toUserError } from '#core/user-error.ts'
import { hasImageExtension } from '#shared/model/dataset.ts'
import { joinPath } from '#shared/model/paths.ts'
import { type MaskOptions, masksAmong } from './mask-files.ts'

export interface ScanBatch {
  files: FileFacts[]
  /** Paths of pictures that are not listed, because they are masks of images. */
  masks: string[]
  /** Messages about unreadable folders and files. */
  problems: string[]
}

/** Large enough for few transactions, small enough for steady progress. */
const BATCH_FILES = 1_000
/** Parallel stat calls; more gain nothing on a local disk. */
const STAT_PARALLEL = 32

async function mapParallel<T, R>(
  items: readonly T[],
  limit: number,
  work: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = []
  for (let start = 0; start < items.length; start += limit) {
    results.push(...(await Promise.all(items.slice(start, start + limit).map(work))))
  }
  return results
}

interface Found {
  images: string[]
  folders: string[]
  /** Broken links. */
  dangling: string[]
}

/** Images and subfolders of one folder; symbolic links count as their targets. */
async function look(root: string, directory: string): Promise<Found> {
  const found: Found = { images: [], folders: [], dangling: [] }
  for (const entry of await readdir(join(root, directory), { withFileTypes: true })) {
    // Hidden folders hold caches and thumbnails of other programs.
    if (entry.name.startsWith('.')) continue
    const path = joinPath(directory, entry.name)
    let [isFolder, isFile] = [entry.isDirectory(), entry.isFile()]
    if (entry.isSymbolicLink()) {
      const target = await stat(join(root, path)).catch(() => null)
      if (!target && !/\.[a-z0-9]+$/i.test(entry.name)) found.dangling.push(path)
      isFolder = target?.isDirectory() ?? false
      isFile = target?.isFile() ?? false
    }
    if (isFolder) found.folders.push(path)
    else if (isFile && hasImageExtension(entry.name)) found.images.push(path)
  }
  return found
}

/** Size and time of one file; null if it has disappeared. */
export async function fileFacts(root: string, path: string): Promise<FileFacts | null> {
  const info = await stat(join(root, path)).catch(() => null)
  return info?.isFile() ? { path, fileSizeBytes: info.size, modifiedAtMs: info.mtimeMs } : null
}

/** Sizes and times of files, so many at a time as a batch has. */
async function* factsOf(root: string, paths: readonly string[]): AsyncGenerator<FileFacts[]> {
  for (let start = 0; start < paths.length; start += BATCH_FILES) {
    const some = paths.slice(start, start + BATCH_FILES)
    const facts = await mapParallel(some, STAT_PARALLEL, (path) => fileFacts(root, path))
    yield facts.filter((item) => item !== null)
  }
}

export interface ScanOptions extends MaskOptions {
  /** Which of these paths are listed even if they look like masks. */
  imagesOf?: (paths: readonly string[]) => ReadonlySet<string>
}

const emptyBatch = (): ScanBatch => ({ files: [], masks: [], problems: [] })

/**
 * Yields all images below a folder in batches; masks of these images are named, but not listed. An unreadable subfolder
 * is reported as a problem and does not stop the scan; a loop of links is walked once. Throws a UserError if `root`
 * itself cannot be read.
 */
export async function* scanFolder(
  root: string,
  options: ScanOptions = {},
): AsyncGenerator<ScanBatch> {
  const { signal, imagesOf = () => new Set<string>() } = options
  const visited = new Set<string>()
  const queue = ['']
  const listed: string[] = []
  const held: string[] = []
  let batch = emptyBatch()
  for (let directory = queue.shift(); directory !== undefined; directory = queue.shift()) {
    if (signal?.aborted) return
    const absolute = join(root, directory)
    try {
      const real = await realpath(absolute)
      if (visited.has(real)) continue
      visited.add(real)
      const { images, folders, dangling } = await look(root, directory)
      batch.problems.push(...dangling.map((path) => `${join(root, path)} is a broken link`))
      for (const folder of folders) queue.push(folder)
      const sure: string[] = []
      for (const path of images) (mayBeMask(path) ? held : sure).push(path)
      for (const path of sure) listed.push(path)
      for await (const files of factsOf(root, sure)) {
        batch.files.push(...files)
        if (batch.files.length >= BATCH_FILES) {
          yield batch
          batch = emptyBatch()
        }
        if (signal?.aborted) return
      }
    } catch (error) {
      const problem = toUserError(error, absolute)
      if (directory === '') throw problem
      batch.problems.push(problem.message)
    }
  }
  yield batch
  if (held.length === 0) return
  const masks = await masksAmong(root, held, listed, options)
  // After a stop the others are not known to be images.
  if (signal?.aborted) return
  for (let start = 0; start < held.length; start += BATCH_FILES) {
    const some = held.slice(start, start + BATCH_FILES)
    const found = some.filter((path) => masks.has(path))
    const images = imagesOf(found)
    const left = found.filter((path) => !images.has(path))
    const others = some.filter((path) => !masks.has(path) || images.has(path))
    for await (const files of factsOf(root, others)) yield { ...emptyBatch(), files }
    if (signal?.aborted) return
    yield { ...emptyBatch(), masks: left }
  }
}
