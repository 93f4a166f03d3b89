/** Whatever a menu, key, button or palette entry may invoke. */
export interface Action {
  id: string
  label: string
  group: 'Navigate' | 'Tools' | 'Edit' | 'Shapes' | 'Classes' | 'View' | 'Service' | 'File' | 'Help'
  /** Shortcuts as `matchesKey` reads them; the first is shown. */
  keys: readonly string[]
  /** False leaves the key to whatever else wants it. */
  enabled?: () => boolean
  run: () => void | Promise<void>
}
