import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import {
  _electron,
  type Browser,
  test as base,
  expect,
  type Page,
  type ViewportSize,
} from '@playwright/test'
import Database from 'better-sqlite3'
import { DATABASE_FILE } from '#core/cache/database.ts'
import { type Emulator, startEmulator } from '#emulator/server.ts'
import type { Settings } from '#shared/contract/settings.ts'
import type { Annotation } from '#shared/model/annotation.ts'
import { temporaryFolder } from '#tests/helpers/core.ts'
import { Canvas } from './canvas-driver.ts'

const ROOT = join(import.meta.dirname, '../..')
const inElectron = process.env.PICTOGRAPH_E2E === 'electron'
/** Screenshots go to the documentation on request, else beside the test results. */
const SCREENSHOTS = join(
  ROOT,
  process.env.PICTOGRAPH_SCREENSHOTS ? 'docs/screenshots' : 'test-results/screenshots',
)

interface Running {
  page: Page
  /** Ends the core: properly, or like a power cut. */
  stop(how: 'quit' | 'kill'): Promise<void>
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
}

/** Ends a child and all that it started at once. */
function cutPower(child: ChildProcess): void {
  if (process.platform === 'win32' || child.pid === undefined) child.kill('SIGKILL')
  else process.kill(-child.pid, 'SIGKILL')
}

/**
 * The core in plain Node. Port 0 asks the system for a free one; passing it again lets an open page find the core
 * after a restart.
 */
async function serveNode(dataDir: string, port: number, folder: string | null) {
  const args = [
    join(ROOT, 'bin/pictograph-desktop.mjs'),
    '--serve',
    '--port',
    String(port),
    '--data',
    dataDir,
  ]
  const child = spawn(process.execPath, folder === null ? args : [...args, folder], {
    stdio: ['ignore', 'pipe', 'pipe'],
    // A group of its own, so that a power cut ends the engine together with its supervisor.
    detached: process.platform !== 'win32',
  })
  let output = ''
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text
      const url = /Serving on (\S+)/.exec(output)?.[1]
      if (url) resolve(url)
    })
  }
  child.on('exit', () => reject(new Error(`The app did not start: ${output}`)))
  const newAddress = () => /A new address, for one use: (\S+)/.exec(output)?.[1] ?? ''
  return { child, url: await promise, newAddress }
}

/** One app with a separate data folder. */
export class App {
  readonly dataDir: string
  readonly #browser: Browser
  readonly #viewport: ViewportSize
  #port = 0
  #running: Running | null = null

  constructor(dataDir: string, browser: Browser, viewport: ViewportSize) {
    this.dataDir = dataDir
    this.#browser = browser
    this.#viewport = viewport
  }

  get page(): Page {
    if (!this.#running) throw new Error('The app is not running')
    return this.#running.page
  }

  get canvas(): Canvas {
    return new Canvas(this.page)
  }

  /** Starts the app, on a folder if given. */
  async start(
    folder: string | null = null,
    colorScheme: 'light' | 'dark' = 'light',
  ): Promise<Page> {
    this.#running = inElectron
      ? await this.#startElectron(folder)
      : await this.#startNode(folder, colorScheme)
    if (inElectron) await this.page.emulateMedia({ colorScheme })
    // Keys pressed before the page listens are lost.
    await this.page.locator('#root > :not([aria-busy])').first().waitFor({ state: 'attached' })
    return this.page
  }

  /**
   * Types a path in the folder picker. First wait until the picker shows its own folder, because it would overwrite
   * typed text.
   */
  async typePath(path: string): Promise<void> {
    const field = this.page.getByLabel('Path')
    await expect(field).not.toHaveValue('')
    await field.fill(path)
  }

  /** Ends everything, properly or like a power cut, and starts again. */
  async restart(how: 'quit' | 'kill' = 'quit', folder: string | null = null): Promise<Page> {
    await this.stop(how)
    return this.start(folder)
  }

  async stop(how: 'quit' | 'kill' = 'quit'): Promise<void> {
    await this.#running?.stop(how)
    this.#running = null
  }

  /** Kills the core under an open page and restarts it; only if the two are separate. */
  async killEngine(): Promise<{ revive: () => Promise<void> }> {
    if (!this.#engine) throw new Error('The engine is not a process of its own here')
    cutPower(this.#engine)
    await ended(this.#engine)
    return {
      revive: async () => {
        this.#engine = (await serveNode(this.dataDir, this.#port, null)).child
      },
    }
  }

  /** The database's annotations of an image, by its path in the folder. */
  stored(path: string): Annotation[] {
    return this.#read((db) =>
      db
        .prepare<[string], { data: string }>(
          `SELECT data FROM annotation JOIN image ON image.id = image_id WHERE path = ? ORDER BY position`,
        )
        .all(path)
        .map(({ data }) => JSON.parse(data) as Annotation),
    )
  }

  /** The database's annotations of all images, by image id. */
  allStored(): Record<string, Annotation[]> {
    return this.#read((db) => {
      const stored: Record<string, Annotation[]> = {}
      for (const { image, data } of db
        .prepare<[], { image: string; data: string }>(
          'SELECT image_id AS image, data FROM annotation ORDER BY image_id, position',
        )
        .iterate()) {
        stored[image] ??= []
        stored[image].push(JSON.parse(data))
      }
      return stored
    })
  }

  /** Number of images that were ever edited. */
  editedImages(): number {
    return this.#read(
      (db) =>
        db.prepare<[], { n: number }>('SELECT count(DISTINCT image_id) AS n FROM edit_log').get()
          ?.n ?? 0,
    )
  }

