import { type Client, NotFoundError, ValidationError } from '#core/api/client.ts'
import {
  type Credits,
  type Job,
  jobStateSchema,
  type PromptPrice,
  type Storage,
  storageSchema,
  type Task,
} from '#shared/model/service.ts'
import type { Accounts } from './accounts.ts'

/** The list shows at most this many finished jobs. */
const ENDED_JOBS = 30
/** The list shows at most this many tasks. */
const TASKS = 200

/** The service's name for one assisted-labelling request. */
const PROMPT_OPERATION = 'sam3_prompt'

const at = (text: string | null | undefined): number | null => (text && Date.parse(text)) || null

/** The value is a name, or an object with a name. */
const nameOf = (value: unknown): string | null => {
  if (typeof value === 'string') return value
  if (typeof value !== 'object' || value === null || !('name' in value)) return null
  return typeof value.name === 'string' ? value.name : null
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}

/** Credits, tasks, jobs and cold storage of an account. Throws what the client throws. */
export class AccountService {
  readonly #accounts: Pick<Accounts, 'run'>

  constructor(accounts: Pick<Accounts, 'run'>) {
    this.#accounts = accounts
  }

  async credits(accountId: string): Promise<Credits> {
    const balance = await this.#run(accountId, (client) => client.credits.balance())
    return {
      includedRemaining: balance.included_remaining_micro_usd ?? null,
      included: balance.included_allowance_micro_usd ?? null,
      budgetRemaining: balance.budget_remaining_micro_usd ?? null,
      resetsAtMs: at(balance.credits_reset_at),
    }
  }

  /** Null if the service gives no price; the user may still send the request. */
  async promptPrice(accountId: string): Promise<PromptPrice> {
    try {
      const estimate = await this.#run(accountId, (client) =>
        client.credits.estimate(PROMPT_OPERATION),
      )
      return {
        price: estimate.total_micro_usd ?? null,
        remaining: estimate.remaining_micro_usd ?? null,
      }
    } catch (error) {
      if (error instanceof ValidationError || error instanceof NotFoundError)
        return { price: null, remaining: null }
      throw error
    }
  }

  /** Newest first. The service lists only the tasks of the key's user. */
  async tasks(accountId: string): Promise<Task[]> {
    const tasks = await this.#run(accountId, (client) =>
      collect(client.tasks.list({ limit: TASKS })),
    )
    return tasks.map((task) => ({
      id: task.id,
      title: task.title ?? '',
      kind: task.kind === 'review' ? 'review' : 'annotate',
      isDone: task.status === 'done',
      remoteId: task.dataset_id ?? null,
      datasetName: nameOf(task.dataset),
      imageCount: task.image_count ?? 0,
      createdAtMs: at(task.created_at),
    }))
  }

  async jobs(accountId: string): Promise<Job[]> {
    const [active, ended] = await this.#run(accountId, async (client) => [
      await collect(client.jobs.list({ status: 'active' })),
      await collect(client.jobs.list({ status: 'finished', limit: ENDED_JOBS })),
    ])
    // A job that ends between the two requests is in both answers.
    const seen = new Map([...active, ...ended].map((job) => [job.id, job]))
    return [...seen.values()].map((job) => {
      const state = jobStateSchema.catch('running').parse(job.status)
      return {
        id: job.id,
        type: job.type ?? '',
        name: job.name ?? null,
        state,
        progress: job.progress ?? null,
        problem: job.error ?? null,
        canCancel: (state === 'queued' || state === 'running') && Boolean(job.cancel_path),
        createdAtMs: at(job.created_at),
      }
    })
  }

  cancelJob(accountId: string, id: string): Promise<void> {
    return this.#run(accountId, (client) => client.jobs.cancel(id))
  }

  async storage(accountId: string, remoteId: string): Promise<Storage> {
    const storage = await this.#run(accountId, (client) => client.datasets.storage(remoteId))
    const { restore_estimate } = storage
    const price = restore_estimate?.total_micro_usd ?? null
    return {
      isCold: storage.storage_class === 'coldline',
      state: storageSchema.shape.state.catch('idle').parse(storage.storage_state),
      coldSinceMs: at(storage.cold_since),
      bytes: storage.cold_bytes ?? 0,
      imageCount: storage.cold_image_count ?? 0,
      // An unknown price must not look like no price.
      restore:
        !restore_estimate || price === null
          ? null
          : {
              microUsd: price,
              daysInCold: restore_estimate.days_in_cold ?? 0,
              minDays: restore_estimate.min_storage_days ?? 0,
            },
    }
  }

  async restore(accountId: string, remoteId: string): Promise<void> {
    await this.#run(accountId, (client) => client.datasets.restore(remoteId))
  }

  #run<T>(accountId: string, work: (client: Client) => Promise<T>): Promise<T> {
    return this.#accounts.run(accountId, work)
  }
}
