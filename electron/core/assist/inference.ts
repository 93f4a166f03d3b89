import { availableParallelism, totalmem } from 'node:os'
import type { HelperProcess, Log, StartProcess } from '#core/ports.ts'
import { ranOutOfMemory } from '#core/threads/memory-words.ts'
import { UserError } from '#core/user-error.ts'
import { workerFile } from '#core/worker-file.ts'
import type { SegmentShape } from '#shared/assist/segment-result.ts'
import type { Feed, Tensor } from '#shared/assist/tensor.ts'
import { messageOf } from '#shared/model/message-of.ts'
import type {
  ChildSetup,
  FromChild,
  LoadedFacts,
  ModelFacts,
  Order,
  Results,
  SegmentAsk,
  ToChild,
} from './orders.ts'

interface InferenceOptions {
  startProcess: StartProcess
  log: Log
  /** It gives way to everything else on the machine. */
  isBackground?: boolean
  /** Resident memory of the process, bytes. */
  memoryBytes?: number
  threads?: number
  runtime?: ChildSetup['runtime']
  /** How long an order may take unless it says otherwise, milliseconds. */
  timeLimitMs?: number
  /** The process ends when it had nothing to do for so long, milliseconds: models take memory. */
  idleMs?: number
  /** The process has ended by itself, in words for the person; what it was at is done again. */
  onRestart?: (words: string) => void
}

export interface RunOptions {
  /** Names of the outputs that come back; left out: all. */
  outputs?: readonly string[]
  /** Outputs that the process writes to a file itself, see `SavedFeed`. */
  save?: { file: string; outputs: readonly string[] }
  timeLimitMs?: number
  /** An order that has not begun is taken back. One that runs goes on, and its answer is dropped. */
  signal?: AbortSignal
}

interface Waiting {
  order: Order
  timeLimitMs: number
  signal: AbortSignal | null
  /** How often the process has ended in the middle of it. */
  losses: number
  resolve: (result: Results[Order['do']]) => void
  reject: (error: unknown) => void
}

/** A large model on a slow machine takes ten seconds. */
const TIME_LIMIT_MS = 60_000
const IDLE_MS = 300_000
/** More bring little for one image. */
const MOST_THREADS = 4
/** The rest is for the app, and for what else the person runs. */
const MEMORY_SHARE = 0.6
/** An order in whose middle the process ended so often is what ends it. */
const MOST_LOSSES = 2

/**
 * Models, run in a process of its own, one order at a time. The process begins with the first order. Whatever becomes
 * of it, no order is lost in silence: one whose process was ended by others is done again, one that takes too long or
 * too much memory is rejected with a UserError (`model_timeout`, `model_memory`, `model_crashed`), and the next begins
 * a new process.
 */
export class Inference implements AsyncDisposable {
  readonly #options: InferenceOptions
  readonly #setup: ChildSetup
  readonly #queue: Waiting[] = []
  #running: (Waiting & { id: number; timer: NodeJS.Timeout }) | null = null
  #child: HelperProcess | null = null
  #idle: NodeJS.Timeout | null = null
  #nextId = 1
  #ended: Error | null = null

