import { app, type JumpListCategory, Menu } from 'electron'
import type { AppCore } from '#core/app-core.ts'
import type { Dataset } from '#shared/model/dataset.ts'
import { formatLink } from '#shared/model/link.ts'
import { messageOf } from '#shared/model/message-of.ts'
import { t } from '#shared/texts/texts.ts'
import { asLabel, type RecentDataset } from './menu.ts'
import type { Windows } from './windows.ts'

const SHOWN = 8
/** Maximum characters of a text in Windows' list. */
const LONGEST = 250

/** The recently opened datasets, latest first. */
export function recentOf(datasets: readonly Dataset[]): RecentDataset[] {
  return datasets
    .filter(({ missing }) => !missing)
    .sort((a, b) => b.lastOpenedAtMs - a.lastOpenedAtMs)
    .slice(0, SHOWN)
    .map(({ name, root, remote }) => ({
      name,
      target: remote ? formatLink({ datasetId: remote.remoteId, imageId: null }) : root,
    }))
}

/** The list at the taskbar icon on Windows. A quote ends an argument there, and a file name cannot contain one. */
export function jumpList(recent: readonly RecentDataset[], program: string): JumpListCategory[] {
  const items = recent
    .filter(({ target }) => !target.includes('"') && target.length <= LONGEST)
    .map(({ name, target }) => ({
      type: 'task' as const,
      program,
      // A backslash before the quote would escape it, so double it (`C:\` is the root of a drive, `C:` is not).
      args: `"${target.replace(/\\+$/, '$&$&')}"`,
      title: name.slice(0, LONGEST),
      description: target,
      iconPath: program,
      iconIndex: 0,
    }))
  return items.length === 0 ? [] : [{ type: 'custom', name: t('Recent datasets'), items }]
}

/** Shows recent datasets in the menu, on the Mac dock and in the Windows taskbar, and keeps them up to date. */
export function followRecent(core: AppCore, windows: Windows): void {
  let shown = ''
  const show = async () => {
    const recent = recentOf(await core.library.list())
    const state = JSON.stringify([recent, core.settings.read().language])
    if (state === shown) return
    shown = state
    windows.setRecent(recent)
    app.dock?.setMenu(
      Menu.buildFromTemplate([
        { label: t('New window'), click: () => void windows.open() },
        { type: 'separator' },
        ...recent.map(({ name, target }) => ({
          label: asLabel(name),
          click: () => windows.openTarget(target),
        })),
      ]),
    )
    // In a checkout the program is Electron itself, which does not understand these arguments.
    if (process.platform === 'win32' && app.isPackaged)
      app.setJumpList(jumpList(recent, process.execPath))
  }
  const failed = (error: unknown) =>
    core.ports.log.warn('recent datasets are not shown', { error: messageOf(error) })
  const follow = () => {
    show().catch(failed)
  }
  core.coreEvents.on(({ type }) => {
    if (type === 'opened') follow()
  })
  windows.onLanguage(follow)
  follow()
}
