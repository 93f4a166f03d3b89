import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { defaultDataDir } from '#hosts/data-dir.ts'
import { openTarget } from '#hosts/open-target.ts'

export interface StartArguments {
  dataDir: string
  /** An absolute path or a link; null: open nothing. */
  target: string | null
  /** All other arguments, for starting the app the same way again. */
  others: string[]
}

/**
 * Parses `[FOLDER
 * IMAGE
 * LINK] [--data DIR]`, which follow the program and, in a checkout, the app's own folder. Chromium switches may
 * appear anywhere.
 */
export function startArguments(
  argv: readonly string[],
  { cwd, isPackaged }: { cwd: string; isPackaged: boolean },
): StartArguments {
  const args = argv.slice(1)
  const { values, tokens } = parseArgs({
    args,
    options: { data: { type: 'string' } },
    allowPositionals: true,
    // Accept Chromium's switches.
    strict: false,
    tokens: true,
  })
  const places = tokens
    .filter(({ kind }) => kind === 'positional')
    .map(({ index }) => index)
    .slice(isPackaged ? 0 : 1)
  return {
    dataDir: typeof values.data === 'string' ? resolve(cwd, values.data) : defaultDataDir(),
    target: openTarget(places[0] === undefined ? undefined : args[places[0]], cwd),
    others: args.filter((_arg, index) => !places.includes(index)),
  }
}
