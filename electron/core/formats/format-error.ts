import type { ImportFailure } from '#shared/model/format.ts'
import { messageOf } from '#shared/model/message-of.ts'

/** A fault in a label file: the field says where, the message what it is and what to do about it. */
export class FormatError extends Error {
  readonly field: string

  constructor(field: string, message: string) {
    super(message)
    this.name = 'FormatError'
    this.field = field
  }
}

const LONGEST = 300

/** A text of a file in a message; it may be megabytes long. */
function shortened(text: string): string {
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text
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

export function failureOf(file: string, error: unknown, prefix = ''): ImportFailure {
  const field = error instanceof FormatError ? error.field : prefix === '' ? WHOLE_FILE : ''
  return {
    file,
    field: shortened([prefix, field].filter((part) => part !== '').join('.')),
    message: shortened(wordsOf(error)),
  }
}
