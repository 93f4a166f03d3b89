import { counted as countedInEnglish } from '#shared/model/counted.ts'

/**
 * The interface's texts in another language, by the English text in the code. `{name}` is a placeholder. `plurals`:
 * by English noun, one form per category of `Intl.PluralRules`.
 */
export interface Catalogue {
  texts: Readonly<Record<string, string>>
  plurals: Readonly<Record<string, Readonly<Record<string, string>>>>
}

type Value = string | number | boolean | null | undefined

let language = 'en'
let active: Catalogue | null = null

/** Call once, before any module with texts is loaded. null: English, as in the code. */
export function setTexts(name: string, catalogue: Catalogue | null): void {
  language = name
  active = catalogue
}

function filled(text: string, values: Readonly<Record<string, Value>>): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => {
    if (!Object.hasOwn(values, name)) return whole
    const value = values[name]
    // Missing values render as nothing, as in a page.
    return value === false || value === true || value == null ? '' : String(value)
  })
}

/**
 * Translates an English text. `values`: the values of its placeholders. The text must be a literal, so that `npm run
 * texts` finds it for the catalogue.
 */
export function t(text: string, values: Readonly<Record<string, Value>> = {}): string {
  return filled(active?.texts[text] ?? text, values)
}

/**
 * A sentence in the form that a count asks for, by `Intl.PluralRules`. `one` and `other` are the English forms, literals
 * with `{count}`; other languages have as many as they need.
 */
export function plural(
  count: number,
  one: string,
  other: string,
  values: Readonly<Record<string, Value>> = {},
): string {
  const category = new Intl.PluralRules(language).select(count)
  const forms = active?.plurals[other]
  const form = forms ? (forms[category] ?? forms.other) : category === 'one' ? one : other
  return filled(form, { count: count.toLocaleString(language), ...values })
}

/** `1 image`, `2,000 images`, in the language of the interface. */
export function counted(count: number, noun: string, plural = `${noun}s`): string {
  const forms = active?.plurals[noun]
  const form = forms?.[new Intl.PluralRules(language).select(count)] ?? forms?.other
  return form === undefined
    ? countedInEnglish(count, noun, plural)
    : filled(form, { count: count.toLocaleString(language) })
}
