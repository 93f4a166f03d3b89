import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { type AppCore, createAppCore } from '#core/app-core.ts'
import { AccountRepository } from '#core/cache/account-repository.ts'
import { DATABASE_FILE, openDatabase } from '#core/cache/database.ts'
import type { Log, Secrets } from '#core/ports.ts'
import { secretName } from '#core/sync/accounts.ts'
import { terminalJson, terminalLine } from '#core/terminal-text.ts'
import { requireInside } from '#core/transfer/upload-target.ts'
import { UserError } from '#core/user-error.ts'
import type { ListedDataset } from '#shared/model/account.ts'
import { formatBytes } from '#shared/model/bytes.ts'
import { counted } from '#shared/model/counted.ts'
import { formatDuration } from '#shared/model/duration.ts'
import { formatIdSchema } from '#shared/model/format.ts'
import {
  downloadOptionsSchema,
  shareOf,
  type Transfer,
  type TransferFailure,
  uploadOptionsSchema,
} from '#shared/model/transfer.ts'
import { appVersion, findAppRoot } from './app-root.ts'
import { defaultDataDir } from './data-dir.ts'
import { fileSecrets, nodePorts } from './host-node/node-ports.ts'

const ignore = () => {}
/** What a person is to know is in the report; the rest is in the log's file. */
const SILENT: Log = { info: ignore, warn: ignore, error: ignore }

const DEFAULT_BASE_URL = 'https://api.pictograph.io'
/** Without a terminal a line is printed this often, milliseconds. */
const LINE_EVERY_MS = 10_000
/** As of a program that was ended by Ctrl+C. */
const INTERRUPTED = 130

export interface TransferValues {
  data?: string
  account?: string
  format?: string
  only?: string
  stage?: string[]
  split?: string[]
  class?: string[]
  tag?: string[]
  directory?: string
  tree?: string
  existing?: string
  connections?: string
  'on-changed'?: string
  force?: boolean
  'no-labels'?: boolean
  create?: boolean
  json?: boolean
}

interface Job {
  kind: Transfer['kind']
  dataset: string
  /** Absolute: of a download the folder, of an upload what is sent. */
  places: string[]
  options: object
}

/** A choice of the command line, or what it may be. Throws a UserError. */
function options<T>(
  schema: { safeParse(value: unknown): { data?: T; error?: { issues: Issue[] } } },
  value: object,
): T {
  const { data, error } = schema.safeParse(value)
  const [issue] = error?.issues ?? []
  if (!issue) return data as T
  const names: Record<string, string> = {
    layout: 'format',
    what: 'only',
    stages: 'stage',
    splits: 'split',
    onExisting: 'existing',
    onChanged: 'on-changed',
  }
  const name = String(issue.path[0])
  const message =
    name === 'layout' ? `must be one of files, ${formatIdSchema.options.join(', ')}` : issue.message
  throw new UserError('usage', `--${names[name] ?? name}: ${message}. See --help.`)
}
interface Issue {
  path: PropertyKey[]
  message: string
}

/** `download DATASET FOLDER`. Throws a UserError. */
function downloadJob(positionals: readonly string[], values: TransferValues, cwd: string): Job {
  const [dataset, folder, more] = positionals
  if (!dataset || !folder || more !== undefined)
    throw new UserError('usage', 'Usage: pictograph-desktop download DATASET FOLDER. See --help.')
  const what = { images: 'images_only', annotations: 'annotations_only' }[values.only ?? '']
  return {
    kind: 'download',
    dataset,
    places: [resolve(cwd, folder)],
    options: options(downloadOptionsSchema, {
      what: what ?? values.only ?? 'full',
      layout: values.format ?? 'files',
      stages: values.stage ?? [],
      splits: values.split ?? [],
      tags: values.tag ?? [],
      classes: values.class ?? [],
      imageIds: null,
      onChanged: values['on-changed'] ?? (values.force ? 'replace' : 'beside'),
    }),
  }
}

