import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { around } from '#emulator/geometry.ts'
import { conflict, InvalidRequest, notFound, Problem } from '#emulator/problems.ts'
import {
  annotationSchema,
  bulkSave,
  deleteClass,
  mergeClass,
  renameClass,
  type StoredAnnotation,
  save,
} from '#emulator/schemas.ts'
import {
  API,
  bodyOf,
  NO_QUERY,
  params,
  personOf,
  queryOf,
  requireRole,
  type Service,
} from '#emulator/service.ts'
import type { StoredDataset, StoredImage } from '#emulator/state.ts'

const BASE = `${API}/annotations`

/** Checks what no single annotation shows: duplicate ids and, if enabled, unknown classes. */
function checkTogether(
  annotations: readonly StoredAnnotation[],
  classes: ReadonlySet<string> | null,
): void {
  const ids = new Set<string>()
  const problems = annotations.flatMap(({ id, name }, index) => {
    const found: { loc: (string | number)[]; msg: string }[] = []
    if (ids.has(id))
      found.push({ loc: ['body', 'annotations', index, 'id'], msg: 'is there twice' })
    ids.add(id)
    if (classes?.has(name) === false)
      found.push({
        loc: ['body', 'annotations', index, 'name'],
        msg: `'${name}' is not a class of this dataset`,
      })
    return found
  })
  if (problems.length > 0) throw new InvalidRequest(problems, 400)
}

/** An annotation with the fields that the service sets. */
function filled(annotation: StoredAnnotation, by: string): StoredAnnotation {
  const known = { ...annotation, created_by: annotation.created_by ?? by }
  if (known.type === 'polygon' && !known.bounding_box)
    return { ...known, bounding_box: around(known.polygon.paths.flat()) }
  if (known.type === 'polyline' && !known.bounding_box)
    return { ...known, bounding_box: around(known.polyline.path) }
  return known
}

/** `box` and `bbox` are the same type; no type matches any. */
const typeOf = (type: string | null | undefined) => (type === 'box' ? 'bbox' : (type ?? null))

