import { setImmediate } from 'node:timers/promises'
import type { readLabelFile } from '#core/formats/label-file-codec.ts'
import type { HelperProcess, StartProcess } from '#core/ports.ts'
import { fromWireError } from '#core/threads/wire-error.ts'
import { UserError } from '#core/user-error.ts'
import { workerFile } from '#core/worker-file.ts'
import type { FoundLabels } from '#shared/contract/formats.ts'
import type { Annotation } from '#shared/model/annotation.ts'
import type { LabelFileFormat } from '#shared/model/dataset.ts'
import { LABEL_LIMITS, type LabelLimits } from './label-limits.ts'
import type {
  LabelAnswer,
  LabelBatch,
  LabelNote,
  LabelOrder,
  LabelPath,
  OpenedLabels,
  PathGroup,
  PlacedImage,
  Wanted,
} from './label-orders.ts'
import { ReadingWatch } from './reading-watch.ts'

/** Images that are told in one message. */
const TOLD_IMAGES = 2_000

/**
 * A process in which label files are read. Others made them: what takes too long or too much memory ends the process, and
 * nothing else. Orders are given one after another; `signal` ends it, too.
 */
export class LabelProcess implements AsyncDisposable {
  readonly #child: HelperProcess
  readonly #watch: ReadingWatch
  readonly #signal: AbortSignal | undefined
  #waiting: PromiseWithResolvers<LabelAnswer> | null = null
  #failure: Error | null = null

  constructor(startProcess: StartProcess, signal?: AbortSignal, limits: Partial<LabelLimits> = {}) {
    const all = { ...LABEL_LIMITS, ...limits }
    const file = workerFile('label-reader', import.meta.dirname)
    this.#child = startProcess(file, [String(all.memoryBytes)])
    this.#watch = new ReadingWatch(all, {
      isBusy: () => this.#waiting !== null,
      end: () => this.#end(this.#watch.failure('')),
    })
    this.#child.onMessage((message) => this.#hear(message as LabelAnswer | LabelNote))
    this.#child.onExit(({ words }) => this.#fail(this.#watch.failure(words)))
    this.#signal = signal
    signal?.addEventListener('abort', this.#onAbort, { once: true })
    if (signal?.aborted) this.#onAbort()
  }

  readonly #onAbort = () => this.#end(this.#signal?.reason as Error)

  /** `signal` no longer ends it. */
  detach(): void {
    this.#signal?.removeEventListener('abort', this.#onAbort)
  }

  /** Images at hand, told before `open`; those that were told before are forgotten. */
  async know(images: readonly PlacedImage[]): Promise<void> {
    for (let from = 0; from === 0 || from < images.length; from += TOLD_IMAGES) {
      const some = images.slice(from, from + TOLD_IMAGES)
      await this.#ask({ do: 'know', images: some, isFirst: from === 0 })
      await setImmediate()
    }
  }

  /** Opens label files and finds their images. Throws a UserError when there is nothing to read. */
  async open(wanted: Wanted): Promise<OpenedLabels> {
    const answer = await this.#ask({ do: 'open', wanted })
    if ('opened' in answer) return answer.opened
    throw new Error('The process that reads labels gave another answer')
  }

  /** Counts the label files below a path by format; the images at hand are told before. */
  async count(path: string): Promise<FoundLabels> {
    const answer = await this.#ask({ do: 'count', path })
    if ('found' in answer) return answer.found
    throw new Error('The process that reads labels gave another answer')
  }

  /** Sorts label files by format and place, see transfer/label-groups.ts. */
  async group(
    files: readonly LabelPath[],
    images: readonly string[],
  ): Promise<{ groups: PathGroup[]; none: string[] }> {
    const answer = await this.#ask({ do: 'group', files, images })
    if ('groups' in answer) return answer.groups
    throw new Error('The process that reads labels gave another answer')
  }

  /** The annotations of a label file in step. Throws what `readLabelFile` throws, as words. */
  async labelFile(
    ...[format, path, content, image, classes]: Parameters<typeof readLabelFile>
  ): Promise<Annotation[]> {
    const order = { format, path, content, image, classes }
    const answer = await this.#ask({ do: 'label-file', ...order })
    if ('annotations' in answer) return answer.annotations
    throw new Error('The process that reads labels gave another answer')
  }

  /** The image that a label file says it belongs to. */
  async named(format: LabelFileFormat, content: string): Promise<string | null> {
    const answer = await this.#ask({ do: 'named', format, content })
    if ('named' in answer) return answer.named
    throw new Error('The process that reads labels gave another answer')
  }

  /** The labels of images, by their numbers in what `open` told; the process is one batch ahead. */
  async *read(numbers: readonly number[]): AsyncGenerator<LabelBatch> {
    let next = this.#ask({ do: 'begin', numbers })
    for (;;) {
      const answer = await next
      if (!('batch' in answer)) throw new Error('The process that reads labels gave another answer')
      const { batch } = answer
      if (!batch.end) {
        next = this.#ask({ do: 'next' })
        // Whoever stops listening is not to leave a rejection behind.
        next.catch(() => {})
      }
      yield batch
      if (batch.end) return
    }
  }

  /** It was ended, and answers nothing more. */
  get isOver(): boolean {
    return this.#failure !== null
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.detach()
    this.#fail(new Error('The process that reads labels was ended'))
    await this.#child.kill()
  }

  async #ask(order: LabelOrder): Promise<LabelAnswer> {
    // One at a time: a batch that is under way is taken first.
    while (this.#waiting) await this.#waiting.promise.catch(() => {})
    if (this.#failure) throw this.#failure
    const waiting = Promise.withResolvers<LabelAnswer>()
    this.#waiting = waiting
    this.#watch.begin()
    this.#child.post(order)
    const answer = await waiting.promise
    if (!('error' in answer)) return answer
    const { reason, ...error } = answer.error
    throw reason ? new UserError(reason, error.message) : fromWireError(error)
  }

  #hear(message: LabelAnswer | LabelNote): void {
    if ('at' in message) {
      this.#watch.hear(message)
      return
    }
    this.#watch.step()
    const waiting = this.#waiting
    this.#waiting = null
    waiting?.resolve(message)
  }

  #end(reason: Error): void {
    this.#fail(reason)
    this.#child.kill().catch(() => {})
  }

  #fail(error: Error): void {
    this.#failure ??= error
    this.#watch[Symbol.dispose]()
    const waiting = this.#waiting
    this.#waiting = null
    waiting?.reject(this.#failure)
  }
}
