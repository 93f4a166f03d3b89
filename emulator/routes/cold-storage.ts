import { setImmediate } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import { conflict } from '#emulator/problems.ts'
import {
  API,
  bodyOf,
  NO_BODY,
  NO_QUERY,
  params,
  queryOf,
  requireRole,
  type Service,
} from '#emulator/service.ts'
import type { StoredDataset } from '#emulator/state.ts'

const BASE = `${API}/datasets/:dataset/storage`
const DAY_MS = 86_400_000
/** Restoring a dataset earlier costs the rest of these days. */
const MIN_DAYS = 90
/** Micro-USD per GiB. */
const RETRIEVAL = 20_000
const COLD_MONTH = 4_000
const STANDARD_MONTH = 20_000
/** Micro-USD per image. */
const OPERATION = 50
const GIB = 1024 ** 3

/** Datasets in cold storage, which is cheap to keep and expensive to read. */
export function coldStorageRoutes(app: FastifyInstance, service: Service): void {
  const { state, jobs, credits } = service

  const stateOf = (dataset: StoredDataset) => dataset.storage_state ?? 'idle'

  const held = (dataset: StoredDataset) => {
    const { images, bytes } = state.counts(dataset.id)
    return { cold_bytes: bytes, cold_image_count: images }
  }

  const estimate = (dataset: StoredDataset) => {
    const { cold_bytes, cold_image_count } = held(dataset)
    const since = Date.parse(dataset.cold_since ?? dataset.created_at)
    const days_in_cold = Math.max(0, (service.now() - since) / DAY_MS)
    const gib = cold_bytes / GIB
    const early_months = Math.max(0, MIN_DAYS - days_in_cold) / 30
    const retrieval_micro_usd = Math.round(gib * RETRIEVAL)
    const early_delete_micro_usd = Math.round(gib * COLD_MONTH * early_months)
    const operations_micro_usd = cold_image_count * OPERATION
    return {
      operation: 'dataset_restore',
      cold_bytes,
      cold_image_count,
      days_in_cold,
      min_storage_days: MIN_DAYS,
      monthly_savings_micro_usd: Math.round(gib * (STANDARD_MONTH - COLD_MONTH)),
      retrieval_micro_usd,
      early_delete_micro_usd,
      operations_micro_usd,
      total_micro_usd: retrieval_micro_usd + early_delete_micro_usd + operations_micro_usd,
    }
  }

  app.get(BASE, (request) => {
    queryOf(request, NO_QUERY)
    const dataset = state.dataset(params(request).dataset)
    const isCold = dataset.storage_class === 'coldline'
    const job = jobs
      .all()
      .find(({ type, dataset_id }) => type.startsWith('dataset_') && dataset_id === dataset.id)
    return {
      data: {
        storage_class: dataset.storage_class,
        storage_state: stateOf(dataset),
        cold_since: isCold ? (dataset.cold_since ?? dataset.created_at) : null,
        cold_bytes: isCold ? held(dataset).cold_bytes : 0,
        cold_image_count: isCold ? held(dataset).cold_image_count : 0,
        storage_job_id: stateOf(dataset) === 'idle' ? null : (job?.id ?? null),
        restore_estimate: isCold && stateOf(dataset) === 'idle' ? estimate(dataset) : null,
      },
    }
  })

  /** Starts moving between the two storage classes. */
  const begin = (
    dataset: StoredDataset,
    verb: 'freeze' | 'restore',
    finish: () => Partial<StoredDataset>,
  ) => {
    const storage_state = verb === 'freeze' ? 'freezing' : 'restoring'
    state.putDataset({ ...dataset, storage_state })
    const settings = { type: `dataset_${verb}`, name: dataset.name, datasetId: dataset.id }
    const job = jobs.start(settings, async ({ signal }) => {
      // The transition must be visible at least once.
      await setImmediate()
      if (signal.aborted) return
      state.putDataset({ ...state.dataset(dataset.id), storage_state: 'idle', ...finish() })
    })
    return { job_id: job.id, storage_state }
  }

  app.post(`${BASE}/freeze`, (request) => {
    requireRole(request, 'admin')
    bodyOf(request, NO_BODY)
    const dataset = state.dataset(params(request).dataset)
    if (stateOf(dataset) !== 'idle') throw conflict(`'${dataset.name}' is ${stateOf(dataset)}`)
    if (dataset.storage_class === 'coldline')
      throw conflict(`'${dataset.name}' is in cold storage already`)
    const begun = begin(dataset, 'freeze', () => ({
      storage_class: 'coldline',
      cold_since: service.at(),
    }))
    return { data: { ...begun, quoted_micro_usd: null } }
  })

  app.post(`${BASE}/restore`, (request) => {
    requireRole(request, 'admin')
    bodyOf(request, NO_BODY)
    const dataset = state.dataset(params(request).dataset)
    if (stateOf(dataset) !== 'idle') throw conflict(`'${dataset.name}' is ${stateOf(dataset)}`)
    if (dataset.storage_class === 'standard')
      throw conflict(`'${dataset.name}' is not in cold storage`)
    const quoted_micro_usd = estimate(dataset).total_micro_usd
    credits.check(quoted_micro_usd)
    // It is charged after it has succeeded.
    const begun = begin(dataset, 'restore', () => {
      credits.charge('dataset_restore', quoted_micro_usd, `Restore '${dataset.name}'`)
      return { storage_class: 'standard', cold_since: null }
    })
    return { data: { ...begun, quoted_micro_usd } }
  })
}
