import { setImmediate } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { freeModelName, newModel } from '#emulator/models.ts'
import { ORGANIZATION_ID } from '#emulator/organization.ts'
import { notFound, Problem } from '#emulator/problems.ts'
import {
  API,
  bodyOf,
  NO_BODY,
  NO_QUERY,
  page,
  paging,
  params,
  personOf,
  queryOf,
  requireRole,
  type Service,
  SHORT_PAGE_CAP,
} from '#emulator/service.ts'
import { newId } from '#emulator/state.ts'
import type { StoredExport } from './exports.ts'

const BASE = `${API}/training`
const STATUSES = ['pending', 'queued', 'running', 'completed', 'failed', 'cancelled'] as const
const PIPELINES = [
  'yolox',
  'sm_pytorch',
  'classification',
  'rfdetr_detection',
  'rfdetr_segmentation',
  'rfdetr_keypoint',
] as const
/** A run starts only with this much left, in micro-USD. */
const NEEDED_TO_START = 2_000_000
/** Charged for a run that succeeds: one minute. */
const PRICE = { a10g: 36_667, a100: 83_333, h100: 131_667 } as const
const USUAL_EPOCHS = 100

interface StoredRun {
  id: string
  name: string
  dataset_id: string
  dataset_name: string
  export_id: string
  model_id: string | null
  pipeline_type: (typeof PIPELINES)[number]
  gpu_type: keyof typeof PRICE
  status: (typeof STATUSES)[number]
  progress: number
  current_epoch: number
  total_epochs: number
  metrics: Record<string, number>
  config: Record<string, unknown>
  error_message: string | null
  started_at: string | null
  completed_at: string | null
  created_at: string
  created_by: string
}

const newRun = z.strictObject({
  dataset_name: z.string(),
  export_name: z.string(),
  pipeline_type: z.enum(PIPELINES),
  name: z.string().min(1).max(100),
  gpu_type: z.enum(['a10g', 'a100', 'h100', 'auto']).default('a10g'),
  config: z.looseObject({ epochs: z.number().int().min(1).optional() }).default({}),
})

type Plan = Pick<z.infer<typeof newRun>, 'gpu_type' | 'config'>
const gpuOf = ({ gpu_type }: Plan) => (gpu_type === 'auto' ? 'a10g' : gpu_type)
const epochsOf = ({ config }: Plan) => config.epochs ?? USUAL_EPOCHS

