import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { closest, distance } from 'fastest-levenshtein'

export const COMMANDS = [
  'check',
  'completion',
  'convert',
  'datasets',
  'download',
  'help',
  'status',
  'upload',
] as const

/** App options that take a value. */
const WITH_VALUE = new Set(['--data', '--port', '--host'])
const OF_TERMINAL = new Set(['--serve', '--help', '-h', '--version', '-V'])
/** Maximum number of wrong letters in a mistyped command. */
const TYPING_ERRORS = 3

/** The command or target: the first argument that is not an option. */
function firstWord(args: readonly string[]): string | undefined {
  return args.find((arg, index) => !arg.startsWith('-') && !WITH_VALUE.has(args[index - 1]))
}

/** True for a word that names no file, address or command: a mistyped command. */
export function isMistyped(word: string, cwd: string): boolean {
  return /^[\w-]+$/.test(word) && !existsSync(resolve(cwd, word))
}

/** The suggestion for a mistyped command. */
export function suggestion(word: string): string {
  const near = closest(word.toLowerCase(), [...COMMANDS])
  return distance(word.toLowerCase(), near) <= TYPING_ERRORS
    ? `Did you mean ${near}?`
    : `Commands are ${COMMANDS.join(', ')}.`
}

/** True if the arguments run in the terminal, not in a window. */
export function isForTerminal(args: readonly string[], cwd: string): boolean {
  if (args.some((arg) => OF_TERMINAL.has(arg))) return true
  const word = firstWord(args)
  if (word === undefined) return false
  return COMMANDS.some((command) => command === word) || isMistyped(word, cwd)
}
