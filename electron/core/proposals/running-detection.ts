import type { DetectJobRepository, StoredDetectJob } from '#core/cache/detect-job-repository.ts'
import type { ImageRepository } from '#core/cache/image-repository.ts'
import type { Log } from '#core/ports.ts'
import { toUserError, UserError } from '#core/user-error.ts'
import { messageOf } from '#shared/model/message-of.ts'
import { type DetectDeps, detectImage, type ModelFile } from './detect-image.ts'
import type { Proposals } from './proposals.ts'

export interface ImageSource {
  /** Before an image is looked at: what is known of it has been read. Throws a UserError. */
  prepare: (imageId: string) => Promise<void>
  /** An image's file on this disk, fetched where it must be. Throws a UserError. */
  fileOf: (imageId: string) => Promise<string>
}

interface Deps extends DetectDeps, ImageSource {
  store: { images: ImageRepository }
  jobs: DetectJobRepository
  proposals: Proposals
  log: Log
}

/** While the model looks at one image the next is decoded. */
const AT_ONCE = 2
/** Images taken from the list at a time. */
const PAGE = 50
/** The windows hear of the progress at most so often, milliseconds. */
const TELL_EVERY_MS = 250
/** Faults of the model, the network or the disk, which every other image would meet too. */
const OF_ALL = /^(model_|no_detector|ended|offline|unauthorized|disk_full|read_only)/
/** So many of them in a row end the job, which can be gone on with later. */
const MOST_IN_A_ROW = 3

/** One job at work. Rejects by `ended` with what makes going on pointless. */
export class RunningDetection {
  readonly jobId: string
  readonly ended: Promise<void>
  readonly #deps: Deps
  readonly #model: ModelFile
  readonly #origin: { model: string; version: string }
  readonly #stop = new AbortController()
  readonly #queue: { seq: number; imageId: string }[] = []
  readonly #taken = new Set<number>()
  readonly #onProgress: () => void
  #lastTold = 0
  #inARow = 0

  constructor(deps: Deps, job: StoredDetectJob, model: ModelFile, onProgress: () => void) {
    this.#deps = deps
    this.jobId = job.id
    this.#model = model
    this.#origin = { model: job.model, version: job.version }
    this.#onProgress = onProgress
    this.ended = this.#work()
  }

  stop(): void {
    this.#stop.abort(new UserError('ended', 'Stopped.'))
  }

  async #work(): Promise<void> {
    const workers = Array.from({ length: AT_ONCE }, async () => {
      for (let next = this.#take(); next; next = this.#take()) await this.#look(next)
    })
    const ends = await Promise.allSettled(workers)
    for (const end of ends) if (end.status === 'rejected') throw end.reason
  }

  #take(): { seq: number; imageId: string } | null {
    if (this.#stop.signal.aborted) return null
    if (this.#queue.length === 0) {
      const page = this.#deps.jobs.waiting(this.jobId, PAGE + AT_ONCE)
      this.#queue.push(...page.filter(({ seq }) => !this.#taken.has(seq)))
    }
    const next = this.#queue.shift() ?? null
    if (next) this.#taken.add(next.seq)
    return next
  }

  async #look({ seq, imageId }: { seq: number; imageId: string }): Promise<void> {
    const { jobs, proposals } = this.#deps
    try {
      const found = await this.#detect(imageId)
      if (this.#stop.signal.aborted) return
      proposals.save(imageId, this.#origin, found, () => jobs.finish(this.jobId, seq, found.length))
      this.#inARow = 0
    } catch (error) {
      if (this.#stop.signal.aborted) return
      this.#fail(seq, error)
    } finally {
      this.#taken.delete(seq)
    }
    this.#tellSometimes()
  }

  async #detect(imageId: string) {
    const { prepare, fileOf, store } = this.#deps
    await prepare(imageId)
    const { width, height, problem } = store.images.get(imageId)
    if (!width || !height) throw new UserError('picture', problem ?? 'The image cannot be read.')
    const file = await fileOf(imageId)
    return detectImage(
      this.#deps,
      this.#model,
      { file, size: { width, height } },
      this.#stop.signal,
    )
  }

  /** The image is marked, and the others go on, unless they would fail in the same way. */
  #fail(seq: number, error: unknown): void {
    const { reason, message } = toUserError(error)
    this.#deps.jobs.fail(this.jobId, seq, message)
    if (!OF_ALL.test(reason)) {
      this.#inARow = 0
      return
    }
    if (++this.#inARow < MOST_IN_A_ROW) return
    this.#deps.log.warn('detection gives up', { job: this.jobId, error: messageOf(error) })
    this.stop()
    throw error
  }

  #tellSometimes(): void {
    const now = Date.now()
    if (now - this.#lastTold < TELL_EVERY_MS) return
    this.#lastTold = now
    this.#onProgress()
  }
}
