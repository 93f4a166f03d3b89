import { BrowserWindow, powerSaveBlocker } from 'electron'
import type { AppCore } from '#core/app-core.ts'
import { liveShare, type Transfer } from '#shared/model/transfer.ts'

/** Removes the bar. */
const NO_BAR = -1

/** Shows transfers on the taskbar and the dock. If set, keeps the machine awake meanwhile; the screen may turn off. */
export function showTransfers({
  events,
  settings,
}: Pick<AppCore, 'events'> & { settings: Pick<AppCore['settings'], 'read'> }): void {
  // Keep the transfers of past events: asking would count the files of each several times per second.
  const known = new Map<string, Transfer>()
  let blocker: number | null = null
  events.on((event) => {
    if (event.type === 'transfer') known.set(event.transfer.id, event.transfer)
    else if (event.type === 'transfer-removed') known.delete(event.id)
    else return
    const share = liveShare([...known.values()])
    for (const window of BrowserWindow.getAllWindows()) window.setProgressBar(share ?? NO_BAR)
    if (share !== null && settings.read().keepAwake)
      blocker ??= powerSaveBlocker.start('prevent-app-suspension')
    else if (blocker !== null) {
      powerSaveBlocker.stop(blocker)
      blocker = null
    }
  })
}
