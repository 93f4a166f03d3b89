/** How well a text fits what was typed: lower is better; null when a word is missing. */
export function fitOf(text: string, words: readonly string[]): number | null {
  const lower = text.toLowerCase()
  let score = 0
  for (const word of words) {
    const at = lower.indexOf(word)
    if (at < 0) return null
    // At the beginning, at the beginning of a word, anywhere.
    score += at === 0 ? 0 : /[\s/_.-]/.test(lower[at - 1]) ? 1 : 2
  }
  return score
}

export const wordsOf = (text: string): string[] =>
  text
    .trim()
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '')

/** The items whose texts have all the words, best first; those that fit alike keep their order. */
export function found<T>(
  items: readonly T[],
  textOf: (item: T) => string,
  words: readonly string[],
): T[] {
  if (words.length === 0) return [...items]
  return items
    .map((item) => ({ item, score: fitOf(textOf(item), words) }))
    .filter((entry): entry is { item: T; score: number } => entry.score !== null)
    .sort((a, b) => a.score - b.score)
    .map(({ item }) => item)
}

/** The first images whose paths have all the words; no more than `most` are looked for. */
export function imagesNamed<T extends { path: string }>(
  images: Iterable<T>,
  words: readonly string[],
  most: number,
): T[] {
  const hits: T[] = []
  if (words.length === 0) return hits
  for (const image of images) {
    if (fitOf(image.path, words) === null) continue
    hits.push(image)
    if (hits.length === most) break
  }
  return hits
}
