import type { Settings } from '#shared/contract/settings.ts'
import { type Catalogue, setTexts } from './texts.ts'

type Language = Settings['language']

/** What is put in stays outside of the marks: it has to be marked itself. */
const marked = (text: string) =>
  text
    .split(/(\{\w+\})/)
    .map((part) => (/^\{\w+\}$/.test(part) || !/\p{L}/u.test(part) ? part : `⟦${part}⟧`))
    .join('')

/** Every text marked, so that a text which is not marked is missing from the catalogue. */
function pseudo({ texts, plurals }: Catalogue): Catalogue {
  const all = (entries: Readonly<Record<string, string>>) =>
    Object.fromEntries(Object.entries(entries).map(([key, text]) => [key, marked(text)]))
  return {
    texts: all(texts),
    plurals: Object.fromEntries(Object.entries(plurals).map(([noun, forms]) => [noun, all(forms)])),
  }
}

/** Loads a language, for the page and for native menus and dialogs alike. `t` answers in it from then on. */
export async function loadLanguage(language: Language): Promise<void> {
  if (language === 'en') {
    setTexts(language, null)
    return
  }
  const { default: english } = await import('./en.json', { with: { type: 'json' } })
  setTexts(language, pseudo(english))
}
