import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type AppCore, createAppCore } from '#core/app-core.ts'
import { AccountRepository } from '#core/cache/account-repository.ts'
import { DATABASE_FILE, openDatabase } from '#core/cache/database.ts'
import type { Log, Secrets } from '#core/ports.ts'
import { secretName } from '#core/sync/accounts.ts'
import { UserError } from '#core/user-error.ts'
import { appVersion, findAppRoot } from '#hosts/app-root.ts'
import { fileSecrets, nodePorts } from '#hosts/host-node/node-ports.ts'
import type { ListedDataset } from '#shared/model/account.ts'

const ignore = () => {}
/** The report tells the user everything; the rest goes to the log file. */
const SILENT: Log = { info: ignore, warn: ignore, error: ignore }

const DEFAULT_BASE_URL = 'https://api.pictograph.io'

/** Keeps a key only in this process. */
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

/** The key and the address: from the environment, or from an account of the served app. Throws a UserError. */
export async function credentials(
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
        `There are several accounts. Choose one with --account: ${accounts.map(({ organization }) => organization).join(', ')}`,
      )
    const key = await fileSecrets(dataDir).get(secretName(account.id))
    // The desktop app keeps keys in the system's keyring, which only that app can use.
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

/** Finds a dataset by name or id, also among archived ones. Throws a UserError that ends with `wayOut`. */
export async function findDataset(
  core: AppCore,
  accountId: string,
  nameOrId: string,
  { create, wayOut }: { create: boolean; wayOut: string },
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
  throw new UserError('not_found', `There is no dataset “${nameOrId}” in this account. ${wayOut}`)
}

/** A core with one account, whose key stays in this process; `dataDir` is its own library. */
export async function openAccountCore(
  dataDir: string,
  { baseUrl, apiKey }: { baseUrl: string; apiKey: string },
): Promise<{ core: AppCore; accountId: string } & AsyncDisposable> {
  const appRoot = findAppRoot()
  const core = createAppCore(
    {
      ...nodePorts(appRoot, appVersion(appRoot), dataDir, SILENT),
      secrets: secretsInMemory(),
    },
    null,
    { pushesByItself: false },
  )
  const close = () => core[Symbol.asyncDispose]()
  try {
    const { id } = await core.sync.accounts.add(baseUrl, apiKey)
    return { core, accountId: id, [Symbol.asyncDispose]: close }
  } catch (error) {
    await close()
    throw error
  }
}
