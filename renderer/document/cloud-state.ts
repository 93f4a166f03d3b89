import { createStore } from 'zustand/vanilla'
import type { AppEvent, OfflineState } from '#shared/contract/events.ts'
import type { Account } from '#shared/model/account.ts'
import type { PromptPrice } from '#shared/model/service.ts'
import type { Transfer } from '#shared/model/transfer.ts'

type SyncCounts = Omit<Extract<AppEvent, { type: 'sync' }>, 'type' | 'accountId'>

/** The number of unpushed changes, for whatever reason. */
export const unsentOf = ({
  waiting,
  failed,
  conflicts,
}: Pick<SyncCounts, 'waiting' | 'failed' | 'conflicts'>): number => waiting + failed + conflicts

interface CloudState {
  accounts: readonly Account[]
  /** Why keys are not stored safely on this system; null if they are. */
  warning: string | null
  /** Unpushed changes by account. */
  sync: Readonly<Record<string, SyncCounts>>
  /** Progress of offline downloads by dataset. */
  offline: Readonly<Record<string, OfflineState>>
  /** The price of one assisted-labelling request by account, once known. */
  prices: Readonly<Record<string, PromptPrice>>
}

export const cloudState = createStore<CloudState>(() => ({
  accounts: [],
  warning: null,
  sync: {},
  offline: {},
  prices: {},
}))

export function upsertAccount(account: Account): void {
  cloudState.setState(({ accounts }) => ({
    accounts: accounts.some(({ id }) => id === account.id)
      ? accounts.map((item) => (item.id === account.id ? account : item))
      : [...accounts, account],
  }))
}

export function removeAccountState(accountId: string): void {
  cloudState.setState(({ accounts }) => ({
    accounts: accounts.filter(({ id }) => id !== accountId),
  }))
}

interface TransferState {
  /** Latest first. */
  transfers: readonly Transfer[]
}

export const transferState = createStore<TransferState>(() => ({ transfers: [] }))

export function upsertTransfer(transfer: Transfer): void {
  transferState.setState(({ transfers }) => ({
    transfers: transfers.some(({ id }) => id === transfer.id)
      ? transfers.map((item) => (item.id === transfer.id ? transfer : item))
      : [transfer, ...transfers],
  }))
}

export function removeTransfer(id: string): void {
  transferState.setState(({ transfers }) => ({
    transfers: transfers.filter((item) => item.id !== id),
  }))
}
