import { createWriteStream } from 'node:fs'
import { readdir, rm, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { mayHoldLabels } from '#core/formats/label-file-name.ts'
import { makeFolder } from '#core/make-folder.ts'
import { PRIVATE_FILE, PRIVATE_FOLDER } from '#core/private-files.ts'
import { SafeNames } from '#core/safe-names.ts'
import { toUserError } from '#core/user-error.ts'
import { zipEntries } from '#core/zip-file.ts'
import { hasImageExtension } from '#shared/model/dataset.ts'
import { joinPath } from '#shared/model/paths.ts'

export interface FoundFile {
  /** Absolute. */
  file: string
  /** Path including the dropped folder's own name, with forward slashes. */
  path: string
  sizeBytes: number
  kind: 'image' | 'label' | 'other'
}

const ZIP = /\.zip$/i
const PARALLEL = 32

function kindOf(name: string): FoundFile['kind'] {
  if (hasImageExtension(name)) return 'image'
  return mayHoldLabels(name) ? 'label' : 'other'
}

/** Yields the files of a folder and its subfolders in batches; does not follow links to folders. */
async function* walk(
  root: string,
  prefix: string,
  problems: string[],
  signal: AbortSignal,
): AsyncGenerator<FoundFile[]> {
  const queue = ['']
  for (let directory = queue.pop(); directory !== undefined; directory = queue.pop()) {
    signal.throwIfAborted()
    const entries = await readdir(join(root, directory), { withFileTypes: true }).catch(
      (error: unknown) => {
        problems.push(toUserError(error, join(root, directory)).message)
        return []
      },
    )
    const names: string[] = []
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      if (entry.name.startsWith('.')) continue
      const path = joinPath(directory, entry.name)
      if (entry.isDirectory()) queue.push(path)
      else names.push(path)
    }
    for (let start = 0; start < names.length; start += PARALLEL) {
      const found = await Promise.all(
        names.slice(start, start + PARALLEL).map(async (path): Promise<FoundFile[]> => {
          const info = await stat(join(root, path)).catch(() => null)
          if (!info?.isFile()) return []
          return [
            {
              file: join(root, path),
              path: joinPath(prefix, path),
              sizeBytes: info.size,
              kind: kindOf(path),
            },
          ]
        }),
      )
      yield found.flat()
    }
  }
}

/** Unpacks a ZIP into a folder of ours; its file names are untrusted. */
async function unpack(file: string, into: string, signal: AbortSignal): Promise<void> {
  const names = new SafeNames()
  await makeFolder(into, PRIVATE_FOLDER)
  for await (const entry of zipEntries(file)) {
    signal.throwIfAborted()
    const target = join(into, names.assign(entry.name))
    const there = await stat(target).catch(() => null)
    // From an interrupted earlier run.
    if (there?.size === entry.sizeBytes) continue
    await makeFolder(join(target, '..'), PRIVATE_FOLDER)
    await pipeline(await entry.stream(), createWriteStream(target, { mode: PRIVATE_FILE }), {
      signal,
    }).catch(async (error: unknown) => {
      await rm(target, { force: true })
      throw error
    })
  }
}

/**
 * Yields dropped folders, files and ZIPs (unpacked below `scratch`) in batches, in the same order each time. Throws a
 * UserError for something that cannot be read at all.
 */
export async function* scanDropped(
  paths: readonly string[],
  scratch: string,
  problems: string[],
  signal: AbortSignal,
): AsyncGenerator<FoundFile[]> {
  for (const [index, path] of paths.entries()) {
    const info = await stat(path).catch((error: unknown) => {
      throw toUserError(error, path)
    })
    if (info.isDirectory()) yield* walk(path, basename(path), problems, signal)
    else if (ZIP.test(path)) {
      const folder = join(scratch, `zip${index}`)
      await unpack(path, folder, signal).catch((error: unknown) => {
        throw toUserError(error, path)
      })
      yield* walk(folder, basename(path).replace(ZIP, ''), problems, signal)
    } else yield [{ file: path, path: basename(path), sizeBytes: info.size, kind: kindOf(path) }]
  }
}
