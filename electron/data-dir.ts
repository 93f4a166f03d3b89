import { resolve } from 'node:path'
import envPaths from 'env-paths'

/** The platform's data folder, the same for window and browser; `PICTOGRAPH_DATA_DIR` overrides it. */
export function defaultDataDir(): string {
  const override = process.env.PICTOGRAPH_DATA_DIR
  return override ? resolve(override) : envPaths('pictograph-desktop', { suffix: '' }).data
}
