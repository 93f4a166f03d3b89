import type { Split } from '#shared/model/dataset.ts'
import { directoryOf, fileNameOf, stemOf } from '#shared/model/paths.ts'

const WORDS: Record<string, Split> = {
  train: 'train',
  training: 'train',
  val: 'val',
  valid: 'val',
  validation: 'val',
  dev: 'val',
  test: 'test',
  testing: 'test',
}

/** The split that a word means, also with a number as in `val2017`. */
export function splitOfWord(word: string): Split | undefined {
  const plain = /^([a-z]+?)(?:set)?[-_]?\d*$/i.exec(word)?.[1]
  return plain === undefined ? undefined : WORDS[plain.toLowerCase()]
}

/** By the innermost folder of a path that is called like a split, `obj_valid_data` of darknet too. */
export function splitOfFolders(path: string): Split | undefined {
  for (const folder of directoryOf(path).split('/').reverse()) {
    const split = splitOfWord(/^obj_(.+)_data$/i.exec(folder)?.[1] ?? folder)
    if (split) return split
  }
  return undefined
}

/** By a word of a file's name, as in `instances_val2017.json`. */
export function splitOfName(path: string): Split | undefined {
  for (const word of stemOf(fileNameOf(path))
    .split(/[^a-z0-9]+/i)
    .reverse()) {
    const split = splitOfWord(word)
    if (split) return split
  }
  return undefined
}