  constructor(options: InferenceOptions) {
    this.#options = options
    this.#setup = {
      memoryBytes: options.memoryBytes ?? Math.floor(totalmem() * MEMORY_SHARE),
      threads: options.threads ?? Math.min(MOST_THREADS, availableParallelism()),
      isBackground: options.isBackground ?? false,
      runtime: options.runtime ?? 'best',
    }
  }

  /** What the file says of itself; nothing of it is run. */
  facts(file: string, options: Pick<RunOptions, 'signal'> = {}): Promise<ModelFacts> {
    return this.#do({ do: 'facts', file }, options)
  }

  /** Loads the model, which the first run would do too. Shapes that the file leaves out are worked out. */
  load(
    file: string,
    options: Pick<RunOptions, 'timeLimitMs' | 'signal'> = {},
  ): Promise<LoadedFacts> {
    return this.#do({ do: 'load', file }, options)
  }

  run(
    file: string,
    feeds: Record<string, Feed>,
    { outputs, save, ...options }: RunOptions = {},
  ): Promise<Record<string, Tensor>> {
    const wanted = { outputs: outputs ?? null, save: save ?? null }
    return this.#do({ do: 'run', file, feeds, wanted }, options)
  }

  /** Runs a decoder of promptable segmentation; what it finds comes as shapes in image pixels, best first. */
  segment(
    file: string,
    feeds: Record<string, Feed>,
    ask: SegmentAsk,
    options: Pick<RunOptions, 'timeLimitMs' | 'signal'> = {},
  ): Promise<SegmentShape[]> {
    return this.#do({ do: 'segment', file, feeds, ask }, options)
  }

  /** The file is about to be removed or replaced. */
  async release(file: string): Promise<void> {
    // Windows does not remove a file that is open; a process that is not there has none.
    if (this.#child) await this.#do({ do: 'release', file }, {})
  }

  /** Of the process, while there is one. */
  get pid(): number | null {
    return this.#child?.pid ?? null
  }

  get isBusy(): boolean {
    return this.#running !== null || this.#queue.length > 0
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended = new UserError('ended', 'The app is ending.')
    for (const waiting of this.#queue.splice(0)) waiting.reject(this.#ended)
    this.#finish()?.reject(this.#ended)
    if (this.#idle) clearTimeout(this.#idle)
    await this.#end()
  }

  #do<Kind extends Order['do']>(
    order: Extract<Order, { do: Kind }>,
    { timeLimitMs, signal }: Pick<RunOptions, 'timeLimitMs' | 'signal'>,
  ): Promise<Results[Kind]> {
    return new Promise<Results[Order['do']]>((resolve, reject) => {
      if (this.#ended) return reject(this.#ended)
      if (signal?.aborted) return reject(signal.reason)
      const waiting: Waiting = {
        order,
        timeLimitMs: timeLimitMs ?? this.#options.timeLimitMs ?? TIME_LIMIT_MS,
        signal: signal ?? null,
        losses: 0,
        resolve,
        reject,
      }
      const takeBack = () => {
        const place = this.#queue.indexOf(waiting)
        if (place !== -1) this.#queue.splice(place, 1)
        reject(signal?.reason)
      }
      signal?.addEventListener('abort', takeBack, { once: true })
      this.#queue.push(waiting)
      this.#next()
    }) as Promise<Results[Kind]>
  }

  #next(): void {
    if (this.#running || this.#ended) return
    const waiting = this.#queue.shift()
    if (!waiting) {
      this.#rest()
      return
    }
    if (this.#idle) clearTimeout(this.#idle)
    this.#idle = null
    try {
      this.#child ??= this.#start()
      const id = this.#nextId++
      const timer = setTimeout(() => this.#tooLong(), waiting.timeLimitMs)
      this.#running = { ...waiting, id, timer }
      this.#child.post({ id, order: waiting.order } satisfies ToChild)
    } catch (error) {
      this.#finish()
      waiting.reject(error)
      this.#next()
    }
  }

  #rest(): void {
    this.#idle = setTimeout(() => {
      this.#end().catch((error: unknown) =>
        this.#options.log.warn('the process of the models did not end', {
          error: messageOf(error),
        }),
      )
    }, this.#options.idleMs ?? IDLE_MS)
    this.#idle.unref()
  }

  #start(): HelperProcess {
    const file = workerFile('inference-worker', import.meta.dirname)
    const child = this.#options.startProcess(file, [JSON.stringify(this.#setup)])
    child.onMessage((message) => {
      if (this.#child === child) this.#hear(message as FromChild)
    })
    child.onExit(({ code, signal, words }) => this.#lose(child, code, signal, words))
    return child
  }

  #hear(message: FromChild): void {
    if (message.id !== this.#running?.id) return
    const done = this.#finish()
    if ('error' in message) done?.reject(new UserError(message.error.reason, message.error.message))
    else done?.resolve(message.result)
    this.#next()
  }

  /** The order that ran, which no longer does. */
  #finish(): Waiting | null {
    const done = this.#running
    if (done) clearTimeout(done.timer)
    this.#running = null
    return done
  }

  #tooLong(): void {
    const done = this.#finish()
    if (!done) return
    const seconds = Math.max(1, Math.round(done.timeLimitMs / 1000))
    this.#options.log.warn('a model did not answer', { file: done.order.file, seconds })
    done.reject(
      new UserError(
        'model_timeout',
        `${done.order.file} did not answer within ${seconds} s and was ended. Nothing of your work is lost. Try a smaller model.`,
      ),
    )
    this.#end().finally(() => this.#next())
  }

  /** The process has ended, not by us. */
  #lose(child: HelperProcess, code: number | null, signal: string | null, words: string): void {
    if (this.#child !== child) return
    this.#child = null
    const done = this.#finish()
    this.#options.log.warn('the process of the models ended', {
      file: done?.order.file ?? null,
      code,
      signal,
      words,
    })
    if (ranOutOfMemory(words)) done?.reject(this.#outOfMemory(done.order.file))
    else if (done && done.losses + 1 < MOST_LOSSES) {
      this.#queue.unshift({ ...done, losses: done.losses + 1 })
      this.#options.onRestart?.(
        'The process that runs models was ended and has begun anew. Nothing is lost; what it was at is done again.',
      )
    } else
      done?.reject(
        new UserError(
          'model_crashed',
          `The process that runs models ended twice while it was at ${done.order.file}. Nothing of your work is lost. Try another model.`,
        ),
      )
    this.#next()
  }

  #outOfMemory(file: string): UserError {
    const megabytes = Math.round(this.#setup.memoryBytes / 1e6)
    return new UserError(
      'model_memory',
      `${file} took more than ${megabytes} MB of memory and was ended. Nothing of your work is lost. Try a smaller model.`,
    )
  }

  async #end(): Promise<void> {
    const child = this.#child
    this.#child = null
    await child?.kill()
  }
}
