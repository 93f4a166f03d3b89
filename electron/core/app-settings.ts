import { DEFAULT_SETTINGS, type Settings, settingsSchema } from '#shared/contract/settings.ts'
import type { SettingRepository } from './cache/setting-repository.ts'

const SETTINGS_KEY = 'settings'

/** The user's settings, and small values that the app remembers by name. */
export class AppSettings {
  readonly #rows: SettingRepository

  constructor(rows: SettingRepository) {
    this.#rows = rows
  }

  read(): Settings {
    return {
      ...DEFAULT_SETTINGS,
      ...settingsSchema.partial().catch({}).parse(this.#rows.get(SETTINGS_KEY)),
    }
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
