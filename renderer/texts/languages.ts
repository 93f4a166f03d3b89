import { type Settings, settingsSchema } from '#shared/contract/settings.ts'
import { loadLanguage } from '#shared/texts/catalogue.ts'

type Language = Settings['language']

/** As the settings have it, for the moment at which there is no engine to ask yet. */
const KEY = 'pictograph.language'

/**
 * Each in its own words, so that whoever needs one finds it. `en-XA` is for translators and tests: every text of the
 * catalogue is marked, so that what is not marked is missing from it.
 */
export const LANGUAGES: readonly { id: Language; name: string }[] = [
  { id: 'en', name: 'English' },
  { id: 'en-XA', name: '⟦English⟧' },
]

export function chosenLanguage(): Language {
  return settingsSchema.shape.language.catch('en').parse(localStorage.getItem(KEY))
}

let isReloading = false

/** Loads the page again when it speaks another language than the settings say; true: it is being loaded again. */
export function setLanguage(language: Language): boolean {
  if (language !== chosenLanguage()) {
    localStorage.setItem(KEY, language)
    isReloading = true
    location.reload()
  }
  return isReloading
}

/** Before anything that has words is loaded. */
export async function loadTexts(language: Language): Promise<void> {
  document.documentElement.lang = language
  await loadLanguage(language)
}
