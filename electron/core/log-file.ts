import { appendFileSync, readdirSync, readFileSync, renameSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { makeFolderSync } from '#core/make-folder.ts'
import type { Log } from './ports.ts'
import { PRIVATE_FILE, PRIVATE_FOLDER } from './private-files.ts'
import { redacted, redactedMessage, withoutSecrets } from './redact.ts'

/** A file of the log is put aside at this size. Bytes. */
const FILE_BYTES = 1_000_000
/** So many files are kept, the current one among them. */
const FILES = 5
const CURRENT = 'pictograph.log'

/** The same message is written so often in a time; more of it is counted. Milliseconds. */
const SAME_LINES = 50
const SAME_WITHIN_MS = 60_000
/** Messages that are remembered for that; a line's message is a constant of the code, so there are few. */
const REMEMBERED = 500

/** The file that is written to, below the log's folder. */
export const currentLog = (folder: string): string => join(folder, CURRENT)

export interface FileLog extends Log {
  /** Its newest lines, oldest first. */
  tail(lines: number): string[]
}

type Level = 'info' | 'warn' | 'error'

/**
 * Lets the same message through so often, and counts the rest: whoever can cause a line must not be able to push
 * all others out of the log. Answers how many were left out before this one; null: this one is left out.
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
    // At the end of the map: the longest silent is forgotten first.
    seen.delete(message)
    seen.set(message, { fromMs: now(), count: 1 })
    return Math.max(0, (known?.count ?? 0) - SAME_LINES)
  }
}

/**
 * One line for each thing that happened, in files that only their owner can read and that are put aside and in the end
 * dropped. `also` gets the same lines, as free of secrets. Never throws.
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
      // A full disk must not stop what is being logged.
    }
    also[level](message, fields)
  }
  return {
    info: (message, fields) => write('info', message, fields),
    warn: (message, fields) => write('warn', message, fields),
    error: (message, fields) => write('error', message, fields),
    tail: (lines) => {
      try {
        const names = readdirSync(folder).filter((name) => /^pictograph(\.1)?\.log$/.test(name))
        // The one put aside last comes first.
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
