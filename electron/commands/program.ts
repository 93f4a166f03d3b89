import { Argument, Command, InvalidArgumentError, Option } from 'commander'
import { formatIdSchema } from '#shared/model/format.ts'
import { messageOf } from '#shared/model/message-of.ts'
import { completionScript, SHELLS } from './completion.ts'
import type { LabelCommand } from './limited-command.ts'
import { splitNamed, stageNamed } from './values.ts'

export interface Wish {
  /** The base folder of relative paths. */
  cwd: string
  version: string
  /** Opens the app; returns the exit code. */
  serve(targets: readonly string[], values: ServeValues): Promise<number>
  /** Receives the exit code. */
  end(code: number): void
}

export interface ServeValues {
  serve?: boolean
  data?: string
  port?: number
  host: string
}

const FORMAT_IDS = formatIdSchema.options

/** Collects the values of a repeatable option. */
function each<T>(parse: (value: string) => T) {
  return (value: string, before: T[] = []): T[] => {
    try {
      return [...before, parse(value)]
    } catch (error) {
      throw new InvalidArgumentError(messageOf(error))
    }
  }
}

function wholeNumber(from: number, to: number, range: string) {
  return (value: string): number => {
    const number = Number(value)
    if (value.trim() !== '' && Number.isInteger(number) && number >= from && number <= to)
      return number
    throw new InvalidArgumentError(`It must be a whole number, ${range}.`)
  }
}

const text = (value: string): string => value
const choice = (flags: string, what: string, choices: readonly string[], standard?: string) => {
  const option = new Option(flags, what).choices(choices)
  return standard === undefined ? option : option.default(standard)
}
const json = () => new Option('--json', 'print the report as JSON')
const from = () => choice('--from <format>', 'the format, where it cannot be told', FORMAT_IDS)
const imagesFrom = () =>
  new Option('--images-from <folder>', 'where the images are, if not beside the labels')
const firstPixel = () =>
  choice('--voc-first-pixel <n>', 'of Pascal VOC, where it cannot be told', ['0', '1'])
const account = () =>
  new Option('--account <organisation>', 'the account of the app whose key is used')
const connections = () =>
  new Option('--connections <n>', 'maximum connections').argParser(
    wholeNumber(1, 256, 'from 1 to 256'),
  )

const KEY_HELP = `
The key is that of PICTOGRAPH_API_KEY (with PICTOGRAPH_BASE_URL), or of the app's account.`
const AGAIN_HELP = `
The same command again continues where the last one ended. Exits with 1 when files failed.
${KEY_HELP}`

function addLabelCommands(program: Command, { cwd, end }: Wish): void {
  const runLabels = async (command: LabelCommand) =>
    (await import('./limited-command.ts')).inLimits(command, cwd)
  program
    .command('convert')
    .summary('convert label files between formats')
    .description('Converts label files between any two formats.')
    .argument('<in>', 'label files or their folder')
    .argument('<out>', 'the folder to write, new or empty')
    .addOption(choice('--to <format>', 'the format to write', FORMAT_IDS).makeOptionMandatory())
    .addOption(from())
    .addOption(imagesFrom())
    .option('--split <shares>', 'divide images that have no split: 80/10/10, or train, val, test')
    .option('--classes <file>', 'their order, a name a line; "new = old, other" renames and merges')
    .addOption(firstPixel())
    .option('--dry-run', 'say what would be written')
    .addOption(
      choice('--images <how>', 'whether the images go along', ['none', 'copy', 'link'], 'none'),
    )
    .option('--strict', 'exit with 1 when anything was lost')
    .option('--clamp', 'cut shapes at the border of the image')
    .addOption(json())
    .action(async (input, output, values) =>
      end(await runLabels({ command: 'convert', input, output, values })),
    )
  program
    .command('check')
    .summary('say what is wrong with label files')
    .description(
      'Says what is wrong with label files; writes nothing. Exits with 1 when anything is.',
    )
    .argument('<path>', 'label files or their folder')
    .addOption(from())
    .addOption(imagesFrom())
    .addOption(firstPixel())
    .addOption(json())
    .action(async (input, values) => end(await runLabels({ command: 'check', input, values })))
}