/** `upload FOLDER… DATASET`. Throws a UserError. */
function uploadJob(positionals: readonly string[], values: TransferValues, cwd: string): Job {
  const places = positionals.slice(0, -1).map((place) => resolve(cwd, place))
  const dataset = positionals.at(-1)
  if (!dataset || places.length === 0)
    throw new UserError('usage', 'Usage: pictograph-desktop upload FOLDER DATASET. See --help.')
  const missing = places.find((place) => !existsSync(place))
  if (missing) throw new UserError('not_found', `${missing} is not there.`)
  requireInside(values.directory ?? '/')
  return {
    kind: 'upload',
    dataset,
    places,
    options: options(uploadOptionsSchema, {
      directory: values.directory ?? '/',
      tree: values.tree ?? 'keep',
      onExisting: values.existing ?? 'skip',
      withLabels: !values['no-labels'],
    }),
  }
}

/** A key that is nowhere kept but in this process. */
function secretsInMemory(): Secrets {
  const secrets = new Map<string, string>()
  return {
    get: async (name) => secrets.get(name) ?? null,
    set: async (name, value) => {
      secrets.set(name, value)
    },
    delete: async (name) => {
      secrets.delete(name)
    },
    warning: async () => null,
  }
}

/** The key and the address: of the environment, or of an account of the app served to a browser. Throws a UserError. */
async function credentials(
  dataDir: string,
  wanted: string | undefined,
): Promise<{ baseUrl: string; apiKey: string }> {
  const { PICTOGRAPH_API_KEY: apiKey, PICTOGRAPH_BASE_URL: baseUrl = DEFAULT_BASE_URL } =
    process.env
  if (apiKey && wanted === undefined) return { apiKey, baseUrl }
  const file = join(dataDir, DATABASE_FILE)
  const none = 'Set PICTOGRAPH_API_KEY to a key of Pictograph, or add an account in the app.'
  if (!existsSync(file)) throw new UserError('no_account', `There is no account. ${none}`)
  const db = openDatabase(file)
  try {
    const accounts = new AccountRepository(db).list()
    const fitting = accounts.filter(
      ({ organization, id }) => wanted === undefined || organization === wanted || id === wanted,
    )
    const [account, second] = fitting
    if (!account)
      throw new UserError(
        'no_account',
        wanted === undefined
          ? `There is no account. ${none}`
          : `--account ${wanted}: there is no such account. ${none}`,
      )
    if (second)
      throw new UserError(
        'usage',
        `Several accounts: name one with --account: ${accounts.map(({ organization }) => organization).join(', ')}`,
      )
    const key = await fileSecrets(dataDir).get(secretName(account.id))
    // The window keeps keys in the system's keyring, which is for the window alone.
    if (key === null)
      throw new UserError(
        'no_key',
        `The key of ${account.organization} is in the system's keyring. Set PICTOGRAPH_API_KEY.`,
      )
    return { apiKey: key, baseUrl: account.baseUrl }
  } finally {
    db.close()
  }
}

async function findDataset(
  core: AppCore,
  accountId: string,
  nameOrId: string,
  create: boolean,
): Promise<ListedDataset> {
  for (const archived of [false, true]) {
    const { datasets, problem } = await core.sync.remoteDatasets.list(accountId, archived)
    if (problem !== null) throw new UserError('offline', problem)
    const found = datasets.find(({ name, remoteId }) => [name, remoteId].includes(nameOrId))
    if (found) return found
  }
  if (create)
    return core.sync.remoteDatasets.create(accountId, {
      name: nameOrId,
      description: null,
      classes: [],
    })
  throw new UserError('not_found', `There is no dataset “${nameOrId}” in this account.`)
}

/** The transfer that an earlier run of the same command left, or a new one. */
async function begin(
  core: AppCore,
  accountId: string,
  { remoteId, name }: ListedDataset,
  job: Job,
) {
  const target = { accountId, remoteId, name }
  for (const transfer of core.transfers.list()) {
    if (transfer.state !== 'done' && transfer.state !== 'cancelled') {
      // Who gives the command again without its folder wants it anew.
      if (transfer.kind === 'download' && !existsSync(transfer.place)) {
        await core.transfers.remove(transfer.id)
        continue
      }
      await core.transfers.retry(transfer.id)
      return transfer
    }
  }
  return job.kind === 'download'
    ? core.transfers.download(target, job.places[0], downloadOptionsSchema.parse(job.options))
    : core.transfers.upload(target, job.places, uploadOptionsSchema.parse(job.options))
}

