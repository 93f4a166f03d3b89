/** The test's side of a main process in another process, see run-main.ts. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { Page } from 'playwright'

type Inside = {
  electron: typeof import('./electron.ts')
  state: typeof import('./state.ts')
  /** The open windows, oldest first. */
  pages: Page[]
}

interface Ended {
  code: number
  calls: string[]
  relaunches: { args: string[] }[]
}

type Message = {
  id?: number
  result?: unknown
  error?: string
  begun?: true
  ended?: Ended
  errorBox?: unknown
}

export class Shell {
  readonly child: ChildProcess
  readonly ended: Promise<Ended | null>
  output = ''
  #next = 0
  readonly #waiting = new Map<number, PromiseWithResolvers<unknown>>()

  constructor(dataDir: string, args: readonly string[], env: Readonly<Record<string, string>>) {
    this.child = spawn(
      process.execPath,
      [join(import.meta.dirname, 'run-main.ts'), ...args, '--data', dataDir],
      {
        stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
        env: { ...process.env, HOME: dataDir, ...env },
      },
    )
    for (const stream of [this.child.stdout, this.child.stderr])
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.output += text
      })
    let told: Ended | null = null
    this.child.on('message', (message: Message) => {
      if (message.ended) told = message.ended
      if (message.id === undefined) return
      const waiting = this.#waiting.get(message.id)
      if (message.error !== undefined) waiting?.reject(new Error(message.error))
      else waiting?.resolve(message.result)
    })
    this.ended = once(this.child, 'exit').then(() => {
      for (const { reject } of this.#waiting.values())
        reject(new Error(`The app ended: ${this.output}`))
      return told
    })
  }

  /** Runs a function in the app's process. It may use only its arguments; these and its result must be plain data. */
  run<T, Given = undefined>(
    work: (inside: Inside, given: Given) => T | Promise<T>,
    given?: Given,
  ): Promise<T> {
    const id = this.#next++
    const waiting = Promise.withResolvers<unknown>()
    this.#waiting.set(id, waiting)
    this.child.send({ id, source: work.toString(), given })
    return waiting.promise as Promise<T>
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) this.child.kill('SIGKILL')
    await this.ended
  }
}
