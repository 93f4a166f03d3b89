import { app, type JumpListCategory, Menu } from 'electron'
import type { AppCore } from '#core/app-core.ts'
import type { Dataset } from '#shared/model/dataset.ts'
import { formatLink } from '#shared/model/link.ts'
import { messageOf } from '#shared/model/message-of.ts'
import { t } from '#shared/texts/texts.ts'
import { asLabel, type RecentDataset } from './menu.ts'
import type { Windows } from './windows.ts'

const SHOWN = 8
/** Windows takes no longer text than this in its list. Characters. */
const LONGEST = 250

/** The datasets that were open last, latest first. */
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

/** What Windows shows at the taskbar's icon. A quote ends an argument there, and a file name cannot hold one. */
export function jumpList(recent: readonly RecentDataset[], program: string): JumpListCategory[] {
  const items = recent
    .filter(({ target }) => !target.includes('"') && target.length <= LONGEST)
    .map(({ name, target }) => ({
      type: 'task' as const,
      program,
      // A backslash before the quote would take its meaning away, so each is written twice (C:\ is a drive's root,
      // C: is not).
      args: `"${target.replace(/\\+$/, '$&$&')}"`,
      title: name.slice(0, LONGEST),
      description: target,
      iconPath: program,
      iconIndex: 0,
    }))
  return items.length === 0 ? [] : [{ type: 'custom', name: t('Recent datasets'), items }]
}

/** Recent datasets in the menu, on the dock of a Mac and at the taskbar of Windows; follows what is opened. */
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
    // In a checkout the program is Electron itself, which would not know what to do with them.
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
