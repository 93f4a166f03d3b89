import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { LINK_SCHEME } from '#shared/model/link.ts'

/**
 * Normalizes what a user or another program wants to open: a link unchanged, anything else as an absolute path. Linux
 * file managers pass addresses (`file:///home/…`, percent-encoded).
 */
export function openTarget(argument: string | undefined, cwd: string): string | null {
  if (argument === undefined || argument === '') return null
  if (argument.startsWith(`${LINK_SCHEME}:`)) return argument
  return resolve(cwd, argument.startsWith('file:') ? pathOfUrl(argument) : argument)
}

/** Keeps an address that is not a local file, so that opening it reports a missing file with that name. */
function pathOfUrl(url: string): string {
  try {
    return fileURLToPath(url)
  } catch {
    return url
  }
}
