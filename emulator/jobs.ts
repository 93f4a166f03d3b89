import { randomUUID } from 'node:crypto'
import { setImmediate } from 'node:timers/promises'
import type { Collection } from './collection.ts'
import { notFound, Problem } from './problems.ts'

export type JobStatus = 'queued' | 'running' | 'completed' | 'failed' | 'cancelled'

export interface Job {
  id: string
  type: string
  status: JobStatus
  /** 0 to 100. */
  progress: number
  name: string | null
  dataset_id: string | null
  error: string | null
  created_at: string
  updated_at: string
  completed_at: string | null
  cancel_path: string | null
  /** Fields of this kind of job only. */
  detail: Record<string, unknown>
}

export const isActive = ({ status }: Job): boolean => status === 'queued' || status === 'running'

/** How the work of a job reports its progress. */
export interface JobHandle {
  readonly id: string
  /** Aborted when the job is cancelled or the service ends. */
  readonly signal: AbortSignal
  report: (change: { progress?: number; detail?: Record<string, unknown> }) => void
}

/** Background jobs of all kinds. */
export class Jobs {
  readonly #rows: Collection<Job>
  readonly #now: () => number
  readonly #running = new Map<string, AbortController>()
  #isClosed = false

  constructor(rows: Collection<Job>, now: () => number) {
    this.#rows = rows
    this.#now = now
    // A job that ran when the service stopped does not resume.
    for (const job of rows.all())
      if (isActive(job)) this.#end(job, 'failed', 'The service was restarted')
  }

  /** Newest first. */
  all(): Job[] {
    return this.#rows.all().reverse()
  }

  /** Throws a 404 if it does not exist, or is not of `type`. */
  get(id: string, type?: string): Job {
    const job = this.#rows.get(id)
    if (!job || (type !== undefined && job.type !== type)) throw notFound('Job')
    return job
  }

  /** Starts work; `cancelPath` returns the route that cancels it. */
  start(
    {
      type,
      name = null,
      datasetId = null,
      detail = {},
      cancelPath = () => null,
    }: {
      type: string
      name?: string | null
      datasetId?: string | null
      detail?: Record<string, unknown>
      cancelPath?: (id: string) => string | null
    },
    work: (job: JobHandle) => Promise<void>,
  ): Job {
    const id = randomUUID()
    const at = this.#at()
    const job: Job = {
      id,
      type,
      status: 'queued',
      progress: 0,
      name,
      dataset_id: datasetId,
      error: null,
      created_at: at,
      updated_at: at,
      completed_at: null,
      cancel_path: cancelPath(id),
      detail,
    }
    this.#rows.put(job)
    const controller = new AbortController()
    this.#running.set(id, controller)
    this.#run(id, controller.signal, work).finally(() => this.#running.delete(id))
    return job
  }

  /** Throws a 409 if it has ended. */
  cancel(id: string, type?: string): Job {
    const job = this.get(id, type)
    if (!isActive(job)) throw new Problem(409, 'conflict', `The job is already ${job.status}`)
    this.#end(job, 'cancelled', null)
    this.#running.get(id)?.abort()
    return this.get(id)
  }

  close(): void {
    this.#isClosed = true
    for (const controller of this.#running.values()) controller.abort()
  }

  #at(): string {
    return new Date(this.#now()).toISOString()
  }

  #put(job: Job): void {
    if (!this.#isClosed) this.#rows.put({ ...job, updated_at: this.#at() })
  }

  #end(job: Job, status: JobStatus, error: string | null): void {
    const progress = status === 'completed' ? 100 : job.progress
    this.#put({ ...job, status, error, progress, completed_at: this.#at(), cancel_path: null })
  }

  /** Updates a running job; a cancelled one stays unchanged. */
  #change(id: string, change: (job: Job) => void): void {
    if (this.#isClosed) return
    const job = this.#rows.get(id)
    if (job && isActive(job)) change(job)
  }

  async #run(
    id: string,
    signal: AbortSignal,
    work: (job: JobHandle) => Promise<void>,
  ): Promise<void> {
    // Send the answer that announces the job first.
    await setImmediate()
    this.#change(id, (job) => this.#put({ ...job, status: 'running' }))
    const report: JobHandle['report'] = ({ progress, detail }) =>
      this.#change(id, (job) =>
        this.#put({
          ...job,
          progress: progress ?? job.progress,
          detail: { ...job.detail, ...detail },
        }),
      )
    try {
      if (!signal.aborted) await work({ id, signal, report })
      this.#change(id, (job) => this.#end(job, 'completed', null))
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error)
      this.#change(id, (job) => this.#end(job, 'failed', text))
    }
  }
}
