import type { Journal } from './autosave.ts'
import type { PendingCommit } from './backend.ts'

const PREFIX = 'pictograph.unsent.'

/** The browser's storage, or a replacement in tests. */
export type KeyStore = Pick<Storage, 'getItem' | 'setItem' | 'removeItem' | 'key' | 'length'>

function readKey(store: KeyStore, key: string): PendingCommit[] {
  try {
    const parsed: unknown = JSON.parse(store.getItem(key) ?? '[]')
    return Array.isArray(parsed) ? parsed : []
  } catch {
    // Truncated while it was written: nothing can be recovered.
    return []
  }
}

/**
 * One window's unsent edits in the browser's storage, under a key of the library and the window. `onFull` is called
 * if they do not fit.
 */
export function windowJournal(
  store: KeyStore,
  libraryId: string,
  windowId: string,
  onFull: () => void,
): Journal {
  const key = `${PREFIX}${libraryId}.${windowId}`
  return {
    write: (commits) => {
      try {
        if (commits.length === 0) store.removeItem(key)
        else store.setItem(key, JSON.stringify(commits))
      } catch {
        onFull()
      }
    },
  }
}

/**
 * Adopts the unsent edits of closed windows of this library. `isAlive` tells whether a window still exists; an
 * existing window sends its own edits.
 */
export function adoptJournals(
  store: KeyStore,
  libraryId: string,
  isAlive: (windowId: string) => boolean,
): PendingCommit[] {
  const prefix = `${PREFIX}${libraryId}.`
  const keys = Array.from({ length: store.length }, (_, index) => store.key(index))
  return keys.flatMap((key) => {
    if (!key?.startsWith(prefix) || isAlive(key.slice(prefix.length))) return []
    const commits = readKey(store, key)
    store.removeItem(key)
    return commits
  })
}
