import { DEFAULT_SETTINGS, type Settings } from '#shared/contract/settings.ts'

export type SizeName = 'panelWidth' | 'classesHeight' | 'filmstripHeight'

/** Least height of the list of classes until the user sets one. CSS pixels. */
const CLASSES_LEAST = 280
/** In a tall window the list of classes takes this share of it, until the user sets a height. */
const CLASSES_SHARE = 0.36

/** The size that is saved for a part of the window; null: it follows the window. */
export const AUTOMATIC: Pick<Settings, SizeName> = {
  panelWidth: DEFAULT_SETTINGS.panelWidth,
  classesHeight: null,
  filmstripHeight: DEFAULT_SETTINGS.filmstripHeight,
}

/** The size of a part in a window of this height. CSS pixels. */
export function partSize(saved: number | null, windowHeight: number): number {
  return saved ?? Math.max(CLASSES_LEAST, Math.round(windowHeight * CLASSES_SHARE))
}
