import { mkdir, readdir } from 'node:fs/promises'
import { homedir, platform } from 'node:os'
import { dirname, join, resolve, sep } from 'node:path'
import { toUserError, UserError } from '#core/user-error.ts'
import { hasImageExtension } from '#shared/model/dataset.ts'
import { naturalKey } from '#shared/model/natural-order.ts'

const byName = (a: string, b: string) => (naturalKey(a) < naturalKey(b) ? -1 : 1)

/** A local folder for the picker; null: the user's home. Throws a UserError. */
export async function listFolder(path: string | null) {
  const absolute = resolve(path ?? homedir())
  try {
    const entries = await readdir(absolute, { withFileTypes: true })
    const visible = entries.filter(({ name }) => !name.startsWith('.'))
    const names = visible.filter((entry) => entry.isDirectory()).map(({ name }) => name)
    const files = visible.filter((entry) => entry.isFile()).map(({ name }) => name)
    const parent = dirname(absolute)
    return {
      path: absolute,
      parent: parent === absolute ? null : parent,
      places: places(),
      folders: names.sort(byName).map((name) => ({ name, path: join(absolute, name) })),
      files: files.sort(byName),
      imageCount: files.filter(hasImageExtension).length,
    }
  } catch (error) {
    throw toUserError(error, absolute)
  }
}

function places() {
  const root = platform() === 'win32' ? `${process.env.SystemDrive ?? 'C:'}${sep}` : '/'
  return [
    { name: 'Home', path: homedir() },
    { name: platform() === 'win32' ? root : 'Computer', path: root },
  ]
}

/** Creates a folder inside another. Throws a UserError. */
export async function createFolder(parent: string, name: string): Promise<string> {
  if (/[\\/]/.test(name) || name === '.' || name === '..')
    throw new UserError('bad_name', `"${name}" cannot be a folder's name. Leave out slashes.`)
  const path = join(resolve(parent), name)
  await mkdir(path).catch((error: unknown) => {
    throw toUserError(error, path)
  })
  return path
}
