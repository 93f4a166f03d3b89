import { readdir, realpath, stat } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { diskFile } from '#core/disk-file.ts'
import { mayHoldLabels } from '#core/formats/label-file-name.ts'
import type { InputFile } from '#core/formats/types.ts'
import { toUserError } from '#core/user-error.ts'
import { joinPath } from '#shared/model/paths.ts'

/** Label files and subfolders of one folder; symbolic links count as their targets. */
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

/** Label files below a folder, or a single file. Throws a UserError. */
export async function labelInput(path: string): Promise<InputFile[]> {
  const root = resolve(path)
  try {
    if ((await stat(root)).isFile()) return [diskFile(basename(root), root)]
    const found: InputFile[] = []
    // A loop of links is walked once.
    const visited = new Set<string>()
    const queue = ['']
    for (let folder = queue.shift(); folder !== undefined; folder = queue.shift()) {
      const absolute = join(root, folder)
      const real = await realpath(absolute)
      if (visited.has(real)) continue
      visited.add(real)
      const { files, folders } = await look(absolute, folder)
      for (const name of files) found.push(diskFile(joinPath(folder, name), join(absolute, name)))
      queue.push(...folders.map((name) => joinPath(folder, name)))
    }
    return found.sort((a, b) => (a.path < b.path ? -1 : 1))
  } catch (error) {
    throw toUserError(error, root)
  }
}
