import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { TransferRepository } from '#core/cache/transfer-repository.ts'
import type { CoreEvents } from '#core/core-events.ts'
import type { EventBus } from '#core/event-bus.ts'
import { LabelProcess } from '#core/labels/label-process.ts'
import type { Ports } from '#core/ports.ts'
import type { Store } from '#core/store.ts'
import type { WorkInHand } from '#core/work-in-hand.ts'
import { isLive, type Transfer } from '#shared/model/transfer.ts'
import type { TransferDeps } from './running-transfer.ts'
import { Stages } from './stages.ts'
import { Transfers } from './transfers.ts'

interface Deps extends Pick<TransferDeps, 'clock' | 'labels' | 'probe' | 'ceiling' | 'routeTo'> {
  inHand: Pick<WorkInHand, 'begin'>
  store: Pick<Store, 'db'>
  ports: Pick<Ports, 'dataDir' | 'log' | 'startProcess'>
  /** Clients of the accounts, and their hourly request budgets. */
  accounts: Pick<TransferDeps, 'run' | 'aside' | 'budget' | 'serviceOf'>
  events: EventBus
  coreEvents: CoreEvents
}

/** A failed one unpacks its archive again if it is retried. */
const isResumed = (state: Transfer['state']) => isLive({ state }) || state === 'paused'

/**
 * Deletes what previews and uploads of an earlier run unpacked. `isKept`: a transfer that resumes. It is asked at each
 * deletion, because a failed transfer may be retried meanwhile.
 */
async function sweepScratch(folder: string, isKept: (name: string) => boolean): Promise<void> {
  for (const name of await readdir(folder).catch(() => []))
    if (!isKept(name)) await rm(join(folder, name), { recursive: true, force: true })
}

/** Downloads, uploads, and the staging folders for files dropped in a browser. */
export function createTransfers({ store, ports, accounts, coreEvents, ...deps }: Deps) {
  const { dataDir, log } = ports
  const rows = new TransferRepository(store.db)
  const transfers = new Transfers({
    ...deps,
    transfers: rows,
    log,
    dataDir,
    labelReader: (signal) => new LabelProcess(ports.startProcess, signal),
    run: (accountId, work) => accounts.run(accountId, work),
    aside: (accountId, work) => accounts.aside(accountId, work),
    budget: (accountId) => accounts.budget(accountId),
    serviceOf: (accountId) => accounts.serviceOf(accountId),
    onUploaded: (accountId, remoteId) =>
      coreEvents.publish({ type: 'uploaded', accountId, remoteId }),
  })
  const stages = new Stages(join(dataDir, 'stages'))
  const waiting = rows.list().flatMap(({ options, state }) => {
    const { staged } = options as { staged?: string | null }
    return staged && state !== 'done' && state !== 'cancelled' ? [staged] : []
  })
  stages
    .sweep(new Set(waiting))
    .catch((error: unknown) => log.warn('staging folders not cleaned up', { error: String(error) }))
  const isKept = (id: string) => {
    const stored = rows.find(id)
    return stored !== null && isResumed(stored.state)
  }
  sweepScratch(join(dataDir, 'scratch'), isKept).catch((error: unknown) =>
    log.warn('unpacked archives not cleaned up', { error: String(error) }),
  )
  return { transfers, stages }
}
