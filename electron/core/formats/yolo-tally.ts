import { FIRST_LOOK, lookAt } from './file-look.ts'
import { linesOf } from './text.ts'
import type { InputFile } from './types.ts'

// The ends of lines: `save_txt` of https://github.com/ultralytics/ultralytics (engine/results.py)

/** What the lines of some label files have in common. */
export interface LineTally {
  /** Numbers of values in a line. */
  counts: ReadonlySet<number>
  /** Each line that is longer than a box ends in a whole number from 1, as trackers number objects. */
  endsInNumbers: boolean
  /** The same of lines of 7 values alone. */
  sevensEndInNumbers: boolean
  /** The largest of these numbers; 0: there is none. */
  largestEnd: number
}

const NOTHING: LineTally = {
  counts: new Set(),
  endsInNumbers: true,
  sevensEndInNumbers: true,
  largestEnd: 0,
}

/** A file is looked at when the format is detected, and again when the dataset is opened. */
const known = new WeakMap<InputFile, LineTally>()

export function tallyOfLines(lines: readonly string[]): LineTally {
  const counts = new Set<number>()
  const tally = { ...NOTHING, counts }
  for (const line of lines) {
    const words = line.trim().split(/\s+/)
    if (words.length < 5 || words.some((word) => !/^[-+]?[\d.]/.test(word))) continue
    counts.add(words.length)
    if (words.length === 5) continue
    const end = words[words.length - 1]
    if (/^[1-9]\d*$/.test(end)) tally.largestEnd = Math.max(tally.largestEnd, Number(end))
    else {
      tally.endsInNumbers = false
      if (words.length === 7) tally.sevensEndInNumbers = false
    }
  }
  return tally
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

export function joinTallies(tallies: Iterable<LineTally>): LineTally {
  const counts = new Set<number>()
  const all = { ...NOTHING, counts }
  for (const one of tallies) {
    for (const count of one.counts) counts.add(count)
    all.endsInNumbers &&= one.endsInNumbers
    all.sevensEndInNumbers &&= one.sevensEndInNumbers
    all.largestEnd = Math.max(all.largestEnd, one.largestEnd)
  }
  return all
}

/**
 * Whether a tracker ended each line that is longer than a box with the number of its track. No fraction is larger than 1.
 * Single files cannot tell: a frame whose only object has track 1 ends as an outline at the image's border does.
 */
export const haveTracks = ({ endsInNumbers, largestEnd }: LineTally): boolean =>
  endsInNumbers && largestEnd > 1
