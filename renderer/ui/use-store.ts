import { useSyncExternalStore } from 'react'
import { useStore } from 'zustand'

export { useStore }

/** Rerenders when a versioned store changes. */
export function useVersion(
  source: { version: number; subscribe: (listener: () => void) => () => void } | null,
): number {
  return useSyncExternalStore(
    (listener) => source?.subscribe(listener) ?? (() => {}),
    () => source?.version ?? 0,
  )
}
