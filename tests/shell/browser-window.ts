/** `BrowserWindow` and `webContents` of a fake Electron, each on a page of a real Chromium. */
import { EventEmitter } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { isAbsolute } from 'node:path'
import {
  type BrowserContext,
  chromium,
  type Page,
  type Request as PageRequest,
  type Route,
} from 'playwright'
import { app, preventable } from './app.ts'
import { ipcMain, protocolHandlers } from './electron.ts'
import { type FromPage, PagePorts, pageSide } from './message-ports.ts'
import { calls, machine } from './state.ts'

/** Chromium does not know our scheme, so the page has this origin instead. It is a secure one like ours. */
const PAGE_ORIGIN = 'http://pictograph.localhost'
const APP_ORIGIN = 'app://pictograph'

const toApp = (url: string) => url.replace(PAGE_ORIGIN, APP_ORIGIN)
const toPage = (url: string) => url.replace(APP_ORIGIN, PAGE_ORIGIN)

let context: Promise<BrowserContext> | null = null

/** The window of a request; null: a page that one of them opened. */
function windowOf(request: PageRequest): BrowserWindow | null {
  try {
    const page = request.frame().page()
    return windows.find((window) => window.page === page) ?? null
  } catch {
    // The first request of a new page has no frame yet.
    return null
  }
}

