import { appendFileSync, readdirSync, readFileSync, renameSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { makeFolderSync } from '#core/make-folder.ts'
import type { Log } from './ports.ts'

/** A file of the log is put aside at this size. Bytes. */
const FILE_BYTES = 1_000_000
/** So many files are kept, the current one among them. */
const FILES = 5
const CURRENT = 'pictograph.log'

/** The file that is written to, below the log's folder. */
export const currentLog = (folder: string): string => join(folder, CURRENT)
const LONGEST_VALUE = 2_000

/** Keys, tokens and signatures: whatever else a line holds, these it must not. */
const SECRETS: readonly [RegExp, string][] = [
  [/\bpk_(?:live|test)_[\w-]+/g, 'pk_…'],
  [/([?&](?:signature|sig|token|key|x-[a-z-]*(?:signature|credential|token))=)[^&\s"]+/gi, '$1…'],
  [/((?:authorization|x-api-key|cookie|set-cookie)\\*["']?\s*[:=]\s*\\*["']?)[^"',\\\n]+/gi, '$1…'],
]

export function withoutSecrets(text: string): string {
  return SECRETS.reduce((result, [pattern, shown]) => result.replace(pattern, shown), text)
}

export interface FileLog extends Log {
  /** Its newest lines, oldest first. */
  tail(lines: number): string[]
}

/** One line for each thing that happened, in files that are put aside and in the end dropped. Never throws. */
export function fileLog(folder: string, also: Log): FileLog {
  const current = currentLog(folder)
  const aside = (number: number) => join(folder, `pictograph.${number}.log`)
  const sizeOf = (file: string) => statSync(file, { throwIfNoEntry: false })?.size ?? 0
  let size = sizeOf(current)

  const rotate = () => {
    for (let number = FILES - 2; number >= 1; number--)
      if (sizeOf(aside(number)) > 0) renameSync(aside(number), aside(number + 1))
    renameSync(current, aside(1))
    size = 0
  }
  const write = (level: 'info' | 'warn' | 'error', message: string, fields = {}) => {
    try {
      // What a field holds may be somebody's file: its beginning must do.
      const shorter = (_key: string, value: unknown) =>
        typeof value === 'string' && value.length > LONGEST_VALUE
          ? `${value.slice(0, LONGEST_VALUE)}…`
          : value
      const at = new Date().toISOString()
      const line = `${withoutSecrets(JSON.stringify({ at, level, message, ...fields }, shorter))}\n`
      makeFolderSync(folder)
      if (size + line.length > FILE_BYTES && size > 0) rotate()
      appendFileSync(current, line)
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
          .slice(-lines)
      } catch {
        return []
      }
    },
  }
}
