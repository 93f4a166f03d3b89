import { DEFAULT_SETTINGS, type Settings, settingsSchema } from '#shared/contract/settings.ts'
import type { SettingRepository } from './cache/setting-repository.ts'

const SETTINGS_KEY = 'settings'

/** A stored value that no version of this app writes is replaced by its default; the others are kept. */
export function settingsOf(stored: unknown): Settings {
  const values = Object.entries(typeof stored === 'object' && stored !== null ? stored : {})
  const valid = values.filter(([name, value]) => {
    const schema = Object.hasOwn(settingsSchema.shape, name)
      ? settingsSchema.shape[name as keyof Settings]
      : null
    return schema?.safeParse(value).success
  })
  return { ...DEFAULT_SETTINGS, ...settingsSchema.partial().parse(Object.fromEntries(valid)) }
}

/** The user's settings, and small values that the app remembers by name. */
export class AppSettings {
  readonly #rows: SettingRepository

  constructor(rows: SettingRepository) {
    this.#rows = rows
  }

  read(): Settings {
    return settingsOf(this.#rows.get(SETTINGS_KEY))
  }

  write(change: Partial<Settings>): Settings {
    const next = { ...this.read(), ...change }
    this.#rows.set(SETTINGS_KEY, next)
    return next
  }

  remembered(name: string): unknown {
    return this.#rows.get(name)
  }

  remember(name: string, value: unknown): void {
    this.#rows.set(name, value)
  }
}
