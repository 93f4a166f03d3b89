import { existsSync, readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { AccountRepository } from '#core/cache/account-repository.ts'
import { DATABASE_FILE, openDatabase } from '#core/cache/database.ts'
import { DatasetRepository } from '#core/cache/dataset-repository.ts'
import { Outbox } from '#core/cache/outbox.ts'
import { TransferRepository } from '#core/cache/transfer-repository.ts'
import { terminalJson, terminalLine } from '#core/terminal-text.ts'
import { defaultDataDir } from '#hosts/data-dir.ts'
import { counted } from '#shared/model/counted.ts'
import type { StatusValues } from './values.ts'

/** The status of one library: the app's, or a command's. */
function statusOf(file: string) {
  const db = openDatabase(file)
  try {
    const outbox = new Outbox(db)
    const datasets = new DatasetRepository(db)
    const transfers = new TransferRepository(db)
    return {
      accounts: new AccountRepository(db).list().map(({ id, organization, baseUrl }) => ({
        organization,
        baseUrl,
        ...outbox.counts(id),
      })),
      datasets: datasets.list().map(({ id, name, root, remote }) => ({
        name,
        place: remote ? 'service' : root,
        images: datasets.counts(id).imageCount,
        annotated: datasets.counts(id).annotatedCount,
      })),
      transfers: transfers
        .list()
        .filter(({ state }) => state !== 'done' && state !== 'cancelled')
        .map(({ id, kind, name, place, state, problem }) => {
          const { done, skipped, failed, total } = transfers.counts(id).files
          return { kind, dataset: name, place, state, problem, done: done + skipped, failed, total }
        }),
    }
  } finally {
    db.close()
  }
}
type Status = ReturnType<typeof statusOf>

function lines({ accounts, datasets, transfers }: Status): string[] {
  return [
    ...accounts.map(({ organization, baseUrl, waiting, failed, conflicts }) => {
      const trouble = [
        failed > 0 && `${failed.toLocaleString('en')} refused by the service`,
        conflicts > 0 && counted(conflicts, 'conflict'),
      ].filter((part) => part !== false)
      const sent = waiting === 0 ? 'everything is sent' : `${counted(waiting, 'change')} waiting`
      return `account ${organization} (${baseUrl}): ${[sent, ...trouble].join(', ')}`
    }),
    ...datasets.map(
      ({ name, place, images, annotated }) =>
        `dataset ${name} (${place}): ${counted(images, 'image')}, ${annotated.toLocaleString('en')} annotated`,
    ),
    ...transfers.map(
      ({ kind, dataset, place, state, problem, done, failed, total }) =>
        `${kind} ${dataset} (${place}): ${state}, ${done.toLocaleString('en')} of ${total.toLocaleString('en')}${failed > 0 ? `, ${failed.toLocaleString('en')} failed` : ''}${problem === null ? '' : `. ${problem}`}`,
    ),
  ]
}

/** `status`: shows accounts, datasets and unfinished transfers of this machine, offline. Throws a UserError. */
export async function showStatus(values: StatusValues, cwd: string): Promise<number> {
  const dataDir = values.data === undefined ? defaultDataDir() : resolve(cwd, values.data)
  const commands = join(dataDir, 'command-line')
  const own = join(dataDir, DATABASE_FILE)
  const status: Status = existsSync(own)
    ? statusOf(own)
    : { accounts: [], datasets: [], transfers: [] }
  for (const name of existsSync(commands) ? readdirSync(commands) : []) {
    const file = join(commands, name, DATABASE_FILE)
    if (existsSync(file)) status.transfers.push(...statusOf(file).transfers)
  }
  if (values.json) process.stdout.write(`${terminalJson(status)}\n`)
  else {
    const told = lines(status)
    const text = told.length > 0 ? told : ['No accounts, datasets or transfers on this machine.']
    process.stdout.write(`${text.map(terminalLine).join('\n')}\n`)
  }
  return 0
}
