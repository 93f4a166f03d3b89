import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { app } from 'electron'
import type { AppUpdater, UpdateInfo } from 'electron-updater'
import type { AppCore } from '#core/app-core.ts'
import type { Log, Updates } from '#core/ports.ts'
import { haltWatching } from '#hosts/watchdog.ts'
import type { UpdateState } from '#shared/contract/updates.ts'
import { messageOf } from '#shared/model/message-of.ts'
import { isLive } from '#shared/model/transfer.ts'
import type { Windows } from './windows.ts'

/** Delay after startup, which has priority. Milliseconds. */
const FIRST_CHECK_MS = 30_000
const CHECK_EVERY_MS = 6 * 3_600_000
const REFUSED_KEY = 'refused-update'

/** The part of an updater that is used; electron-updater's in a package. */
export type Updater = Pick<
  AppUpdater,
  | 'autoDownload'
  | 'autoInstallOnAppQuit'
  | 'checkForUpdates'
  | 'downloadUpdate'
  | 'quitAndInstall'
  | 'on'
>

interface Deps {
  updater: Updater
  log: Log
  onState: (state: UpdateState) => void
  /** Why the app cannot quit now; null: it can. */
  busy: () => string | null
  /** The version that the user declined; null: none. */
  refused: { get: () => string | null; set: (version: string) => void }
}

/** Release notes come as one text, or as one per version. */
function notesOf({ releaseNotes }: Pick<UpdateInfo, 'releaseNotes'>): string {
  if (!releaseNotes) return ''
  if (typeof releaseNotes === 'string') return releaseNotes
  return releaseNotes.map(({ version, note }) => `${version}\n${note ?? ''}`).join('\n\n')
}

/** Updates: announced with their notes, downloaded and installed only on the user's request. */
export class AppUpdates implements Updates {
  readonly #deps: Deps
  #state: UpdateState = { kind: 'current' }
  #offered: { version: string; notes: string } | null = null
  /** Requested by the user, who wants to hear of a declined version again, and of failures. */
  #isAsked = false

  constructor(deps: Deps) {
    this.#deps = deps
    const { updater, log } = deps
    // Both are on by default and would take the decision from the user.
    updater.autoDownload = false
    updater.autoInstallOnAppQuit = false
    updater.on('update-available', (info) => {
      this.#offered = { version: info.version, notes: notesOf(info) }
      const isRefused = !this.#isAsked && deps.refused.get() === info.version
      this.#set(isRefused ? { kind: 'current' } : { kind: 'available', ...this.#offered })
    })
    updater.on('update-not-available', () => this.#set({ kind: 'current' }))
    updater.on('download-progress', ({ percent }) => {
      if (this.#offered)
        this.#set({
          kind: 'downloading',
          version: this.#offered.version,
          share: Math.min(1, percent / 100),
        })
    })
    updater.on('update-downloaded', () => this.#setReady())
    updater.on('error', (error) => {
      log.warn('no update', { error: messageOf(error) })
      // A failed automatic check needs no explanation.
      this.#set(
        this.#isAsked
          ? {
              kind: 'failed',
              message: `The new version couldn’t be downloaded: ${messageOf(error)}`,
            }
          : { kind: 'current' },
      )
    })
  }

  get state(): UpdateState {
    if (this.#state.kind === 'ready') return { ...this.#state, waitsFor: this.#deps.busy() }
    return this.#state
  }

  /** Checks automatically from time to time. */
  look(): void {
    if (this.#state.kind !== 'current') return
    this.#isAsked = false
    this.#check()
  }

  check(): void {
    this.#isAsked = true
    this.#set({ kind: 'checking' })
    this.#check()
  }

  download(): void {
    if (this.#state.kind !== 'available') return
    this.#isAsked = true
    this.#set({ kind: 'downloading', version: this.#state.version, share: 0 })
    // Failures are also emitted as `error`.
    this.#deps.updater.downloadUpdate().catch(() => {})
  }

  install(): void {
    if (this.#state.kind !== 'ready') return
    // The page's state may be outdated when the user clicks.
    if (this.#deps.busy() !== null) this.#setReady()
    else {
      // A package manager may block this process, and asks for a password first.
      haltWatching()
      this.#deps.updater.quitAndInstall()
    }
  }

  refuse(): void {
    if (!this.#offered) return
    this.#deps.refused.set(this.#offered.version)
    this.#set({ kind: 'current' })
  }

  #check(): void {
    this.#deps.updater.checkForUpdates().catch(() => {})
  }

  #setReady(): void {
    if (this.#offered) this.#set({ kind: 'ready', ...this.#offered, waitsFor: this.#deps.busy() })
  }

  #set(state: UpdateState): void {
    this.#state = state
    this.#deps.onState(state)
  }
}

/** True while work would be lost: a running transfer, or an edit that is not saved yet. */
export function busyWith({
  transfers,
  outbox,
  isSaving,
}: {
  transfers: Pick<AppCore['transfers'], 'list'>
  outbox: () => number
  isSaving: boolean
}): string | null {
  if (isSaving) return 'Edits are being saved. The new version waits for them.'
  if (transfers.list().some(isLive)) return 'A transfer is running. The new version waits for it.'
  const waiting = outbox()
  return waiting > 0 ? 'Edits have not been sent to the service yet. The new version waits.' : null
}

/** Only a package built with a feed has this file; other copies are not updated. */
export function hasFeed(resourcesDir: string): boolean {
  return app.isPackaged && existsSync(join(resourcesDir, 'app-update.yml'))
}

/** Starts checking for updates; null if no feed is configured. */
export async function startUpdates(core: AppCore, windows: Windows): Promise<AppUpdates | null> {
  if (!hasFeed(process.resourcesPath)) return null
  // Loaded here, because it is not needed without a feed.
  const { default: electronUpdater } = await import('electron-updater')
  const refused = core.settings.remembered(REFUSED_KEY)
  let refusedVersion = typeof refused === 'string' ? refused : null
  const updates = new AppUpdates({
    updater: electronUpdater.autoUpdater,
    log: core.ports.log,
    onState: (state) => core.events.publish({ type: 'update', state }),
    busy: () =>
      busyWith({
        transfers: core.transfers,
        outbox: () => core.sync.unsent(),
        isSaving: windows.isSaving,
      }),
    refused: {
      get: () => refusedVersion,
      set: (version) => {
        refusedVersion = version
        core.settings.remember(REFUSED_KEY, version)
      },
    },
  })
  setTimeout(() => updates.look(), FIRST_CHECK_MS).unref()
  setInterval(() => updates.look(), CHECK_EVERY_MS).unref()
  return updates
}