  #read<T>(look: (db: Database.Database) => T): T {
    const db = new Database(join(this.dataDir, DATABASE_FILE), { readonly: true })
    try {
      return look(db)
    } finally {
      db.close()
    }
  }

  /** The stored drafts of an image. */
  draftsOf(path: string): string {
    return this.#read(
      (db) =>
        db
          .prepare<[string], { drafts: string | null }>(
            'SELECT drafts FROM image_state JOIN image ON image.id = image_id WHERE path = ?',
          )
          .get(path)?.drafts ?? '',
    )
  }

  /** The settings as they are saved. */
  savedSettings(): Partial<Settings> {
    return this.#read((db) =>
      JSON.parse(
        db.prepare<[], { value: string }>(`SELECT value FROM setting WHERE key = 'settings'`).get()
          ?.value ?? '{}',
      ),
    )
  }

  /** Number of edits that were ever made. */
  editCount(): number {
    return this.#read(
      (db) => db.prepare<[], { n: number }>('SELECT count(*) AS n FROM edit_log').get()?.n ?? 0,
    )
  }

  async screenshot(name: string): Promise<void> {
    mkdirSync(SCREENSHOTS, { recursive: true })
    await this.page.screenshot({ path: join(SCREENSHOTS, `${name}.png`), animations: 'disabled' })
  }

  #engine: ChildProcess | null = null

  /** The terminal's output after the first address was used; empty: nothing yet. */
  newAddress = () => ''

  async #startNode(folder: string | null, colorScheme: 'light' | 'dark'): Promise<Running> {
    const { child, url, newAddress } = await serveNode(this.dataDir, this.#port, folder)
    this.newAddress = newAddress
    this.#port = Number(new URL(url).port)
    this.#engine = child
    const context = await this.#browser.newContext({ viewport: this.#viewport, colorScheme })
    const page = await context.newPage()
    await page.goto(url)
    return {
      page,
      stop: async (how) => {
        if (how === 'kill' && this.#engine) cutPower(this.#engine)
        else this.#engine?.kill('SIGTERM')
        if (this.#engine) await ended(this.#engine)
        await context.close()
      },
    }
  }

  async #startElectron(folder: string | null): Promise<Running> {
    const electron = await _electron.launch({
      // Named explicitly, so that the killed process is Electron's own: on Windows it would be a shell.
      executablePath: createRequire(import.meta.url)('electron'),
      // On Linux Playwright disables the sandbox by default.
      chromiumSandbox: process.env.PICTOGRAPH_E2E_SANDBOX === '1',
      args: folder === null ? [ROOT] : [ROOT, folder],
      env: { ...process.env, PICTOGRAPH_DATA_DIR: this.dataDir },
    })
    const page = await electron.firstWindow()
    await page.setViewportSize(this.#viewport)
    return {
      page,
      stop: async (how) => {
        const child = electron.process()
        if (how === 'kill') child.kill('SIGKILL')
        else await electron.close()
        await ended(child)
      },
    }
  }
}

export const test = base.extend<{
  app: App
  /** Another person's app on another machine. */
  otherApp: App
  folder: string
  /** A local Pictograph service with its seed. */
  service: Emulator
}>({
  // Depends on the folder, so that the app has ended before its folder is deleted.
  app: async ({ browser, viewport, folder: _folder }, use) => {
    using data = temporaryFolder()
    const app = new App(data.path, browser, viewport ?? { width: 1280, height: 720 })
    await use(app)
    await app.stop()
  },
  otherApp: async ({ browser, viewport }, use) => {
    using data = temporaryFolder()
    const app = new App(data.path, browser, viewport ?? { width: 1280, height: 720 })
    await use(app)
    await app.stop()
  },
  // biome-ignore lint/correctness/noEmptyPattern: Playwright asks for a pattern
  service: async ({}, use) => {
    using data = temporaryFolder()
    await using emulator = await startEmulator({ dataDir: data.path, seeded: true })
    await use(emulator)
  },
  // biome-ignore lint/correctness/noEmptyPattern: Playwright asks for a pattern
  folder: async ({}, use) => {
    using folder = temporaryFolder()
    await use(folder.path)
  },
})

/** Specs that kill the core under an open page. */
export const engineIsSeparate = !inElectron

export { expect } from '@playwright/test'
