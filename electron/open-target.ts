import { resolve } from 'node:path'
import { LINK_SCHEME } from '#shared/model/link.ts'

/** What a person or another program asked to be opened: a link as it is, anything else as an absolute path. */
export function openTarget(argument: string | undefined, cwd: string): string | null {
  if (argument === undefined || argument === '') return null
  return argument.startsWith(`${LINK_SCHEME}:`) ? argument : resolve(cwd, argument)
}
