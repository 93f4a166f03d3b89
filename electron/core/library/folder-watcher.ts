import { relative, sep } from 'node:path'
import watcher from '@parcel/watcher'
import type { FileChange } from '#core/core-events.ts'
import { hasImageExtension } from '#shared/model/dataset.ts'

/** Copying a folder causes thousands of events, so they are collected for this time. Milliseconds. */
const SETTLE_MS = 200

/**
 * Watches a folder. `onChanges` gets the collected changes, at most every 200 ms; `onLost` is called when the
 * system's watcher fails or overflows.
 */
export async function watchFolder(
  root: string,
  onChanges: (changes: FileChange[]) => void,
  onLost: (error: Error) => void,
): Promise<AsyncDisposable> {
  let waiting: FileChange[] = []
  let timer: NodeJS.Timeout | null = null
  let stopped = false
  const flush = () => {
    timer = null
    const changes = waiting
    waiting = []
    onChanges(changes)
  }
  const subscription = await watcher.subscribe(
    root,
    (error, events) => {
      // Ignore events that arrive after the watch has ended.
      if (stopped) return
      if (error) {
        onLost(error)
        return
      }
      for (const { type, path } of events)
        waiting.push({ path: relative(root, path).split(sep).join('/'), kind: type })
      timer ??= setTimeout(flush, SETTLE_MS)
    },
    { ignore: ['**/.*', '**/.*/**'] },
  )
  return {
    [Symbol.asyncDispose]: async () => {
      stopped = true
      if (timer) clearTimeout(timer)
      await subscription.unsubscribe()
    },
  }
}

/** True if the changes can be handled file by file; an added or removed folder needs a new scan. */
export function areImageFiles(changes: readonly FileChange[]): boolean {
  return changes.every(({ path }) => hasImageExtension(path))
}
