import { FIRST_LOOK, lookAt } from './file-look.ts'
import { linesOf } from './text.ts'
import type { InputFile } from './types.ts'

// The ends of lines: `save_txt` of https://github.com/ultralytics/ultralytics (engine/results.py).
// A tracker ends each line with the number of a track, but leaves it out in frames where it found nothing to follow.

/**
 * How lines that end alike are built. An even number of words has no room for a confidence beside a track,
 * an odd number has one. 7 words are a box with both, or a triangle.
 */
export type LineForm = 'track' | 'box and track' | 'confidence and track'

export function formOf(wordCount: number): LineForm {
  if (wordCount % 2 === 0) return 'track'
  return wordCount === 7 ? 'box and track' : 'confidence and track'
}

/** What the lines of a label file have in common. Lines that are no longer than a box have no form. */
export interface LineTally {
  /** Numbers of words in a line, without the number of a track. */
  counts: ReadonlySet<number>
  /** The same of lines that end in 1: a track, a confidence or a coordinate at the image's border. */
  onesCounts: ReadonlySet<number>
  /** Forms with a line that ends in a whole number above 1. It is no fraction, so it is a track. */
  numbered: ReadonlySet<LineForm>
  /** Forms with a line that ends in no number of a track. */
  unnumbered: ReadonlySet<LineForm>
}

/** A file is looked at when the format is detected, and again when the dataset is opened. */
const known = new WeakMap<InputFile, LineTally>()

/** A whole number from 1, as trackers number objects; null: the word is something else. */
export function trackNumber(word: string | undefined): number | null {
  return word !== undefined && /^[1-9]\d*$/.test(word) ? Number(word) : null
}

export function tallyOfLines(lines: readonly string[]): LineTally {
  const counts = new Set<number>()
  const onesCounts = new Set<number>()
  const numbered = new Set<LineForm>()
  const unnumbered = new Set<LineForm>()
  for (const line of lines) {
    const words = line.trim().split(/\s+/)
    const count = words.length
    if (count < 5 || words.some((word) => !/^[-+]?[\d.]/.test(word))) continue
    const end = count > 5 ? trackNumber(words[count - 1]) : null
    if (end === 1) onesCounts.add(count)
    else counts.add(end === null ? count : count - 1)
    if (count === 5 || end === 1) continue
    if (end === null) unnumbered.add(formOf(count))
    else numbered.add(formOf(count))
  }
  return { counts, onesCounts, numbered, unnumbered }
}

/** Of the file's beginning, where it is long. Throws as `lookAt` does. */
export function tallyOf(file: InputFile): LineTally {
  const there = known.get(file)
  if (there) return there
  const lines = linesOf(lookAt(file).text)
  const tally = tallyOfLines(file.size > FIRST_LOOK ? lines.slice(0, -1) : lines)
  known.set(file, tally)
  return tally
}

/** The forms that some file has with numbers of tracks alone. */
export function provenForms(tallies: Iterable<LineTally>): Set<LineForm> {
  const proven = new Set<LineForm>()
  for (const { numbered, unnumbered } of tallies)
    for (const form of numbered) if (!unnumbered.has(form)) proven.add(form)
  return proven
}

/**
 * The forms in which a 1 at the end of a line is a track, too. The file's other lines of that form tell;
 * where all of them end in 1, the forms that other files prove.
 */
export function trackedForms(
  { numbered, unnumbered }: LineTally,
  proven: ReadonlySet<LineForm>,
): Set<LineForm> {
  const others = [...proven].filter((form) => !unnumbered.has(form))
  return new Set([...numbered, ...others])
}
