import { messageOf } from '#shared/model/message-of.ts'
/** An error that a user can act on: `reason` for code, `message` with what to do. */
export class UserError extends Error {
  readonly reason: string
  /** The request's id in the service's logs, if there was a request. */
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

/** For example `ENOSPC` or `SQLITE_FULL`; empty: none. */
export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string'
    ? error.code
    : ''
}

const WORDS: [pattern: RegExp, reason: string, message: string][] = [
  [/^(SQLITE_FULL|ENOSPC|EDQUOT)/, 'disk_full', 'The disk is full. Free some space'],
  [/^(SQLITE_READONLY|EROFS)/, 'read_only', 'Read-only. Allow writing, or choose another folder'],
  [/^SQLITE_(BUSY|LOCKED)/, 'locked', 'The database is locked by another program. Close it'],
  [
    /^SQLITE_(CORRUPT|NOTADB)/,
    'corrupt',
    'The database file is damaged. Restore it from a backup, or move it away to start over',
  ],
  [/^(SQLITE_IOERR|EIO)/, 'io', 'The disk reports errors. Check the drive'],
  [
    /^(SQLITE_CANTOPEN|EACCES|EPERM)/,
    'permission',
    'Permission denied. Allow access to it, or choose another folder',
  ],
  [/^ENOENT/, 'not_found', 'Not found. It may have been moved, renamed or deleted'],
  [/^EISDIR/, 'not_a_file', 'It is a folder, not a file'],
  [/^ENOTDIR/, 'not_a_folder', 'It is not a folder'],
  [
    /^ENAMETOOLONG/,
    'name_too_long',
    'The path is too long for this disk. Choose a folder with a shorter path',
  ],
  [
    /^(EMFILE|ENFILE)/,
    'too_many_files',
    'Too many files are open. Close other programs, or raise the limit (ulimit -n)',
  ],
  [/^EEXIST/, 'exists', 'A file or folder with this name already exists'],
]

/**
 * Converts an error to a message for the user; `what` names the thing, e.g. a path. A UserError stays unchanged; an
 * unknown error keeps its own message.
 */
export function toUserError(error: unknown, what?: string): UserError {
  if (error instanceof UserError) return error
  const code = codeOf(error)
  const found = WORDS.find(([pattern]) => pattern.test(code))
  const original = messageOf(error)
  const [, reason, words] = found ?? [null, 'unexpected', original]
  return new UserError(reason, what ? `${what}: ${words}` : words, { cause: error })
}
