import { useSyncExternalStore } from 'react'
import { useStore } from 'zustand'

export { useStore }

/** Renders again when something that has a version and can be listened to changes. */
export function useVersion(
  source: { version: number; subscribe: (listener: () => void) => () => void } | null,
): number {
  return useSyncExternalStore(
    (listener) => source?.subscribe(listener) ?? (() => {}),
    () => source?.version ?? 0,
  )
}
