import { BrowserWindow, powerSaveBlocker } from 'electron'
import type { AppCore } from '#core/app-core.ts'
import type { Transfer } from '#shared/model/transfer.ts'

/** Takes the bar away. */
const NO_BAR = -1

/** How far all that runs is, 0..1; null when nothing runs. */
export function totalShare(transfers: readonly Pick<Transfer, 'state' | 'bytes'>[]): number | null {
  const live = transfers.filter(({ state }) => ['planning', 'running', 'finishing'].includes(state))
  if (live.length === 0) return null
  const total = live.reduce((sum, { bytes }) => sum + bytes.total, 0)
  return total === 0 ? 0 : live.reduce((sum, { bytes }) => sum + bytes.done, 0) / total
}

/** Transfers on the taskbar and the dock; the machine does not fall asleep over them, its screen may. */
export function showTransfers({ events, transfers }: Pick<AppCore, 'events' | 'transfers'>): void {
  let blocker: number | null = null
  events.on(({ type }) => {
    if (type !== 'transfer' && type !== 'transfer-removed') return
    const share = totalShare(transfers.list())
    for (const window of BrowserWindow.getAllWindows()) window.setProgressBar(share ?? NO_BAR)
    if (share !== null) blocker ??= powerSaveBlocker.start('prevent-app-suspension')
    else if (blocker !== null) {
      powerSaveBlocker.stop(blocker)
      blocker = null
    }
  })
}
