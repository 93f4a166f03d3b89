import { ranOutOfMemory } from '#core/threads/memory-words.ts'

/** How an engine ended, in words that follow “The app’s engine ended”. */

/** Written by the watchdog before it kills a process. */
export const HANG = 'it had not answered for a minute'
const MEMORY = 'it ran out of memory'

export interface EngineEnd {
  code: number | null
  signal: NodeJS.Signals | null
  /** The end of its error output. */
  words: string
}

/** Exit codes of an ordinary end, and of an error that was told. */
const ORDERLY = new Set([0, 2, 130])

/** Why it crashed; null: it ended in order. */
export function crashOf({ code, signal, words }: EngineEnd): string | null {
  if (signal === null && ORDERLY.has(code ?? 0)) return null
  if (words.includes(HANG)) return HANG
  if (ranOutOfMemory(words)) return MEMORY
  if (signal === 'SIGKILL')
    return 'the system killed it, which it does when memory runs out (SIGKILL)'
  return signal === null ? `exit code ${code}` : signal
}
