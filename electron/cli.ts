import './small-heap.ts'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { withoutSecrets } from '#core/redact.ts'
import { terminalLine, terminalLines } from '#core/terminal-text.ts'
import { UserError } from '#core/user-error.ts'
import { FORMATS } from '#shared/model/format.ts'
import { messageOf } from '#shared/model/message-of.ts'
import { waitForPrevious } from './after-previous.ts'
import { checkLabels } from './check-labels.ts'
import { outliveTerminal } from './closed-terminal.ts'
import { convert } from './convert.ts'
import { defaultDataDir } from './data-dir.ts'
import { openInBrowser } from './host-node/open-in-browser.ts'
import { openTarget } from './open-target.ts'
import { serveApp } from './serve.ts'
import { transferCommand } from './transfer-command.ts'

const HELP = `Pictograph Desktop

  pictograph-desktop [FOLDER]                  opens the app, on a folder of images, an image or a
                                               pictograph:// link if given
  pictograph-desktop --serve [FOLDER]          serves it to a browser on this machine
      --port N      the port (default 7365, or any free one)
      --data DIR    where labels and settings are kept
      --host NAME   the interface to listen on (default 127.0.0.1)
  pictograph-desktop convert IN OUT --to FORMAT
      --from FORMAT             told from the files when left out
      --images-from DIR         where the images are, if not beside the labels
      --split 80/10/10          divides images that have no split (or: train, val, test)
      --classes FILE            their order, a name a line; "new = old, other" renames and merges
      --voc-first-pixel 0|1     of Pascal VOC (told from the files when left out)
      --dry-run                 says what would be written
      --images copy|link|none   whether the images go along (default none)
      --strict                  exit with 1 when anything was lost
      --clamp                   cut shapes at the image's border
      --json                    the report as JSON

  pictograph-desktop check PATH                what is wrong with label files; writes nothing
      --from FORMAT, --images-from DIR, --json; exits with 1 when anything is

  pictograph-desktop download DATASET FOLDER   the same command again goes on where it ended
      --format F                files (default: images with a JSON file each), or a format
      --only images|annotations
      --stage S --split S --class C --tag T     only these; each may be repeated
      --on-changed beside|skip|replace          files there that you made or changed (default beside:
                                they stay, and the service's come as "name (service).ext")
      --force                   the same as --on-changed replace
  pictograph-desktop upload FOLDER DATASET     folders, images or ZIPs
      --directory /D            below which directory of the dataset
      --tree keep|first|flat    which directories of the folder
      --existing skip|rename|replace            names that are there (default skip)
      --no-labels               leave label files that lie beside the images
      --create                  make the dataset when it is not there
    both: --connections N, --account ORGANISATION, --json; the key is that of PICTOGRAPH_API_KEY
    (with PICTOGRAPH_BASE_URL), or of the app's account; exits with 1 when files failed

  Formats: ${FORMATS.map(({ id }) => id).join(', ')}
`

export interface Invocation {
  /** The folder that relative paths are below. */
  cwd: string
  /** Why a window is not possible; null when one is asked for nowhere. */
  noWindowBecause: string | null
}

/** Runs until interrupted, then lets go of the database in order. */
async function runServer(
  argument: string | undefined,
  values: { data?: string; port?: string; host?: string },
  { cwd, noWindowBecause }: Invocation,
): Promise<number> {
  const port = values.port === undefined ? null : Number(values.port)
  if (port !== null && !(Number.isInteger(port) && port >= 0 && port < 65536))
    throw new UserError('usage', `--port ${values.port}: must be a whole number from 0 to 65535`)
  if (noWindowBecause)
    process.stdout.write(`${noWindowBecause} The app is served to your browser instead.\n`)
  const dataDir = values.data === undefined ? defaultDataDir() : resolve(cwd, values.data)
  const served = await serveApp({
    dataDir,
    port,
    host: values.host ?? '127.0.0.1',
    target: openTarget(argument, cwd),
    print: (line) => process.stdout.write(`${terminalLine(line)}\n`),
  })
  const hasDisplay =
    process.platform !== 'linux' || process.env.DISPLAY || process.env.WAYLAND_DISPLAY
  if (noWindowBecause && hasDisplay) await openInBrowser(served.url, dataDir).catch(() => {})
  const { promise, resolve: stop } = Promise.withResolvers<void>()
  process.once('SIGINT', () => stop()).once('SIGTERM', () => stop())
  await promise
  await served[Symbol.asyncDispose]()
  return 0
}

/** The command line; answers the exit code. */
export async function main(args: string[], invocation: Invocation): Promise<number> {
  outliveTerminal()
  try {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: {
        serve: { type: 'boolean' },
        port: { type: 'string' },
        data: { type: 'string' },
        host: { type: 'string' },
        from: { type: 'string' },
        to: { type: 'string' },
        images: { type: 'string' },
        'images-from': { type: 'string' },
        classes: { type: 'string' },
        'voc-first-pixel': { type: 'string' },
        'dry-run': { type: 'boolean' },
        strict: { type: 'boolean' },
        clamp: { type: 'boolean' },
        json: { type: 'boolean' },
        account: { type: 'string' },
        format: { type: 'string' },
        only: { type: 'string' },
        stage: { type: 'string', multiple: true },
        split: { type: 'string', multiple: true },
        class: { type: 'string', multiple: true },
        tag: { type: 'string', multiple: true },
        directory: { type: 'string' },
        tree: { type: 'string' },
        existing: { type: 'string' },
        'on-changed': { type: 'string' },
        force: { type: 'boolean' },
        connections: { type: 'string' },
        'no-labels': { type: 'boolean' },
        create: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    })
    if (values.help) {
      process.stdout.write(HELP)
      return 0
    }
    if (positionals[0] === 'convert')
      return await convert(positionals.slice(1), values, invocation.cwd)
    if (positionals[0] === 'check')
      return await checkLabels(positionals.slice(1), values, invocation.cwd)
    waitForPrevious()
    if (positionals[0] === 'download' || positionals[0] === 'upload')
      return await transferCommand(positionals, values, invocation.cwd)
    if (positionals.length > 1)
      throw new UserError(
        'usage',
        `One folder at a time: "${positionals[1]}" is too many. See --help.`,
      )
    return await runServer(positionals[0], values, invocation)
  } catch (error) {
    process.stderr.write(`${terminalLines(withoutSecrets(messageOf(error)))}\n`)
    return 2
  }
}
