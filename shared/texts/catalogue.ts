import type { Settings } from '#shared/contract/settings.ts'
import { type Catalogue, setTexts } from './texts.ts'

type Language = Settings['language']

/** Inserted values stay outside of the marks, because they must be marked themselves. */
const marked = (text: string) =>
  text
    .split(/(\{\w+\})/)
    .map((part) => (/^\{\w+\}$/.test(part) || !/\p{L}/u.test(part) ? part : `⟦${part}⟧`))
    .join('')

/** Marks every text, so that an unmarked text is one that the catalogue lacks. */
function pseudo({ texts, plurals }: Catalogue): Catalogue {
  const all = (entries: Readonly<Record<string, string>>) =>
    Object.fromEntries(Object.entries(entries).map(([key, text]) => [key, marked(text)]))
  return {
    texts: all(texts),
    plurals: Object.fromEntries(Object.entries(plurals).map(([noun, forms]) => [noun, all(forms)])),
  }
}

/** Loads a language, for the page and for native menus and dialogs. `t` uses it from then on. */
export async function loadLanguage(language: Language): Promise<void> {
  if (language === 'en') {
    setTexts(language, null)
    return
  }
  const { default: english } = await import('./en.json', { with: { type: 'json' } })
  setTexts(language, pseudo(english))
}
