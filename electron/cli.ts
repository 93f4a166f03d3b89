import './small-heap.ts'
import { resolve } from 'node:path'
import { CommanderError } from 'commander'
import { withoutSecrets } from '#core/redact.ts'
import { terminalLine, terminalLines } from '#core/terminal-text.ts'
import { UserError } from '#core/user-error.ts'
import { workerFile } from '#core/worker-file.ts'
import { messageOf } from '#shared/model/message-of.ts'
import { appVersion, findAppRoot } from './app-root.ts'
import { outliveTerminal } from './closed-terminal.ts'
import { isMistyped, suggestion } from './commands/command-names.ts'
import { createProgram, type ServeValues } from './commands/program.ts'
import { defaultDataDir } from './data-dir.ts'
import { openInBrowser } from './host-node/open-in-browser.ts'
import { openTarget } from './open-target.ts'

export { isForTerminal } from './commands/command-names.ts'

export interface Invocation {
  /** The base folder of relative paths. */
  cwd: string
  /** Why no window is possible; null if none is requested. */
  noWindowBecause: string | null
}

/** Runs the app in a process of its own until interrupted; restarts it if it crashes. Returns the exit code. */
async function runServer(
  targets: readonly string[],
  values: ServeValues,
  { cwd, noWindowBecause }: Invocation,
): Promise<number> {
  const [target, more] = targets
  if (target !== undefined && isMistyped(target, cwd))
    throw new UserError(
      'usage',
      `“${target}” is neither a command nor a folder here. ${suggestion(target)} See --help.`,
    )
  if (more !== undefined)
    throw new UserError('usage', `One folder at a time: “${more}” is too many. See --help.`)
  if (noWindowBecause)
    process.stdout.write(`${noWindowBecause} The app is served to your browser instead.\n`)
  const dataDir = values.data === undefined ? defaultDataDir() : resolve(cwd, values.data)
  const { supervise } = await import('./supervisor.ts')
  const engine = supervise({
    file: workerFile('engine', import.meta.dirname),
    order: {
      dataDir,
      port: values.port ?? null,
      host: values.host,
      target: openTarget(target, cwd),
    },
    print: (line) => process.stderr.write(`${terminalLine(line)}\n`),
  })
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, engine.stop)
  const hasDisplay =
    process.platform !== 'linux' || process.env.DISPLAY || process.env.WAYLAND_DISPLAY
  if (noWindowBecause && hasDisplay)
    engine.served.then((url) => openInBrowser(url, dataDir)).catch(() => {})
  return engine.ended
}

/** Runs the command line; returns the exit code. */
export async function main(args: string[], invocation: Invocation): Promise<number> {
  outliveTerminal()
  let code = 0
  const program = createProgram({
    cwd: invocation.cwd,
    version: appVersion(findAppRoot()),
    serve: (targets, values) => runServer(targets, values, invocation),
    end: (ended) => {
      code = ended
    },
  })
  for (const command of [program, ...program.commands])
    command.exitOverride().configureOutput({
      outputError: (message, write) => write(terminalLines(message.replace(/^error: /, ''))),
    })
  try {
    await program.parseAsync(args, { from: 'user' })
    return code
  } catch (error) {
    // The parser has printed it already.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
    process.stderr.write(`${terminalLines(withoutSecrets(messageOf(error)))}\n`)
    return 2
  }
}
