import type { ActionGroup } from '#shared/contract/window.ts'

/** Whatever a menu, key, button or palette entry may invoke. */
export interface Action {
  id: string
  label: string
  group: ActionGroup
  /** Shortcuts as `matchesKey` reads them; the first is shown. */
  keys: readonly string[]
  /** False leaves the key to whatever else wants it. */
  enabled?: () => boolean
  run: () => void | Promise<void>
}
