import type { AppEvent } from '#shared/contract/events.ts'
import { directoryOf } from '#shared/model/paths.ts'

/** What the user is told of the masks that a scan does not list. */
export type ScanMasks = Extract<AppEvent, { type: 'scan' }>['masks']

/** Folders that are named. */
const NAMED_FOLDERS = 5

export const NO_MASKS: ScanMasks = { count: 0, folders: [] }

export function withMasks({ count, folders }: ScanMasks, paths: readonly string[]): ScanMasks {
  const named = new Set(folders)
  for (const path of paths) if (named.size < NAMED_FOLDERS) named.add(directoryOf(path))
  return { count: count + paths.length, folders: [...named] }
}