export function annotationRoutes(app: FastifyInstance, service: Service): void {
  const { state } = service

  const saveTo = (
    dataset: StoredDataset,
    image: StoredImage,
    annotations: readonly StoredAnnotation[],
    by: string,
  ) => {
    const classes = new Set(dataset.classes.map(({ name }) => name))
    checkTogether(annotations, service.refusesUnknownClasses ? classes : null)
    const previous_count = state.computed(image.id).annotation_count
    state.setAnnotations(
      image.id,
      annotations.map((annotation) => filled(annotation, by)),
    )
    return {
      success: true,
      image_id: image.id,
      previous_count,
      new_count: annotations.length,
      status: image.status,
    }
  }

  app.get(`${BASE}/:id/file`, (request) => {
    queryOf(request, NO_QUERY)
    const image = state.imageById(params(request).id)
    return { image: image.filename, annotations: state.annotations(image.id) }
  })

  app.get(`${BASE}/:dataset/*`, (request) => {
    queryOf(request, NO_QUERY)
    const { dataset, '*': path } = params(request)
    const image = state.imageAt(state.dataset(dataset), path)
    const annotations = state.annotations(image.id)
    return {
      success: true,
      image_id: image.id,
      filename: image.filename,
      annotations,
      annotation_count: annotations.length,
    }
  })

  app.post(`${BASE}/bulk`, (request) => {
    requireRole(request, 'member')
    const { saves } = bodyOf(request, bulkSave)
    const by = personOf(request).user_id
    const saved: unknown[] = []
    const failed: unknown[] = []
    for (const { image_id, annotations } of saves) {
      try {
        const image = state.imageById(image_id)
        const parsed = z.array(annotationSchema).safeParse(annotations)
        if (!parsed.success)
          throw new Problem(422, 'validation_error', parsed.error.issues[0].message)
        saved.push(saveTo(state.dataset(image.dataset_id), image, parsed.data, by))
      } catch (error) {
        if (!(error instanceof Problem)) throw error
        failed.push({ image_id, error: error.message })
      }
    }
    return { success: failed.length === 0, saved, failed }
  })

  /** Changes the annotations of a class on all images of a dataset, and its class list. */
  const changeClass = (
    dataset: StoredDataset,
    isMeant: (item: { name: string; type?: string | null | undefined }) => boolean,
    classes: StoredDataset['classes'],
    change: (annotation: StoredAnnotation) => StoredAnnotation[],
  ) => {
    let images_updated = 0
    let annotations_updated = 0
    state.transaction(() => {
      for (const { id } of state.images(dataset.id)) {
        const before = state.annotations(id)
        const after = before.flatMap((item) => (isMeant(item) ? change(item) : [item]))
        const touched = before.filter(
          (item, index) => isMeant(item) && after[index] !== item,
        ).length
        if (touched === 0) continue
        images_updated++
        annotations_updated += touched
        state.setAnnotations(id, after)
      }
      state.putDataset({ ...dataset, classes, updated_at: service.at() })
    })
    return { dataset_id: dataset.id, images_updated, annotations_updated, config_updated: true }
  }
  const requireClass = ({ classes }: StoredDataset, name: string) => {
    if (!classes.some((item) => item.name === name)) throw notFound(`Class '${name}'`)
  }

  app.post(`${BASE}/rename-class`, (request) => {
    requireRole(request, 'member')
    const { dataset: name, old_name, new_name } = bodyOf(request, renameClass)
    const dataset = state.dataset(name)
    requireClass(dataset, old_name)
    const types = dataset.classes
      .filter((item) => item.name === old_name)
      .map(({ type }) => typeOf(type))
    const isTaken = dataset.classes.some(
      (item) => item.name === new_name && types.includes(typeOf(item.type)),
    )
    if (isTaken) throw conflict(`A class named '${new_name}' already exists`)
    const classes = dataset.classes.map((item) =>
      item.name === old_name ? { ...item, name: new_name } : item,
    )
    const changed = changeClass(
      dataset,
      (item) => item.name === old_name,
      classes,
      (item) => [{ ...item, name: new_name }],
    )
    return { data: { ...changed, old_name, new_name } }
  })

  app.post(`${BASE}/merge-class`, (request) => {
    requireRole(request, 'member')
    const { dataset: name, source_name, target_name } = bodyOf(request, mergeClass)
    const dataset = state.dataset(name)
    requireClass(dataset, source_name)
    const classes = dataset.classes.filter((item) => item.name !== source_name)
    requireClass({ ...dataset, classes }, target_name)
    const changed = changeClass(
      dataset,
      (item) => item.name === source_name,
      classes,
      (item) => [{ ...item, name: target_name }],
    )
    return { data: { ...changed, source_name, target_name } }
  })

  app.post(`${BASE}/delete-class`, (request) => {
    requireRole(request, 'member')
    const { dataset: of, name, class_type, delete_annotations } = bodyOf(request, deleteClass)
    const dataset = state.dataset(of)
    requireClass(dataset, name)
    const wanted = typeOf(class_type)
    const isMeant = (item: { name: string; type?: string | null | undefined }) =>
      item.name === name && (wanted === null || typeOf(item.type) === wanted)
    const classes = dataset.classes.filter((item) => !isMeant(item))
    const { annotations_updated, ...changed } = changeClass(dataset, isMeant, classes, (item) =>
      delete_annotations ? [] : [item],
    )
    return { data: { ...changed, name, annotations_removed: annotations_updated } }
  })

  app.post(`${BASE}/:dataset/*`, (request) => {
    requireRole(request, 'member')
    const { dataset: name, '*': path } = params(request)
    const dataset = state.dataset(name)
    const image = state.imageAt(dataset, path)
    const { annotations } = bodyOf(request, save)
    return saveTo(dataset, image, annotations, personOf(request).user_id)
  })

  app.delete(`${BASE}/:dataset/*`, (request) => {
    requireRole(request, 'admin')
    queryOf(request, NO_QUERY)
    const { dataset, '*': path } = params(request)
    const image = state.imageAt(state.dataset(dataset), path)
    const deleted_count = state.computed(image.id).annotation_count
    state.setAnnotations(image.id, [])
    const message = `${deleted_count} annotations deleted`
    return { success: true, image_id: image.id, deleted_count, message }
  })
}
