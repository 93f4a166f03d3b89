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

export const WHOLE_FILE = '(whole file)'

export function failureOf(file: string, error: unknown, prefix = ''): ImportFailure {
  const field = error instanceof FormatError ? error.field : prefix === '' ? WHOLE_FILE : ''
  return {
    file,
    field: [prefix, field].filter((part) => part !== '').join('.'),
    message: messageOf(error),
  }
}
