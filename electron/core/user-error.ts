import { messageOf } from '#shared/model/message-of.ts'
/** Something a person can act on: `reason` for code, `message` in words, with the way out. */
export class UserError extends Error {
  readonly reason: string
  /** What the service calls the request in its logs, where it was one. */
  readonly requestId: string | null

  constructor(
    reason: string,
    message: string,
    { requestId = null, ...options }: ErrorOptions & { requestId?: string | null } = {},
  ) {
    super(message, options)
    this.name = 'UserError'
    this.reason = reason
    this.requestId = requestId
  }
}

/** `ENOSPC`, `SQLITE_FULL`, or the like; empty: it has none. */
export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string'
    ? error.code
    : ''
}

const WORDS: [pattern: RegExp, reason: string, message: string][] = [
  [/^(SQLITE_FULL|ENOSPC|EDQUOT)/, 'disk_full', 'The disk is full. Free some space'],
  [
    /^(SQLITE_READONLY|EROFS)/,
    'read_only',
    'The place is read-only. Allow writing, or choose another place',
  ],
  [/^SQLITE_(BUSY|LOCKED)/, 'locked', 'The database is locked by another program. Close it'],
  [
    /^SQLITE_(CORRUPT|NOTADB)/,
    'corrupt',
    'The database file is damaged. Restore it from a backup, or move it away to start anew',
  ],
  [/^(SQLITE_IOERR|EIO)/, 'io', 'The disk does not answer as it should. Check the drive'],
  [
    /^(SQLITE_CANTOPEN|EACCES|EPERM)/,
    'permission',
    'Permission denied. Allow access to it, or choose another place',
  ],
  [/^ENOENT/, 'not_found', 'It does not exist (any more)'],
  [/^ENOTDIR/, 'not_a_folder', 'It is not a folder'],
  [/^EEXIST/, 'exists', 'Something of this name is in the way'],
]

/**
 * The same fault in words for a person; `what` names the thing, e.g. a path. A UserError stays as it
 * is, an unknown fault keeps its own message.
 */
export function toUserError(error: unknown, what?: string): UserError {
  if (error instanceof UserError) return error
  const code = codeOf(error)
  const found = WORDS.find(([pattern]) => pattern.test(code))
  const original = messageOf(error)
  const [, reason, words] = found ?? [null, 'unexpected', original]
  return new UserError(reason, what ? `${what}: ${words}` : words, { cause: error })
}
