import type { CachedFileRepository, KeptProgress } from '#core/cache/cached-file-repository.ts'
import type { DatasetRepository } from '#core/cache/dataset-repository.ts'
import type { EventBus } from '#core/event-bus.ts'
import { isGeneral, toServiceError } from '#core/service-error.ts'
import { UserError } from '#core/user-error.ts'
import type { OfflineState } from '#shared/contract/events.ts'
import type { ImageCache } from './image-cache.ts'
import type { LabelSync } from './label-sync.ts'

/** Number of images fetched at a time. */
const PARALLEL = 6
const BATCH = 60
const SCARCE =
  'Most of the plan’s requests for this hour are used up. The rest is reserved for your changes. Resume later.'

interface Deps {
  datasets: DatasetRepository
  files: CachedFileRepository
  cache: ImageCache
  labels: LabelSync
  events: EventBus
  announce: (datasetId: string) => void
  /** True if little is left of the hourly request limit. */
  isScarce: (datasetId: string) => boolean
  /** Reports a background failure. */
  trouble: (error: unknown) => void
}

interface Work {
  abort: AbortController
  running: Promise<void>
  problems: string[]
  /** Updated per image: counting a large dataset each time would take longer than the download. */
  progress: KeptProgress
}

function addChange(sum: KeptProgress, before: KeptProgress, after: KeptProgress): void {
  for (const key of ['done', 'total', 'bytes', 'totalBytes'] as const)
    sum[key] += after[key] - before[key]
}

/** Makes images available offline: downloads the files and labels that the user asked to keep. */
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

  /** Marks images (null: the whole dataset) to be kept offline and starts the download. */
  keep(datasetId: string, imageIds: readonly string[] | null): void {
    const { files } = this.#deps
    files.setKept(datasetId, imageIds, true)
    const work = this.#works.get(datasetId)
    if (work) work.progress = files.keptProgress(datasetId)
    this.unpause(datasetId)
  }

  /** Deletes the local files again; unpushed labels stay. */
  async release(datasetId: string, imageIds: readonly string[] | null): Promise<void> {
    await this.stop(datasetId)
    const { files, cache, announce } = this.#deps
    files.setKept(datasetId, imageIds, false)
    await cache.drop(files.cachedUnkept(datasetId))
    this.#tell(datasetId)
    announce(datasetId)
  }

  /** Pauses until the user resumes it. */
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

  /** Resumes an unfinished download unless it is paused. Does nothing if everything is present. */
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

  /** Resolves when nothing is being downloaded. */
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
    // A failed image is not retried within the same run.
    const failed = new Set<string>()
    let after = ''
    for (;;) {
      const wanted = files
        .wanted(datasetId, BATCH + failed.size, after)
        .filter(({ imageId }) => !failed.has(imageId))
      if (signal.aborted || (wanted.length === 0 && after === '')) return
      // At the end of the list, start over for images that were added before this place meanwhile.
      after = wanted.at(-1)?.place ?? ''
      if (wanted.length === 0) continue
      // Keep the rest of the hourly limit for pushes.
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
            // Offline or without requests left, all others would fail the same way.
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
