import { BrowserWindow, powerSaveBlocker } from 'electron'
import type { AppCore } from '#core/app-core.ts'
import { liveShare, type Transfer } from '#shared/model/transfer.ts'

/** Takes the bar away. */
const NO_BAR = -1

/** Transfers on the taskbar and the dock; if wished, the machine does not fall asleep over them; its screen may. */
export function showTransfers({
  events,
  settings,
}: Pick<AppCore, 'events'> & { settings: Pick<AppCore['settings'], 'read'> }): void {
  // As told: asking would count the files of each again, several times a second.
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
