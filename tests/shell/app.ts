/** `app` of a fake Electron: its life cycle, one instance per library, as documented. */
import { EventEmitter } from 'node:events'
import { mkdirSync, readdirSync, readFileSync, rmSync, watch, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { calls, relaunches } from './state.ts'

const ROOT = join(import.meta.dirname, '../..')

/** An event that a listener may prevent. */
export function preventable<Fields extends object>(fields: Fields) {
  let isPrevented = false
  return {
    event: {
      ...fields,
      preventDefault: () => {
        isPrevented = true
      },
    },
    get isPrevented() {
      return isPrevented
    },
  }
}

interface Closable {
  close(): Promise<boolean>
}

class App extends EventEmitter {
  readonly isPackaged = false
  readonly commandLine = { hasSwitch: () => false, appendSwitch: () => {} }
  readonly dock = undefined
  readonly #ready = Promise.withResolvers<void>()
  #isReady = false
  #isQuitting = false
  #userData = ''
  /** Set by the module of windows. */
  windows: () => readonly Closable[] = () => []

  /** After the entry module has loaded: the last moment for early calls. */
  begin(): void {
    this.#isReady = true
    calls.push('ready')
    this.emit('ready')
    this.#ready.resolve()
  }

  isReady = () => this.#isReady
  whenReady = () => this.#ready.promise
  getVersion = () => '0.0.0'
  getAppPath = () => ROOT
  getName = () => 'pictograph-desktop'
  getPath = (name: string) => (name === 'userData' ? this.#userData : (process.env.HOME ?? '/'))
  setAppUserModelId = () => {}
  setAsDefaultProtocolClient = () => true
  setJumpList = () => 'ok'

  /** Throws, as Electron does, if a call comes too late or too early. */
  mustBe(isReady: boolean, what: string): void {
    calls.push(what)
    if (this.#isReady !== isReady)
      throw new Error(`${what} must be called ${isReady ? 'after' : 'before'} the app is ready`)
  }

  enableSandbox(): void {
    this.mustBe(false, 'app.enableSandbox')
  }

  setPath(name: string, path: string): void {
    if (name === 'userData') this.#userData = path
  }

  requestSingleInstanceLock(data: unknown): boolean {
    const lock = join(this.#userData, 'instance')
    const handedOver = join(this.#userData, 'handed-over')
    mkdirSync(handedOver, { recursive: true })
    try {
      writeFileSync(lock, String(process.pid), { flag: 'wx' })
    } catch {
      writeFileSync(join(handedOver, `${process.pid}.json`), JSON.stringify(data))
      return false
    }
    process.on('exit', () => rmSync(lock, { force: true }))
    const take = () => {
      for (const name of readdirSync(handedOver)) {
        const file = join(handedOver, name)
        try {
          const given = JSON.parse(readFileSync(file, 'utf8'))
          rmSync(file)
          this.emit('second-instance', {}, [], '/', given)
        } catch {
          // It is still being written; a further change is reported afterwards.
        }
      }
    }
    // Another start is reported after `ready`, not before.
    this.#ready.promise.then(() => setImmediate(take))
    watch(handedOver, () => {
      if (this.#isReady) take()
    })
    return true
  }

  relaunch(options: unknown): void {
    relaunches.push(options)
  }

  /** `before-quit`, then each window, then `will-quit` and the end; each can be prevented. */
  quit(): void {
    this.#quit().catch((error: unknown) => {
      throw error
    })
  }

  async #quit(): Promise<void> {
    const before = preventable({})
    this.emit('before-quit', before.event)
    if (before.isPrevented) return
    this.#isQuitting = true
    for (const window of [...this.windows()])
      if (!(await window.close())) {
        this.#isQuitting = false
        return
      }
    this.#end()
  }

  #end(): void {
    const will = preventable({})
    this.emit('will-quit', will.event)
    if (!will.isPrevented) this.exit(0)
  }

  /** The last window has closed. While the app quits, `window-all-closed` is not emitted. */
  allClosed(): void {
    if (this.#isQuitting) return
    calls.push('window-all-closed')
    if (this.listenerCount('window-all-closed') === 0) this.quit()
    else this.emit('window-all-closed')
  }

  exit(code = 0): void {
    calls.push(`exit ${code}`)
    process.send?.({ ended: { code, calls, relaunches } }, () => process.exit(code))
  }
}

export const app = new App()