/** Training runs: one epoch a turn of the event loop, and at its end a model that finds the dataset's classes. */
export function trainingRoutes(app: FastifyInstance, service: Service): void {
  const { state, jobs, credits } = service
  const runs = state.collection<StoredRun>('training')
  /** The background job of a run that is under way. */
  const jobOf = new Map<string, string>()

  /** By id or name; the newest of a name. */
  const find = (slot: string): StoredRun => {
    const found = runs.all().findLast(({ id, name }) => id === slot || name === slot)
    if (!found) throw notFound('Training run')
    return found
  }
  const shown = ({ dataset_name: _dataset, ...run }: StoredRun) => ({
    ...run,
    organization_id: ORGANIZATION_ID,
    eta_seconds: null,
    training_time_seconds: run.status === 'completed' ? 60 : null,
    warnings: null,
  })
  const isOver = ({ status }: StoredRun) =>
    status === 'completed' || status === 'failed' || status === 'cancelled'
  const change = (id: string, fields: Partial<StoredRun>) => {
    const run = find(id)
    if (!isOver(run)) runs.put({ ...run, ...fields })
  }
  const cancel = (run: StoredRun) => {
    change(run.id, { status: 'cancelled', completed_at: service.at() })
    const job = jobOf.get(run.id)
    if (job) jobs.cancel(job)
  }
  // A run that was under way when the service stopped does not resume.
  for (const run of runs.all())
    change(run.id, { status: 'failed', error_message: 'The service was restarted' })

  /** What a run needs to begin. */
  const checked = (body: Pick<z.infer<typeof newRun>, 'dataset_name' | 'export_name'>) => {
    const dataset = state.dataset(body.dataset_name)
    const from = state
      .collection<StoredExport>('export')
      .all()
      .find(({ name, dataset_id }) => name === body.export_name && dataset_id === dataset.id)
    if (!from) throw notFound(`Export '${body.export_name}'`)
    if (from.status !== 'completed')
      throw new Problem(
        400,
        'validation_error',
        `Export '${from.name}' must be completed before training (current status: ${from.status})`,
      )
    return { dataset, from }
  }

  app.post(`${BASE}/quote`, (request) => {
    const body = bodyOf(request, newRun.omit({ name: true }))
    const { dataset, from } = checked(body)
    const gpu_type = gpuOf(body)
    const epochs = epochsOf(body)
    const spendable = credits.spendable
    const total_micro_usd = PRICE[gpu_type]
    const canStart = spendable >= NEEDED_TO_START
    return {
      data: {
        dataset_id: dataset.id,
        dataset_name: dataset.name,
        export_id: from.id,
        export_name: from.name,
        image_count: from.image_count,
        annotation_count: from.annotation_count,
        pipeline_type: body.pipeline_type,
        requested_gpu_type: body.gpu_type,
        gpu_type,
        fits: null,
        recommended_gpu_type: 'a10g',
        gpu_autoselect: null,
        tiers: Object.entries(PRICE).map(([tier, micro_usd_per_minute]) => ({
          gpu_type: tier,
          total_mib: 24_576,
          fits: null,
          micro_usd_per_minute,
        })),
        epochs,
        classes: dataset.classes.map(({ name }) => name),
        class_support: null,
        deleted_images: 0,
        estimate: {
          minutes: 1,
          micro_usd_per_minute: total_micro_usd,
          total_micro_usd,
          note: 'Charged once, when the run succeeds',
        },
        balance: {
          budget_remaining_micro_usd: spendable,
          required_to_start_micro_usd: NEEDED_TO_START,
          covers_estimate: spendable >= total_micro_usd,
        },
        can_start: canStart,
        blocking: canStart
          ? []
          : [{ code: 'insufficient_credits', message: 'The balance is too low to start' }],
        config: body.config,
      },
    }
  })

  app.get(`${BASE}/`, (request) => {
    const query = queryOf(
      request,
      z.strictObject({
        ...paging(50),
        dataset_name: z.string().optional(),
        status: z.enum(STATUSES).optional(),
      }),
    )
    const items = runs
      .all()
      .reverse()
      .filter(
        (run) =>
          (query.dataset_name === undefined || run.dataset_name === query.dataset_name) &&
          (query.status === undefined || run.status === query.status),
      )
    return page(items.map(shown), query, SHORT_PAGE_CAP)
  })

  app.post(`${BASE}/`, (request, reply) => {
    requireRole(request, 'member')
    const body = bodyOf(request, newRun)
    const { dataset, from } = checked(body)
    credits.check(NEEDED_TO_START)
    const gpu_type = gpuOf(body)
    const total_epochs = epochsOf(body)
    const run: StoredRun = {
      id: newId(),
      name: body.name,
      dataset_id: dataset.id,
      dataset_name: dataset.name,
      export_id: from.id,
      model_id: null,
      pipeline_type: body.pipeline_type,
      gpu_type,
      status: 'queued',
      progress: 0,
      current_epoch: 0,
      total_epochs,
      metrics: {},
      config: body.config,
      error_message: null,
      started_at: null,
      completed_at: null,
      created_at: service.at(),
      created_by: personOf(request).user_id,
    }
    runs.put(run)
    const job = jobs.start(
      {
        type: 'training',
        name: run.name,
        datasetId: dataset.id,
        cancelPath: () => `${BASE}/${run.id}/cancel`,
      },
      async ({ signal, report }) => {
        change(run.id, { status: 'running', started_at: service.at() })
        for (let epoch = 1; epoch <= total_epochs; epoch++) {
          await setImmediate()
          if (signal.aborted) return
          const progress = Math.floor((epoch / total_epochs) * 99)
          change(run.id, { current_epoch: epoch, progress })
          report({ progress })
        }
        credits.charge(`training_${gpu_type}`, PRICE[gpu_type], `Training '${run.name}'`)
        const names = dataset.classes.map(({ name }) => name)
        const name = freeModelName(state, run.name)
        const fields = { name, classes: [...new Set(names)], dataset_name: dataset.name }
        const { id: model_id, metrics } = newModel(state, fields, service.at())
        const completed_at = service.at()
        change(run.id, {
          status: 'completed',
          progress: 100,
          model_id,
          metrics: metrics ?? {},
          completed_at,
        })
      },
    )
    jobOf.set(run.id, job.id)
    reply.status(201)
    return { data: shown(run) }
  })

  app.post(`${BASE}/bulk-cancel`, (request) => {
    requireRole(request, 'member')
    const { run_ids } = bodyOf(request, z.strictObject({ run_ids: z.array(z.string()).min(1) }))
    const all = new Map(runs.all().map((run) => [run.id, run]))
    const succeeded: string[] = []
    const not_found: string[] = []
    for (const id of new Set(run_ids)) {
      const run = all.get(id)
      if (run && !isOver(run)) {
        cancel(run)
        succeeded.push(id)
      } else not_found.push(id)
    }
    return { data: { succeeded, not_found, count: succeeded.length } }
  })

  app.get(`${BASE}/:run`, (request) => {
    queryOf(request, NO_QUERY)
    return { data: shown(find(params(request).run)) }
  })

  app.post(`${BASE}/:run/cancel`, (request) => {
    requireRole(request, 'member')
    bodyOf(request, NO_BODY)
    const run = find(params(request).run)
    if (isOver(run))
      throw new Problem(
        400,
        'validation_error',
        `Cannot cancel training run with status '${run.status}'`,
      )
    cancel(run)
    return { data: shown(find(run.id)) }
  })
}
