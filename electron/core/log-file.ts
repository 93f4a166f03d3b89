import { appendFileSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { makeFolderSync } from '#core/make-folder.ts'
import type { Log } from './ports.ts'
import { PRIVATE_FILE, PRIVATE_FOLDER } from './private-files.ts'
import { redacted, redactedMessage, withoutSecrets } from './redact.ts'

/** A log file is rotated at this size. Bytes. */
const FILE_BYTES = 1_000_000
/** Number of log files to keep, including the current one. */
const FILES = 5
const CURRENT = 'pictograph.log'

/** Maximum number of identical messages within this time; more are only counted. Milliseconds. */
const SAME_LINES = 50
const SAME_WITHIN_MS = 60_000
/** Number of messages to remember for that. Messages are constants in the code, so there are few. */
const REMEMBERED = 500

/** The current log file in the log's folder. */
export const currentLog = (folder: string): string => join(folder, CURRENT)

export interface FileLog extends Log {
  /** The newest lines, oldest first. */
  tail(lines: number): string[]
  bytes(): number
  clear(): void
}

type Level = 'info' | 'warn' | 'error'

/**
 * Limits identical messages and counts the rest, so that nobody can push all other lines out of the log. Returns the
 * number of suppressed messages before this one; null: suppress this one.
 */
function limiter(now: () => number): (message: string) => number | null {
  const seen = new Map<string, { fromMs: number; count: number }>()
  return (message) => {
    const known = seen.get(message)
    if (known && now() - known.fromMs < SAME_WITHIN_MS) {
      known.count++
      return known.count > SAME_LINES ? null : 0
    }
    if (!known && seen.size >= REMEMBERED) {
      const [oldest] = seen.keys()
      seen.delete(oldest)
    }
    // Move it to the end of the map, so that the least recent message is forgotten first.
    seen.delete(message)
    seen.set(message, { fromMs: now(), count: 1 })
    return Math.max(0, (known?.count ?? 0) - SAME_LINES)
  }
}

/**
 * Writes one line per event to rotated files that only their owner can read. `also` gets the same lines, also without
 * secrets. Never throws.
 */
export function fileLog(folder: string, also: Log, now: () => number = Date.now): FileLog {
  const current = currentLog(folder)
  const aside = (number: number) => join(folder, `pictograph.${number}.log`)
  const sizeOf = (file: string) => statSync(file, { throwIfNoEntry: false })?.size ?? 0
  let size = sizeOf(current)
  const leftOutBefore = limiter(now)

  const rotate = () => {
    for (let number = FILES - 2; number >= 1; number--)
      if (sizeOf(aside(number)) > 0) renameSync(aside(number), aside(number + 1))
    renameSync(current, aside(1))
    size = 0
  }
  const write = (level: Level, text: string, given: Record<string, unknown> = {}) => {
    const leftOut = leftOutBefore(text)
    if (leftOut === null) return
    const message = redactedMessage(text)
    const fields = { ...redacted(given), ...(leftOut > 0 && { leftOutBefore: leftOut }) }
    try {
      const at = new Date().toISOString()
      const line = `${JSON.stringify({ at, level, message, ...fields })}\n`
      makeFolderSync(folder, PRIVATE_FOLDER)
      if (size + line.length > FILE_BYTES && size > 0) rotate()
      appendFileSync(current, line, { mode: PRIVATE_FILE })
      size += Buffer.byteLength(line)
    } catch {
      // A full disk must not stop the code that logs.
    }
    also[level](message, fields)
  }
  return {
    info: (message, fields) => write('info', message, fields),
    warn: (message, fields) => write('warn', message, fields),
    error: (message, fields) => write('error', message, fields),
    bytes: () =>
      Array.from({ length: FILES - 1 }, (_, n) => sizeOf(aside(n + 1))).reduce(
        (sum, bytes) => sum + bytes,
        sizeOf(current),
      ),
    clear: () => {
      for (let number = 1; number < FILES; number++) rmSync(aside(number), { force: true })
    },
    tail: (lines) => {
      try {
        const names = readdirSync(folder).filter((name) => /^pictograph(\.1)?\.log$/.test(name))
        // The most recently rotated file comes first.
        return names
          .sort()
          .flatMap((name) => readFileSync(join(folder, name), 'utf8').trimEnd().split('\n'))
          .map(withoutSecrets)
          .slice(-lines)
      } catch {
        return []
      }
    },
  }
}
