import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
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
  bodyOf,
  NO_QUERY,
  ORGANIZATION,
  params,
  queryOf,
  requireRole,
  type Service,
} from '#emulator/service.ts'
import type { StoredDataset, StoredImage } from '#emulator/state.ts'

const BASE = '/api/v1/developer/annotations'

/** Refuses what no single annotation shows: ids twice, classes that the dataset has not. */
function checkTogether(dataset: StoredDataset, annotations: readonly StoredAnnotation[]): void {
  const classes = new Set(dataset.classes.map(({ name }) => name))
  const ids = new Set<string>()
  const problems = annotations.flatMap(({ id, name }, index) => {
    const found: { loc: (string | number)[]; msg: string }[] = []
    if (ids.has(id))
      found.push({ loc: ['body', 'annotations', index, 'id'], msg: 'is there twice' })
    ids.add(id)
    if (!classes.has(name))
      found.push({
        loc: ['body', 'annotations', index, 'name'],
        msg: `'${name}' is not a class of this dataset`,
      })
    return found
  })
  if (problems.length > 0) throw new InvalidRequest(problems)
}

export function annotationRoutes(app: FastifyInstance, service: Service): void {
  const { state } = service

  const saveTo = (dataset: StoredDataset, image: StoredImage, annotations: StoredAnnotation[]) => {
    checkTogether(dataset, annotations)
    const previous_count = state.annotations(image.id).length
    state.setAnnotations(image.id, annotations)
    return {
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
    const saved: unknown[] = []
    const failed: unknown[] = []
    for (const { image_id, annotations } of saves) {
      try {
        const image = state.imageById(image_id)
        const parsed = z.array(annotationSchema).safeParse(annotations)
        if (!parsed.success) throw new Problem(422, 'invalid', parsed.error.issues[0].message)
        saved.push(saveTo(state.dataset(image.dataset_id), image, parsed.data))
      } catch (error) {
        if (!(error instanceof Problem)) throw error
        failed.push({ image_id, error: error.message })
      }
    }
    return { success: failed.length === 0, saved, failed }
  })

  /** Changes the annotations of a class on all images of a dataset, and its list of classes. */
  const changeClass = (
    dataset: StoredDataset,
    name: string,
    classes: StoredDataset['classes'],
    change: (annotation: StoredAnnotation) => StoredAnnotation[],
  ) => {
    if (!dataset.classes.some((item) => item.name === name)) throw notFound(`Class '${name}'`)
    let images_updated = 0
    let annotations_updated = 0
    state.transaction(() => {
      for (const { id } of state.images(dataset.id)) {
        const before = state.annotations(id)
        const touched = before.filter((annotation) => annotation.name === name).length
        if (touched === 0) continue
        images_updated++
        annotations_updated += touched
        state.setAnnotations(
          id,
          before.flatMap((item) => (item.name === name ? change(item) : [item])),
        )
      }
      state.putDataset({ ...dataset, classes })
    })
    return { data: { images_updated, annotations_updated, config_updated: true } }
  }

  app.post(`${BASE}/rename-class`, (request) => {
    requireRole(request, 'member')
    const { dataset: name, old_name, new_name } = bodyOf(request, renameClass)
    const dataset = state.dataset(name)
    if (dataset.classes.some((item) => item.name === new_name))
      throw conflict(`A class named '${new_name}' already exists`)
    const classes = dataset.classes.map((item) =>
      item.name === old_name ? { ...item, name: new_name } : item,
    )
    return changeClass(dataset, old_name, classes, (item) => [{ ...item, name: new_name }])
  })

  app.post(`${BASE}/merge-class`, (request) => {
    requireRole(request, 'member')
    const { dataset: name, source_name, target_name } = bodyOf(request, mergeClass)
    const dataset = state.dataset(name)
    const classes = dataset.classes.filter((item) => item.name !== source_name)
    if (!classes.some((item) => item.name === target_name)) throw notFound(`Class '${target_name}'`)
    return changeClass(dataset, source_name, classes, (item) => [{ ...item, name: target_name }])
  })

  app.post(`${BASE}/delete-class`, (request) => {
    requireRole(request, 'member')
    const { dataset: of, name, delete_annotations } = bodyOf(request, deleteClass)
    const dataset = state.dataset(of)
    const classes = dataset.classes.filter((item) => item.name !== name)
    return changeClass(dataset, name, classes, (item) => (delete_annotations ? [] : [item]))
  })

  app.post(`${BASE}/:dataset/*`, (request) => {
    requireRole(request, 'member')
    const { dataset: name, '*': path } = params(request)
    const dataset = state.dataset(name)
    const image = state.imageAt(dataset, path)
    const { annotations } = bodyOf(request, save)
    return { success: true, ...saveTo(dataset, image, annotations) }
  })

  app.delete(`${BASE}/:dataset/*`, (request) => {
    requireRole(request, 'admin')
    const { dataset, '*': path } = params(request)
    const image = state.imageAt(state.dataset(dataset), path)
    const deleted_count = state.annotations(image.id).length
    state.setAnnotations(image.id, [])
    return { image_id: image.id, deleted_count }
  })

  app.get('/api/v1/developer/organizations/me', (request) => {
    queryOf(request, NO_QUERY)
    return { organization: ORGANIZATION }
  })
}
