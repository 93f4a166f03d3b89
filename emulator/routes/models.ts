import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import {
  freeModelName,
  newModel,
  PUBLIC_MODEL,
  type StoredModel,
  type StoredVersion,
} from '#emulator/models.ts'
import { fieldsOf, uprightSize } from '#emulator/multipart.ts'
import { conflict, InvalidRequest, notFound, Problem } from '#emulator/problems.ts'
import { row, SCORE } from '#emulator/sam3.ts'
import {
  API,
  bodyOf,
  NO_QUERY,
  page,
  paging,
  params,
  queryOf,
  requireRole,
  type Service,
  SHORT_PAGE_CAP,
} from '#emulator/service.ts'

const BASE = `${API}/models`
const TYPES = [
  'object_detection',
  'instance_segmentation',
  'semantic_segmentation',
  'classification',
  'keypoint_detection',
] as const
const FORMATS = ['onnx', 'pytorch', 'safetensors', 'pte', 'engine'] as const
/** Lifetime of an address of weights. */
const ADDRESS_MINUTES = 60

const change = z.strictObject({
  name: z.string().min(1).optional(),
  description: z.string().optional(),
  visibility: z.enum(['private', 'public']).optional(),
})

/** Trained models and their files. */
export function modelRoutes(app: FastifyInstance, service: Service): void {
  const { state, storage } = service
  const models = state.collection<StoredModel>('model')

  const find = (slot: string): StoredModel => {
    const found = models.all().find(({ id, name }) => id === slot || name === slot)
    if (!found) throw notFound(`Model '${slot}'`)
    return found
  }
  const shown = ({ versions: _versions, pinned_version_id: _pin, ...model }: StoredModel) => {
    const { dataset_name: _dataset, ...rest } = model
    return { forked_from_model_id: null, ...rest, parent_model_id: null }
  }
  const latest = ({ versions }: StoredModel) => versions.find(({ status }) => status === 'ready')
  const current = (model: StoredModel): StoredVersion | undefined =>
    model.versions.find(({ version_id }) => version_id === model.pinned_version_id) ?? latest(model)

  const versionsOf = (model: StoredModel) => ({
    versions: model.versions.map(({ object: _object, size_bytes: _size, ...version }) => {
      const isCurrent = version.version_id === current(model)?.version_id
      return {
        ...version,
        is_latest: isCurrent,
        is_current: isCurrent,
        training_run_id: null,
        export_name: null,
        pipeline_provenance: null,
      }
    }),
    current_version_id: current(model)?.version_id ?? null,
    pinned_version_id: model.pinned_version_id,
    latest_version_id: latest(model)?.version_id ?? null,
  })

  const configOf = (model: StoredModel, version: StoredVersion) =>
    JSON.stringify({
      _pictograph: {
        name: model.name,
        model_type: model.model_type,
        architecture: version.architecture,
        class_mapping: model.class_mapping,
        input_shape: [model.training_config?.image_height, model.training_config?.image_width],
      },
      training: model.training_config,
    })
  const readmeOf = ({ name, class_mapping }: StoredModel) =>
    `# ${name}\n\nFinds ${class_mapping?.classes.join(', ') ?? 'nothing'}.\n`
  const LICENSE = 'CC-BY-4.0\n'
  const weightsName = ({ name }: StoredModel) => `${name.replaceAll(' ', '-')}.onnx`

  const filesOf = (model: StoredModel, version: StoredVersion) => {
    const row = (name: string, kind: string, format: string, size_bytes: number) => ({
      version_id: version.version_id,
      name,
      kind,
      format,
      size_bytes,
      content_type: format === 'json' ? 'application/json' : 'application/octet-stream',
      updated_at: version.created_at,
      runtime: kind === 'weights' ? 'onnxruntime' : null,
      precision: kind === 'weights' ? version.precision : null,
      target_key: null,
      toolchain_version: null,
      stale: false,
      artifact_id: null,
    })
    return [
      row(weightsName(model), 'weights', 'onnx', version.size_bytes),
      row('config.json', 'config', 'json', configOf(model, version).length),
      row('LICENSE', 'license', 'text', LICENSE.length),
      row('README.md', 'readme', 'markdown', readmeOf(model).length),
    ]
  }

  app.get(`${BASE}/`, (request) => {
    const query = queryOf(
      request,
      z.strictObject({
        ...paging(50),
        name: z.string().optional(),
        dataset_name: z.string().optional(),
        status: z.enum(['training', 'ready', 'failed', 'archived']).optional(),
        model_type: z.enum(TYPES).optional(),
      }),
    )
    const keys = ['name', 'dataset_name', 'status', 'model_type'] as const
    const items = models
      .all()
      .filter((model) => keys.every((key) => query[key] === undefined || model[key] === query[key]))
    return page(items.map(shown), query, SHORT_PAGE_CAP)
  })

  app.get(`${BASE}/:model`, (request) => {
    queryOf(request, NO_QUERY)
    return { data: shown(find(params(request).model)) }
  })

  app.patch(`${BASE}/:model`, (request) => {
    requireRole(request, 'admin')
    const model = { ...find(params(request).model), ...bodyOf(request, change) }
    models.put({ ...model, updated_at: service.at() })
    return { data: shown(find(model.id)) }
  })

  app.delete(`${BASE}/:model`, (request) => {
    requireRole(request, 'admin')
    queryOf(request, NO_QUERY)
    const { id, name } = find(params(request).model)
    models.delete(id)
    return { success: true, message: `Model '${name}' deleted` }
  })

  app.post(`${BASE}/:organization/:model/fork`, (request) => {
    requireRole(request, 'member')
    const { name } = bodyOf(request, z.strictObject({ name: z.string().min(1).max(100).nullish() }))
    const { organization, model } = params(request)
    const isPublic =
      organization === PUBLIC_MODEL.organization &&
      (model === PUBLIC_MODEL.slug || model === PUBLIC_MODEL.name)
    if (!isPublic) throw notFound('Model')
    const fields = {
      name: freeModelName(state, name ?? PUBLIC_MODEL.name),
      classes: PUBLIC_MODEL.classes,
      forked_from_model_id: PUBLIC_MODEL.id,
    }
    return { data: shown(newModel(state, fields, service.at())) }
  })

  app.get(`${BASE}/:model/download`, (request) => {
    const { format, precision, target } = queryOf(
      request,
      z.strictObject({
        format: z.enum(FORMATS).default('onnx'),
        precision: z.enum(['fp32', 'fp16']).optional(),
        target: z.string().optional(),
      }),
    )
    const model = find(params(request).model)
    const version = current(model)
    if (model.status !== 'ready' || !version)
      throw new Problem(400, 'validation_error', `The model is ${model.status}, not ready`)
    const isPublished =
      format === 'onnx' && target === undefined && (precision ?? 'fp32') === version.precision
    if (!isPublished) throw conflict(`The model is not published as ${format}`)
    const download_url = storage.sign('GET', version.object, ADDRESS_MINUTES)
    return { data: { download_url, filename: weightsName(model) } }
  })

  app.get(`${BASE}/:model/versions`, (request) => {
    queryOf(request, NO_QUERY)
    return { data: versionsOf(find(params(request).model)) }
  })

  app.patch(`${BASE}/:model/current-version`, (request) => {
    requireRole(request, 'admin')
    const { version_id } = bodyOf(request, z.strictObject({ version_id: z.string().nullable() }))
    const model = find(params(request).model)
    if (version_id !== null && !model.versions.some((one) => one.version_id === version_id))
      throw notFound('Version')
    models.put({ ...model, pinned_version_id: version_id, updated_at: service.at() })
    return { data: versionsOf(find(model.id)) }
  })

  app.get(`${BASE}/:model/files`, (request) => {
    queryOf(request, NO_QUERY)
    const model = find(params(request).model)
    const { versions, pinned_version_id } = versionsOf(model)
    const files = model.versions.flatMap((version) => filesOf(model, version))
    return { data: { versions, files, pinned_version_id } }
  })

  app.get(`${BASE}/:model/files/download`, async (request) => {
    const { version_id, name } = queryOf(
      request,
      z.strictObject({ version_id: z.string(), name: z.string() }),
    )
    const model = find(params(request).model)
    const version = model.versions.find((one) => one.version_id === version_id)
    if (!version) throw notFound('Version')
    if (name === weightsName(model))
      return { data: { download_url: storage.sign('GET', version.object, ADDRESS_MINUTES) } }
    if (name === 'config.json') {
      const object = await storage.keep(Buffer.from(configOf(model, version)))
      return { data: { download_url: storage.sign('GET', object, ADDRESS_MINUTES) } }
    }
    // Texts are embedded in the address.
    const texts: Record<string, string> = { LICENSE, 'README.md': readmeOf(model) }
    if (texts[name] === undefined) throw notFound(`File '${name}'`)
    const download_url = `data:text/plain;charset=utf-8,${encodeURIComponent(texts[name])}`
    return { data: { download_url } }
  })

  app.post(`${BASE}/:model/predict`, { config: { query: true } }, async (request) => {
    requireRole(request, 'member')
    const { confidence_threshold } = queryOf(
      request,
      z.strictObject({
        confidence_threshold: z.coerce.number().min(0.05).max(0.95).default(0.5),
        top_k: z.coerce.number().int().min(1).default(3),
      }),
    )
    const model = find(params(request).model)
    if (model.status !== 'ready')
      throw new InvalidRequest([{ loc: ['path', 'model'], msg: `is ${model.status}` }], 400)
    const { file } = fieldsOf(request, [])
    await uprightSize(file)
    const [name] = model.class_mapping?.classes ?? ['object']
    return {
      data: {
        success: true,
        annotations: confidence_threshold <= SCORE ? row(name, 'bbox', 1) : [],
        tags: [],
        tag_scores: [],
        model_type: model.model_type,
        inference_seconds: 0.1,
      },
    }
  })
}
