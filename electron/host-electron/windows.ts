import { type BrowserWindow, Menu, BrowserWindow as Window } from 'electron'
import type { AppCore } from '#core/app-core.ts'
import type { HostWindow } from '#core/ports.ts'
import type { Settings } from '#shared/contract/settings.ts'
import type { WindowDescription } from '#shared/contract/window.ts'
import { messageOf } from '#shared/model/message-of.ts'
import { loadLanguage } from '#shared/texts/catalogue.ts'
import { menuTemplate, type RecentDataset } from './menu.ts'
import { createWindow } from './window.ts'

interface Options {
  core: AppCore
  preload: string
  isMac: boolean
}

/** All windows of the app, which share one library, and the menu bar of the front window. */
export class Windows {
  readonly #core: AppCore
  readonly #preload: string
  readonly #isMac: boolean
  readonly #descriptions = new Map<number, WindowDescription>()
  #recent: readonly RecentDataset[] = []
  #shownMenu = ''
  #lastFocused: number | null = null
  /** True once a page has described itself. */
  #isUp = false
  /** The language of the menus. */
  #language: Settings['language'] = 'en'
  readonly #onLanguage = new Set<() => void>()

  constructor({ core, preload, isMac }: Options) {
    this.#core = core
    this.#preload = preload
    this.#isMac = isMac
  }

  /** Opens another window with the start page. */
  open(): BrowserWindow {
    const { log } = this.#core.ports
    // Set it before the first window, because the default menu would reload the page on labelme's key for a
    // rectangle.
    this.#showMenu()
    const window = createWindow({ preload: this.#preload, log, front: this.#front() })
    const { id } = window
    window.on('focus', () => {
      this.#lastFocused = id
      this.#showMenu()
    })
    // A reloaded page must describe itself again.
    window.webContents.on('did-start-loading', () => this.#descriptions.delete(id))
    window.on('closed', () => {
      this.#descriptions.delete(id)
      this.#showMenu()
    })
    this.#showMenu()
    return window
  }

  /** Opens a folder, an image or a link in the front window, or in a first one. */
  openTarget(target: string): void {
    const window = this.#front()
    if (!window) {
      this.#core.opening.setTarget(target)
      this.open()
      return
    }
    this.#bringToFront(window)
    // A page that is still loading does not receive events yet; it asks for the target when it starts.
    if (this.#descriptions.has(window.id))
      this.#core.events.publish({ type: 'open', windowId: String(window.id), target })
    else this.#core.opening.setTarget(target)
  }

  /** Shows the front window, or opens a first one. */
  show(): void {
    const window = this.#front()
    if (window) this.#bringToFront(window)
    else this.open()
  }

  #bringToFront(window: BrowserWindow): void {
    if (window.isMinimized()) window.restore()
    window.focus()
  }

  setRecent(recent: readonly RecentDataset[]): void {
    this.#recent = recent
    this.#showMenu()
  }

  /** The core's interface to the window of a page. */
  hostWindow(window: BrowserWindow): HostWindow {
    return {
      id: String(window.id),
      openAnother: () => {
        this.open()
      },
      describe: (description) => {
        if (window.isDestroyed()) return
        const isFirst = !this.#descriptions.has(window.id)
        this.#logFirst()
        this.#descriptions.set(window.id, description)
        // A target that arrived during loading, after the page had asked for one.
        const target = isFirst ? this.#core.opening.takeTarget() : null
        if (target !== null)
          this.#core.events.publish({ type: 'open', windowId: String(window.id), target })
        if (this.#isMac) {
          window.setDocumentEdited(description.isEdited)
          window.setRepresentedFilename(description.folder ?? '')
        }
        this.#showMenu()
        // A page that changed its language was reloaded and describes itself again.
        this.followLanguage().catch((error: unknown) =>
          this.#core.ports.log.warn('language not loaded', { error: messageOf(error) }),
        )
      },
    }
  }

  /** Only once: the package check looks for this line. */
  #logFirst(): void {
    if (this.#isUp) return
    this.#isUp = true
    this.#core.ports.log.info('the first window is up')
  }

  /** The listener is called when native texts must be rebuilt in another language. */
  onLanguage(listener: () => void): void {
    this.#onLanguage.add(listener)
  }

  /** Applies the language of the settings to menus and dialogs. */
  async followLanguage(): Promise<void> {
    const { language } = this.#core.settings.read()
    if (language === this.#language) return
    await loadLanguage(language)
    this.#language = language
    this.#shownMenu = ''
    this.#showMenu()
    for (const listener of this.#onLanguage) listener()
  }

  /** True while a page has edits that are not on disk yet. */
  get isSaving(): boolean {
    return [...this.#descriptions.values()].some((description) => description.isSaving)
  }

  #front(): BrowserWindow | undefined {
    const all = Window.getAllWindows()
    return Window.getFocusedWindow() ?? all.find(({ id }) => id === this.#lastFocused) ?? all[0]
  }

  /** Shows the front window's actions; rebuilds the menu only if something changed. */
  #showMenu(): void {
    const front = this.#front()
    const { actions } = (front && this.#descriptions.get(front.id)) ?? { actions: [] }
    const shown = JSON.stringify([front?.id, actions, this.#recent])
    if (shown === this.#shownMenu) return
    this.#shownMenu = shown
    const template = menuTemplate(actions, {
      isMac: this.#isMac,
      recent: this.#recent,
      newWindow: () => this.open(),
      open: (target) => this.openTarget(target),
      run: (id, byKey) => {
        if (front)
          this.#core.events.publish({
            type: 'run-action',
            windowId: String(front.id),
            id,
            byKey,
          })
      },
    })
    Menu.setApplicationMenu(Menu.buildFromTemplate(template))
  }
}
