import type { ImportFailure } from '#shared/model/format.ts'
import { messageOf } from '#shared/model/message-of.ts'

const LONGEST = 300
/** Of an error that ends reading; it may name several things. */
const LONGEST_ERROR = 1_000

/** A text of a file in a message; it may be megabytes long. */
function shortened(text: string, longest = LONGEST): string {
  return text.length > longest ? `${text.slice(0, longest)}…` : text
}

/** A fault in a label file: the field says where, the message what it is and what to do about it. */
export class FormatError extends Error {
  readonly field: string

  constructor(field: string, message: string) {
    super(shortened(message, LONGEST_ERROR))
    this.name = 'FormatError'
    this.field = shortened(field)
  }
}

/** The reader tripped over what no program writes: say what is wrong with the file, not with the code. */
function wordsOf(error: unknown): string {
  if (error instanceof RangeError && /call stack/.test(error.message))
    return 'is nested too deeply to be read'
  if (error instanceof TypeError || error instanceof RangeError)
    return `is not as this format has it (${error.message})`
  return messageOf(error)
}

export const WHOLE_FILE = '(whole file)'

/** The failure with what it quotes of a file cut to a length that can be shown. */
export const shortFailure = ({ file, field, message }: ImportFailure): ImportFailure => ({
  file: shortened(file, LONGEST_ERROR),
  field: shortened(field),
  message: shortened(message),
})

export function failureOf(file: string, error: unknown, prefix = ''): ImportFailure {
  const field = error instanceof FormatError ? error.field : prefix === '' ? WHOLE_FILE : ''
  const place = [prefix, field].filter((part) => part !== '').join('.')
  return shortFailure({ file, field: place, message: wordsOf(error) })
}
