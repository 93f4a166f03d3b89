/** Whatever a menu, key, button or palette entry may invoke. */
export interface Action {
  id: string
  label: string
  group: 'Navigate' | 'Tools' | 'Edit' | 'Shapes' | 'Classes' | 'View' | 'Service' | 'File' | 'Help'
  /** Shortcuts as `matchesKey` reads them; the first is shown. */
  keys: readonly string[]
  /** Not offered in the palette: it only makes sense as a key. */
  keyOnly?: boolean
  /** False leaves the key to whatever else wants it. */
  enabled?: () => boolean
  run: () => void | Promise<void>
}