function progressLine(transfer: Transfer) {
  const { files, bytesPerSecond, leftMs, isPlanned, problem } = transfer
  const done = files.done + files.skipped
  const share = shareOf(transfer)
  const width = 24
  const full = Math.round(share * width)
  return [
    `${'█'.repeat(full)}${'░'.repeat(width - full)} ${String(Math.floor(share * 100)).padStart(3)} %`,
    `${done.toLocaleString('en')} of ${files.total.toLocaleString('en')}${isPlanned ? '' : '…'}`,
    `${formatBytes(bytesPerSecond)}/s`,
    leftMs === null ? '' : `${formatDuration(leftMs)} left`,
    files.failed > 0 ? `${files.failed} failed` : '',
    problem ?? '',
  ]
    .filter(Boolean)
    .join('  ')
}

/** Tells of a transfer on the error stream: a bar in a terminal, else a line now and then. */
function follow(core: AppCore, id: string): Disposable {
  const { stderr } = process
  let toldAtMs = Date.now()
  const listening = core.events.on((event) => {
    if (event.type !== 'transfer' || event.transfer.id !== id) return
    const line = terminalLine(progressLine(event.transfer))
    if (stderr.isTTY) stderr.write(`\r${line.slice(0, stderr.columns - 1)}\x1b[K`)
    else if (Date.now() - toldAtMs >= LINE_EVERY_MS) {
      toldAtMs = Date.now()
      stderr.write(`${line}\n`)
    }
  })
  return {
    [Symbol.dispose]: () => {
      listening[Symbol.dispose]()
      if (stderr.isTTY) stderr.write('\r\x1b[K')
    },
  }
}

function print(transfer: Transfer, failures: readonly TransferFailure[], asJson: boolean): void {
  const { kind, name, place, state, problem, files, bytes, report } = transfer
  if (asJson) {
    const told = { kind, dataset: name, place, state, problem, files, bytes, report, failures }
    process.stdout.write(`${terminalJson(told)}\n`)
    return
  }
  const lines = [
    `${kind} of “${name}”: ${state}, ${counted(files.done, 'file')}, ${files.skipped.toLocaleString('en')} there already, ${formatBytes(bytes.done)}`,
    ...report,
    ...failures.map(({ title, problem: why }) => `failed: ${title}: ${why}`),
    ...(problem ? [problem] : []),
  ]
  process.stdout.write(`${lines.map(terminalLine).join('\n')}\n`)
}

/**
 * `download` and `upload` without a window; the same command again goes on where the last one ended. Answers the exit
 * code: 0 complete, 1 when files failed, 130 when interrupted. Throws a UserError when nothing could be begun.
 */
export async function transferCommand(
  [kind, ...positionals]: readonly string[],
  values: TransferValues,
  cwd: string,
): Promise<number> {
  const job = (kind === 'download' ? downloadJob : uploadJob)(positionals, values, cwd)
  const connections = values.connections === undefined ? null : Number(values.connections)
  if (connections !== null && !(Number.isInteger(connections) && connections >= 1))
    throw new UserError(
      'usage',
      `--connections ${values.connections}: must be a whole number, 1 or more`,
    )
  const dataDir = values.data === undefined ? defaultDataDir() : resolve(cwd, values.data)
  const { apiKey, baseUrl } = await credentials(dataDir, values.account)
  // A library for each command: several can run at a time, beside the app, and each finds its own way on.
  const { dataset, places } = job
  const identity = JSON.stringify([baseUrl, job.kind, dataset, places, job.options])
  const name = createHash('sha256').update(identity).digest('hex').slice(0, 16)
  const appRoot = findAppRoot()
  await using core = createAppCore(
    {
      ...nodePorts(appRoot, appVersion(appRoot), join(dataDir, 'command-line', name), SILENT),
      secrets: secretsInMemory(),
    },
    null,
    { pushesByItself: false },
  )
  if (connections !== null) core.settings.write({ transferConnections: connections })
  const account = await core.sync.accounts.add(baseUrl, apiKey)
  const found = await findDataset(core, account.id, dataset, values.create ?? false)
  const { id } = await begin(core, account.id, found, job)
  let isInterrupted = false
  const interrupt = () => {
    isInterrupted = true
    void core.transfers.pause(id)
  }
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt)
  let ended: Transfer
  {
    using _following = follow(core, id)
    ended = await core.transfers.settled(id)
  }
  if (isInterrupted) {
    process.stderr.write('Interrupted. The same command goes on from here.\n')
    return INTERRUPTED
  }
  print(ended, core.transfers.failures(id), values.json ?? false)
  return ended.state === 'done' ? 0 : 1
}
