import { DetectJobRepository, type StoredDetectJob } from '#core/cache/detect-job-repository.ts'
import type { EventBus } from '#core/event-bus.ts'
import type { Log } from '#core/ports.ts'
import type { Store } from '#core/store.ts'
import { UserError } from '#core/user-error.ts'
import type { WorkInHand } from '#core/work-in-hand.ts'
import type { DetectModelInfo } from '#shared/contract/proposals.ts'
import type { DetectJob } from '#shared/model/detect-job.ts'
import { messageOf } from '#shared/model/message-of.ts'
import { type ModelChoice, originOf, USUAL_CHOICE } from '#shared/model/proposal.ts'
import type { DetectDeps } from './detect-image.ts'
import type { DetectModel, DetectModels } from './detect-models.ts'
import type { Proposals } from './proposals.ts'
import { type ImageSource, RunningDetection } from './running-detection.ts'

interface Deps extends DetectDeps, ImageSource {
  store: Store
  events: EventBus
  log: Log
  models: DetectModels
  proposals: Proposals
  inHand: Pick<WorkInHand, 'begin'>
}

/** Failures that are shown of a job. */
const SHOWN_FAILURES = 200

/**
 * Models asked about images, in the background, one job at a time in the order in which they were begun. Each image is
 * written with its proposals in one transaction, so that a job goes on where it was, whatever ended the app.
 */
export class Detection implements AsyncDisposable {
  readonly #deps: Deps
  readonly #jobs: DetectJobRepository
  #running: RunningDetection | null = null
  #work: Promise<void> | null = null
  #isEnding = false

  constructor(deps: Deps) {
    this.#deps = deps
    this.#jobs = new DetectJobRepository(deps.store.db)
  }

  /** Goes on with what was not done when the app ended. */
  start(): void {
    this.#goOn()
  }

  /** Pauses jobs that ran when the app crashed, before `start`. */
  setAside(ids: readonly string[], problem: string): void {
    for (const id of ids)
      if (this.#jobs.get(id)?.state === 'running') this.#jobs.setState(id, 'paused', problem)
  }

  async models(): Promise<DetectModelInfo[]> {
    return (await this.#deps.models.list()).map(({ id, name, version, detector, problem }) => ({
      id,
      name,
      version,
      takenFor: detector && { title: detector.title, why: detector.why },
      problem,
      classes: detector ? [...detector.classes] : [],
      usual: detector ? usualChoice(detector) : USUAL_CHOICE,
    }))
  }

  /** `imageIds`: null: all images of the dataset. Throws a UserError when the model cannot be asked. */
  async begin(
    datasetId: string,
    modelId: string,
    imageIds: readonly string[] | null,
  ): Promise<DetectJob> {
    const { models, proposals } = this.#deps
    const model = await models.get(modelId)
    if (!model.detector) throw new UserError('no_detector', model.problem)
    if (!proposals.choices(datasetId)[model.name])
      proposals.setChoice(datasetId, model.name, usualChoice(model.detector))
    const { name, version } = model
    const job = this.#jobs.create({ datasetId, modelId, model: name, version }, imageIds)
    this.#tell(job.id)
    this.#goOn()
    return this.#describe(job)
  }

  list(): DetectJob[] {
    return this.#jobs.list().map((job) => this.#describe(job))
  }

  failures(id: string) {
    return this.#jobs.failures(id, SHOWN_FAILURES)
  }

  async pause(id: string): Promise<void> {
    if (this.#jobs.get(id)?.state !== 'running') return
    this.#jobs.setState(id, 'paused')
    await this.#interrupt(id)
    this.#tell(id)
  }

  resume(id: string): void {
    const job = this.#jobs.get(id)
    if (!job || job.state === 'running') return
    this.#jobs.retryFailed(id)
    this.#jobs.setState(id, 'running')
    this.#tell(id)
    this.#goOn()
  }

  /** What was found so far stays. */
  async cancel(id: string): Promise<void> {
    this.#jobs.setState(id, 'cancelled')
    await this.#interrupt(id)
    this.#tell(id)
  }

  async remove(id: string): Promise<void> {
    await this.#interrupt(id)
    this.#jobs.remove(id)
    this.#deps.events.publish({ type: 'detect-job-removed', id })
  }

  /** When nothing is left to be done. */
  async idle(): Promise<void> {
    while (this.#work) await this.#work
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isEnding = true
    this.#running?.stop()
    await this.idle()
  }

  async #interrupt(id: string): Promise<void> {
    if (this.#running?.jobId !== id) return
    this.#running.stop()
    await this.#running.ended
  }

  #goOn(): void {
    this.#work ??= this.#workThrough().finally(() => {
      this.#work = null
      // One may have been begun in the last moment.
      if (!this.#isEnding && this.#next()) this.#goOn()
    })
  }

  /** The oldest that is to run. */
  #next(): StoredDetectJob | undefined {
    return this.#jobs.list().findLast(({ state }) => state === 'running')
  }

  async #workThrough(): Promise<void> {
    for (let job = this.#next(); job && !this.#isEnding; job = this.#next()) {
      const { id } = job
      const name = this.#deps.store.datasets.find(job.datasetId)?.name ?? ''
      using _work = this.#deps.inHand.begin({ kind: 'detection', id, name })
      try {
        const model = await this.#modelOf(job)
        // Paused or cancelled meanwhile.
        if (this.#isEnding || this.#jobs.get(id)?.state !== 'running') continue
        this.#running = new RunningDetection({ ...this.#deps, jobs: this.#jobs }, job, model, () =>
          this.#tell(id),
        )
        await this.#running.ended
        const isOver = this.#jobs.waiting(id, 1).length === 0
        if (this.#jobs.get(id)?.state === 'running' && isOver) this.#jobs.setState(id, 'done')
      } catch (error) {
        this.#deps.log.warn('detection stopped', { job: id, error: messageOf(error) })
        if (this.#jobs.get(id)?.state === 'running')
          this.#jobs.setState(id, 'failed', messageOf(error))
      } finally {
        this.#running = null
      }
      this.#tell(id)
    }
  }

  async #modelOf({ modelId }: StoredDetectJob) {
    const model: DetectModel = await this.#deps.models.get(modelId)
    if (!model.detector) throw new UserError('no_detector', model.problem)
    return model
  }

  #describe(job: StoredDetectJob): DetectJob {
    const { total, done, failed, found } = this.#jobs.counts(job.id)
    return {
      id: job.id,
      datasetId: job.datasetId,
      datasetName: this.#deps.store.datasets.find(job.datasetId)?.name ?? '',
      model: originOf(job),
      state: job.state,
      problem: job.problem,
      images: { total, done, failed },
      found,
    }
  }

  #tell(id: string): void {
    const job = this.#jobs.get(id)
    if (job) this.#deps.events.publish({ type: 'detect-job', job: this.#describe(job) })
  }
}

function usualChoice({
  usualConfidence,
  usualOverlap,
}: NonNullable<DetectModel['detector']>): ModelChoice {
  return { ...USUAL_CHOICE, confidence: usualConfidence, overlap: usualOverlap ?? 1 }
}
