import { closeSync, constants, fstatSync, openSync, type Stats } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { basename } from 'node:path'
import { UserError } from './user-error.ts'

/** Opening a FIFO waits for its other end without it. Windows has neither. */
const OPEN_FLAGS = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0)

function refusal(path: string, what: string): UserError {
  return new UserError('not_a_file', `${basename(path)} ${what}`)
}

const NOT_A_FILE = 'is no regular file (it may be a device, a pipe or a folder), and is not read'

/** Opens a regular file to be read; a device never ends, and a pipe waits for somebody. Throws a UserError. */
export function openRegularFile(path: string): { handle: number; size: number } {
  const handle = openSync(path, OPEN_FLAGS)
  const info = fstatSync(handle)
  if (info.isFile()) return { handle, size: info.size }
  closeSync(handle)
  throw refusal(path, NOT_A_FILE)
}

/** The same without blocking. The caller closes the handle. */
export async function openRegular(path: string): Promise<{ handle: FileHandle; info: Stats }> {
  const handle = await open(path, OPEN_FLAGS)
  try {
    const info = await handle.stat()
    if (!info.isFile()) throw refusal(path, NOT_A_FILE)
    return { handle, info }
  } catch (error) {
    await handle.close()
    throw error
  }
}

/** The content of a regular file of at most `mostBytes`. Throws a UserError, or the system's error. */
export async function readRegularFile(path: string, mostBytes: number): Promise<Buffer> {
  const { handle: opened, info } = await openRegular(path)
  await using handle = opened
  if (info.size > mostBytes)
    throw refusal(
      path,
      `has ${Math.round(info.size / 1e6)} MB; files like it are read up to ${Math.round(mostBytes / 1e6)} MB`,
    )
  // A file that grows meanwhile is read as far as it was.
  const buffer = Buffer.allocUnsafe(info.size)
  let done = 0
  while (done < buffer.length) {
    const { bytesRead } = await handle.read(buffer, done, buffer.length - done, done)
    if (bytesRead === 0) break
    done += bytesRead
  }
  return buffer.subarray(0, done)
}
