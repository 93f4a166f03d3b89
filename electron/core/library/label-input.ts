import { readdir, realpath, stat } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { diskFile } from '#core/disk-file.ts'
import { mayHoldLabels } from '#core/formats/label-file-name.ts'
import type { InputFile } from '#core/formats/types.ts'
import { toUserError } from '#core/user-error.ts'
import { joinPath } from '#shared/model/paths.ts'

/** Label files and folders of one folder; what a symbolic link points to counts as itself. */
async function look(
  absolute: string,
  folder: string,
): Promise<{ files: string[]; folders: string[] }> {
  const files: string[] = []
  const folders: string[] = []
  for (const entry of await readdir(absolute, { withFileTypes: true })) {
    if (entry.name.startsWith('.')) continue
    const target = entry.isSymbolicLink()
      ? await stat(join(absolute, entry.name)).catch(() => null)
      : entry
    if (target?.isDirectory()) folders.push(entry.name)
    else if (target?.isFile() && mayHoldLabels(joinPath(folder, entry.name))) files.push(entry.name)
  }
  return { files, folders }
}

interface LabelFolder {
  /** Below the root; '' is the root itself. */
  folder: string
  absolute: string
  /** Names of label files in it. */
  files: string[]
}

/** Yields the folders below a root, itself first; a loop of links is walked once. */
async function* labelFolders(root: string): AsyncGenerator<LabelFolder> {
  const visited = new Set<string>()
  const queue = ['']
  for (let folder = queue.shift(); folder !== undefined; folder = queue.shift()) {
    const absolute = join(root, folder)
    const real = await realpath(absolute)
    if (visited.has(real)) continue
    visited.add(real)
    const { files, folders } = await look(absolute, folder)
    yield { folder, absolute, files }
    for (const name of folders) queue.push(joinPath(folder, name))
  }
}

/** Label files below a folder, or a single file. Throws a UserError. */
export async function labelInput(path: string): Promise<InputFile[]> {
  const root = resolve(path)
  try {
    if ((await stat(root)).isFile()) return [diskFile(basename(root), root)]
    const found: InputFile[] = []
    for await (const { folder, absolute, files } of labelFolders(root))
      for (const name of files) found.push(diskFile(joinPath(folder, name), join(absolute, name)))
    return found.sort((a, b) => (a.path < b.path ? -1 : 1))
  } catch (error) {
    throw toUserError(error, root)
  }
}

/** Whether a folder has files that may hold labels; a folder that cannot be read has none. */
export async function hasLabelInput(root: string, signal?: AbortSignal): Promise<boolean> {
  try {
    for await (const { files } of labelFolders(resolve(root)))
      if (files.length > 0 || signal?.aborted) return files.length > 0
    return false
  } catch {
    return false
  }
}
