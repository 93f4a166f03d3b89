import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { LINK_SCHEME } from '#shared/model/link.ts'

/**
 * What a person or another program asked to be opened: a link as it is, anything else as an absolute path. File
 * managers of Linux hand over addresses (`file:///home/…`, percent-encoded).
 */
export function openTarget(argument: string | undefined, cwd: string): string | null {
  if (argument === undefined || argument === '') return null
  if (argument.startsWith(`${LINK_SCHEME}:`)) return argument
  return resolve(cwd, argument.startsWith('file:') ? pathOfUrl(argument) : argument)
}

/** An address that is no file of this machine is kept: opening it says that there is no such file, by its name. */
function pathOfUrl(url: string): string {
  try {
    return fileURLToPath(url)
  } catch {
    return url
  }
}
