import type { CachedFileRepository, KeptProgress } from '#core/cache/cached-file-repository.ts'
import type { DatasetRepository } from '#core/cache/dataset-repository.ts'
import type { EventBus } from '#core/event-bus.ts'
import { isGeneral, toServiceError } from '#core/service-error.ts'
import { UserError } from '#core/user-error.ts'
import type { OfflineState } from '#shared/contract/events.ts'
import type { ImageCache } from './image-cache.ts'
import type { LabelSync } from './label-sync.ts'

/** Images fetched at a time. */
const PARALLEL = 6
const BATCH = 60
const SCARCE =
  'Most of the plan’s requests for this hour are used up: the rest is kept for what has to be sent. Go on later.'

interface Deps {
  datasets: DatasetRepository
  files: CachedFileRepository
  cache: ImageCache
  labels: LabelSync
  events: EventBus
  announce: (datasetId: string) => void
  /** Little is left of the hour's requests. */
  isScarce: (datasetId: string) => boolean
  /** Something failed in the background. */
  trouble: (error: unknown) => void
}

interface Work {
  abort: AbortController
  running: Promise<void>
  problems: string[]
  /** Kept up to date image by image: to count all of a large dataset each time would take longer than the fetching. */
  progress: KeptProgress
}

function addChange(sum: KeptProgress, before: KeptProgress, after: KeptProgress): void {
  for (const key of ['done', 'total', 'bytes', 'totalBytes'] as const)
    sum[key] += after[key] - before[key]
}

/** Brings what a person asked to have without a network onto this disk: files and labels. */
export class Offline {
  readonly #deps: Deps
  readonly #works = new Map<string, Work>()

  constructor(deps: Deps) {
    this.#deps = deps
  }

  state(datasetId: string): OfflineState {
    const work = this.#works.get(datasetId)
    return {
      ...(work?.progress ?? this.#deps.files.keptProgress(datasetId)),
      state: work ? 'running' : this.#deps.files.isPaused(datasetId) ? 'paused' : 'idle',
      problems: work?.problems ?? [],
    }
  }

  /** Asks for images (null: all of the dataset) and begins to fetch them. */
  keep(datasetId: string, imageIds: readonly string[] | null): void {
    const { files } = this.#deps
    files.setKept(datasetId, imageIds, true)
    const work = this.#works.get(datasetId)
    if (work) work.progress = files.keptProgress(datasetId)
    this.unpause(datasetId)
  }

  /** Takes the files off this disk again; labels that were not told stay. */
  async release(datasetId: string, imageIds: readonly string[] | null): Promise<void> {
    await this.stop(datasetId)
    const { files, cache, announce } = this.#deps
    files.setKept(datasetId, imageIds, false)
    await cache.drop(files.cachedUnkept(datasetId))
    this.#tell(datasetId)
    announce(datasetId)
  }

  /** Until a person goes on with it. */
  async pause(datasetId: string): Promise<void> {
    this.#deps.files.setPaused(datasetId, true)
    await this.stop(datasetId)
  }

  unpause(datasetId: string): void {
    this.#deps.files.setPaused(datasetId, false)
    this.resume(datasetId)
  }

  async stop(datasetId: string): Promise<void> {
    const work = this.#works.get(datasetId)
    work?.abort.abort(new UserError('closed', 'Paused.'))
    await work?.running
  }

  /** Goes on with what was asked for and is not here, unless it is paused. Does nothing when all is. */
  resume(datasetId: string): void {
    if (this.#works.has(datasetId) || this.#deps.files.isPaused(datasetId)) return
    const work: Work = {
      abort: new AbortController(),
      running: Promise.resolve(),
      problems: [],
      progress: this.#deps.files.keptProgress(datasetId),
    }
    this.#works.set(datasetId, work)
    work.running = this.#run(datasetId, work)
      .catch(this.#deps.trouble)
      .finally(() => {
        this.#works.delete(datasetId)
        if (!this.#deps.datasets.find(datasetId)) return
        this.#tell(datasetId, work.problems)
        this.#deps.announce(datasetId)
      })
  }

  /** When nothing is being fetched any more. */
  async settled(datasetId: string): Promise<void> {
    await this.#works.get(datasetId)?.running
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const works = [...this.#works.values()]
    for (const { abort } of works) abort.abort()
    await Promise.all(works.map(({ running }) => running))
  }

  async #run(datasetId: string, work: Work): Promise<void> {
    const { files } = this.#deps
    const { signal } = work.abort
    // What failed once is not tried again and again in one run.
    const failed = new Set<string>()
    let after = ''
    for (;;) {
      const wanted = files
        .wanted(datasetId, BATCH + failed.size, after)
        .filter(({ imageId }) => !failed.has(imageId))
      if (signal.aborted || (wanted.length === 0 && after === '')) return
      // Behind the last one there is nothing more: what came in before it meanwhile has its turn.
      after = wanted.at(-1)?.place ?? ''
      if (wanted.length === 0) continue
      // The rest of the hour belongs to what has to be sent.
      if (this.#deps.isScarce(datasetId)) {
        work.problems.push(SCARCE)
        return
      }
      const queue = wanted.values()
      let stop = false
      const fetchSome = async () => {
        for (const { imageId, needsFile } of queue) {
          if (stop || signal.aborted) return
          const before = files.keptProgressOf(imageId)
          try {
            if (needsFile) await this.#deps.cache.file(imageId)
            await this.#deps.labels.read(imageId, signal)
          } catch (error) {
            if (signal.aborted) return
            const problem = toServiceError(error)
            work.problems.push(problem.message)
            failed.add(imageId)
            // Without a network, or with the hour used up, the others would fail the same way.
            stop ||= isGeneral(error) || problem.reason === 'offline'
          }
          addChange(work.progress, before, files.keptProgressOf(imageId))
          this.#tell(datasetId, work.problems)
        }
      }
      await Promise.all(Array.from({ length: PARALLEL }, fetchSome))
      if (stop) return
    }
  }

  #tell(datasetId: string, problems: readonly string[] = []): void {
    this.#deps.events.publish({
      type: 'offline',
      datasetId,
      ...this.state(datasetId),
      problems: problems.slice(-3),
    })
  }
}