/** Our own pages come from the app's handler. For other navigations the app is asked first. */
async function answer(route: Route): Promise<void> {
  const request = route.request()
  const url = toApp(request.url())
  if (request.isNavigationRequest() && !url.startsWith(`${APP_ORIGIN}/`)) {
    const window = windowOf(request)
    if (window === null) {
      windows[0]?.webContents.opens({ url })
      return route.abort()
    }
    const asked = preventable({ url })
    window.webContents.emit('will-navigate', asked.event)
    calls.push(`${asked.isPrevented ? 'refused' : 'followed'} ${url}`)
    // "No content" leaves the page where it is, like a prevented navigation.
    return route.fulfill({ status: 204 })
  }
  const handler = protocolHandlers.get(new URL(url).protocol.slice(0, -1))
  if (!handler) return route.abort()
  const body = request.postDataBuffer()
  const response = await handler(
    new Request(url, {
      method: request.method(),
      headers: await request.allHeaders(),
      ...(body !== null && { body: new Uint8Array(body), duplex: 'half' }),
    } as RequestInit),
  )
  const bytes = Buffer.from(await response.arrayBuffer())
  await route.fulfill({
    status: response.status,
    headers: Object.fromEntries(response.headers),
    // The page's scheme decides how it reaches the core.
    body: url.endsWith('.js')
      ? Buffer.from(bytes.toString().replaceAll(/(["'`])app:\1/g, '$1http:$1'))
      : bytes,
  })
}

async function newPage(): Promise<Page> {
  context ??= chromium
    .launch({
      executablePath: process.env.PICTOGRAPH_BROWSER,
      args: ['--no-sandbox', '--disable-background-networking'],
    })
    .then((browser) => browser.newContext({ viewport: { width: 1280, height: 720 } }))
    .then(async (made) => {
      await made.route('**/*', (route) => answer(route))
      return made
    })
  return (await context).newPage()
}

let windows: BrowserWindow[] = []
let focused: BrowserWindow | null = null
let nextId = 1
app.windows = () => windows

interface Options {
  name?: string
  show?: boolean
  width?: number
  height?: number
  webPreferences: { preload: string; sandbox: boolean; contextIsolation: boolean }
}

class WebContents extends EventEmitter {
  readonly #window: BrowserWindow
  zoomLevel = 0
  #openHandler: (details: { url: string }) => { action: string } = () => ({ action: 'allow' })

  constructor(window: BrowserWindow) {
    super()
    this.#window = window
  }

  setWindowOpenHandler(handler: WebContents['opens']): void {
    this.#openHandler = handler
  }

  opens = (details: { url: string }) => this.#openHandler(details)

  reload(): void {
    this.#window.load(() => this.#window.page.reload()).catch(() => {})
  }

  forcefullyCrashRenderer(): void {
    this.#window.page.goto('chrome://crash').catch(() => {})
  }
}

export class BrowserWindow extends EventEmitter {
  readonly id = nextId++
  readonly webContents = new WebContents(this)
  readonly options: Options
  page!: Page
  isShown = false
  #isDestroyed = false
  #ports: PagePorts | null = null
  readonly #made: Promise<void>

  constructor(options: Options) {
    super()
    app.mustBe(true, 'new BrowserWindow')
    const { preload, sandbox, contextIsolation } = options.webPreferences
    if (!isAbsolute(preload) || !existsSync(preload)) throw new Error(`No preload at ${preload}`)
    if (!sandbox || !contextIsolation) throw new Error('The page is neither sandboxed nor isolated')
    if (options.name && windows.some((other) => other.options.name === options.name))
      throw new Error(`A window named ${options.name} is already there`)
    this.options = options
    windows.push(this)
    app.emit('web-contents-created', {}, this.webContents)
    this.#made = this.#make(readFileSync(preload, 'utf8'))
  }

  static getAllWindows = () => [...windows]
  static getFocusedWindow = () => focused
  static fromId = (id: number) => windows.find((window) => window.id === id) ?? null
  static fromWebContents = (contents: unknown) =>
    windows.find(({ webContents }) => webContents === contents) ?? null

  async #make(preload: string): Promise<void> {
    const page = await newPage()
    this.page = page
    this.#ports = new PagePorts(page)
    await page.exposeFunction('shellToMain', (message: FromPage) => this.#fromPage(message))
    await page.addInitScript(pageSide)
    // A sandboxed preload may require only `electron`.
    await page.addInitScript(
      `{ const require = (name) => { if (name !== 'electron') throw new Error('module not found: ' + name); return globalThis.shellElectron };
         const module = { exports: {} }; const exports = module.exports;
         if (location.origin === ${JSON.stringify(PAGE_ORIGIN)}) { ${preload} } }`,
    )
    page.on('crash', () => {
      calls.push('render-process-gone')
      this.webContents.emit('render-process-gone', {}, { reason: 'crashed', exitCode: 5 })
    })
    page.on('popup', async (popup) => {
      await popup.close()
    })
    page.on('close', () => this.#gone())
  }

  #fromPage(message: FromPage): void {
    if (message.kind === 'document') {
      this.#ports?.closeAll()
      return
    }
    if (message.kind === 'port') {
      this.#ports?.receive(message.id, message.wire)
      return
    }
    const ports = message.ids.map((id) => this.#ports?.open(id))
    ipcMain.emit(message.channel, {
      ports,
      sender: this.webContents,
      senderFrame: { url: toApp(this.page.url()), parent: null },
    })
  }

  async load(begin: () => Promise<unknown>): Promise<void> {
    await this.#made
    this.webContents.emit('did-start-loading')
    await begin()
    if (machine.tellsPainting) this.emit('ready-to-show')
    if (machine.tellsLoading) this.webContents.emit('did-finish-load')
  }

  loadURL(url: string): Promise<void> {
    return this.load(() => this.page.goto(toPage(url)))
  }

  show(): void {
    calls.push(`show ${this.id}`)
    this.isShown = true
    this.focus()
  }

  focus(): void {
    focused = this
    this.emit('focus')
  }

  isMinimized = () => false
  isMaximized = () => false
  isDestroyed = () => this.#isDestroyed
  restore = () => {}
  maximize = () => {}
  setProgressBar = () => {}
  setDocumentEdited = () => {}
  setRepresentedFilename = () => {}
  getNormalBounds = () => ({ x: 0, y: 0, width: 1280, height: 720 })

  /** Closes like a user; the page may prevent it. Returns whether the window has closed. */
  async close(): Promise<boolean> {
    await this.#made
    const isHeldBack = await this.page
      .evaluate(() => {
        const event = new Event('beforeunload', { cancelable: true })
        globalThis.dispatchEvent(event)
        return event.defaultPrevented
      })
      // A crashed page cannot prevent anything.
      .catch(() => false)
    if (isHeldBack) {
      const asked = preventable({})
      this.webContents.emit('will-prevent-unload', asked.event)
      if (!asked.isPrevented) return false
    }
    this.emit('close', preventable({}).event)
    this.destroy()
    return true
  }

  destroy(): void {
    if (this.#isDestroyed) return
    this.#gone()
    this.page?.close().catch(() => {})
  }

  #gone(): void {
    if (this.#isDestroyed) return
    this.#isDestroyed = true
    this.#ports?.closeAll()
    windows = windows.filter((window) => window !== this)
    if (focused === this) focused = windows.at(-1) ?? null
    this.emit('closed')
    if (windows.length === 0) app.allClosed()
  }
}