function addTransferCommands(program: Command, { cwd, end }: Wish): void {
  program
    .command('download')
    .summary('download a dataset to a folder')
    .description('Downloads a dataset of the service to a folder.')
    .argument('<dataset>', 'name or id')
    .argument('<folder>', 'where to')
    .addOption(
      choice(
        '--format <format>',
        '“files”: images with a JSON file each; or a format for training',
        ['files', ...FORMAT_IDS],
        'files',
      ),
    )
    .addOption(choice('--only <what>', 'one of both', ['images', 'annotations']))
    .option(
      '--stage <stage>',
      'only images in this stage: New, In progress, In review, Complete; can be repeated',
      each(stageNamed),
    )
    .option(
      '--split <split>',
      'only images of this split: Train, Validation, Test, None; can be repeated',
      each(splitNamed),
    )
    .option('--class <class>', 'only images with this class; can be repeated', each(text))
    .option('--tag <tag>', 'only images with this tag; can be repeated', each(text))
    .addOption(
      choice(
        '--on-changed <how>',
        'files there that you made or changed: “beside” keeps them and writes “name (service).ext” (default)',
        ['beside', 'skip', 'replace'],
      ),
    )
    .option('--force', 'the same as --on-changed replace')
    .addOption(connections())
    .addOption(account())
    .addOption(json())
    .addHelpText('after', AGAIN_HELP)
    .action(async (dataset, folder, _values, command) =>
      end(
        await (await import('./transfer.ts')).download(
          dataset,
          folder,
          command.optsWithGlobals(),
          cwd,
        ),
      ),
    )
  program
    .command('upload')
    .summary('upload folders, images or ZIPs to a dataset')
    .description('Uploads folders, images or ZIPs to a dataset of the service.')
    .usage('[options] <folder...> <dataset>')
    .addArgument(new Argument('<paths...>', 'what to upload, then the dataset'))
    .option('--directory <path>', 'the directory of the dataset', '/')
    .addOption(
      choice('--tree <how>', 'which directories of the folder', ['keep', 'first', 'flat'], 'keep'),
    )
    .addOption(
      choice('--existing <how>', 'names that are there', ['skip', 'rename', 'replace'], 'skip'),
    )
    .option('--no-labels', 'leave out label files beside the images')
    .option('--create', 'make the dataset when it is not there')
    .addOption(connections())
    .addOption(account())
    .addOption(json())
    .addHelpText('after', AGAIN_HELP)
    .action(async (paths, _values, command) =>
      end(await (await import('./transfer.ts')).upload(paths, command.optsWithGlobals(), cwd)),
    )
}

function addLooks(program: Command, { cwd, end }: Wish): void {
  program
    .command('datasets')
    .description('Lists the datasets of the organisation.')
    .summary('list the datasets of the organisation')
    .option('--archived', 'the archived ones')
    .addOption(account())
    .addOption(json())
    .addHelpText('after', KEY_HELP)
    .action(async (_values, command) =>
      end(await (await import('./datasets.ts')).listDatasets(command.optsWithGlobals(), cwd)),
    )
  program
    .command('status')
    .summary('show accounts, datasets and unfinished transfers of this machine')
    .description('Shows accounts, datasets and unfinished transfers of this machine, offline.')
    .addOption(json())
    .action(async (_values, command) =>
      end(await (await import('./status.ts')).showStatus(command.optsWithGlobals(), cwd)),
    )
  program
    .command('completion')
    .summary('print a script that completes commands in your shell')
    .description(
      'Prints a script for your shell, e.g. for ~/.bashrc:\n  eval "$(pictograph-desktop completion bash)"',
    )
    .addArgument(new Argument('<shell>').choices(SHELLS))
    .action((shell) => {
      process.stdout.write(completionScript(program, shell))
      end(0)
    })
}

/** Defines the command line: every command with its options, its help and its code, which is loaded on use. */
export function createProgram(wish: Wish): Command {
  const program = new Command('pictograph-desktop')
    .description('Pictograph Desktop: annotate images, on this machine and on Pictograph.')
    .usage('[options] [folder | image | pictograph:// link]\n       pictograph-desktop <command>')
    .version(wish.version, '-V, --version')
    .helpOption('-h, --help', 'show help')
    .helpCommand('help [command]', 'show the help of a command')
    .argument('[targets...]', 'a folder of images, an image or a pictograph:// link')
    .option('--data <folder>', 'where labels and settings are kept')
    .option('--serve', 'serve the app to a browser on this machine')
    .option(
      '--port <n>',
      'its port (default 7365, or any free one)',
      wholeNumber(0, 65_535, 'from 0 to 65535'),
    )
    .option('--host <name>', 'the interface to listen on', '127.0.0.1')
    .configureHelp({ sortSubcommands: true, showGlobalOptions: false })
    .showSuggestionAfterError()
    .action(async (targets, values) => wish.end(await wish.serve(targets, values)))
  addTransferCommands(program, wish)
  addLabelCommands(program, wish)
  addLooks(program, wish)
  return program
}
