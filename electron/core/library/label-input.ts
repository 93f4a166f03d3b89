import { readFileSync } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import type { InputFile } from '#core/formats/types.ts'
import { toUserError } from '#core/user-error.ts'
import { joinPath } from '#shared/model/paths.ts'

const LABEL_EXTENSION = /\.(json|xml|txt|ya?ml|names)$/i

/** Label files below a folder, or the one file that was named. Throws a UserError. */
export async function labelInput(path: string): Promise<InputFile[]> {
  const root = resolve(path)
  try {
    const info = await stat(root)
    if (info.isFile()) return [{ path: basename(root), bytes: () => readFileSync(root) }]
    const entries = await readdir(root, { withFileTypes: true, recursive: true })
    return entries
      .filter(
        (entry) =>
          entry.isFile() && LABEL_EXTENSION.test(entry.name) && !entry.name.startsWith('.'),
      )
      .map((entry) => {
        const absolute = join(entry.parentPath, entry.name)
        const parts = absolute.slice(root.length + 1).split(/[\\/]/)
        return { path: parts.reduce(joinPath, ''), bytes: () => readFileSync(absolute) }
      })
      .sort((a, b) => (a.path < b.path ? -1 : 1))
  } catch (error) {
    throw toUserError(error, root)
  }
}
