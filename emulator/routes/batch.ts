import type { FastifyInstance } from 'fastify'
import { cleanDirectory } from '#emulator/directories.ts'
import { InvalidRequest, notFound, Problem } from '#emulator/problems.ts'
import {
  batchCopy,
  batchCopyToDataset,
  batchDelete,
  batchMove,
  batchUpdate,
} from '#emulator/schemas.ts'
import { API, bodyOf, requireRole, requireWarm, type Service } from '#emulator/service.ts'
import { freeName, newId, type StoredDataset, type StoredImage } from '#emulator/state.ts'

const BASE = `${API}/batch/images`
const STAGES = new Set(['new', 'annotate', 'review', 'complete'])

interface Work {
  dataset: StoredDataset
  imageIds: readonly string[]
  affected: readonly string[]
  operation?: string
}

/** Batch operations: failures are listed, the rest is done. */
export function batchRoutes(app: FastifyInstance, { state }: Service): void {
  /** `each` returns whether the image was renamed. */
  const run = (
    { dataset, imageIds, affected, operation }: Work,
    each: (image: StoredImage) => boolean,
  ) => {
    const byId = new Map(state.images(dataset.id).map((image) => [image.id, image]))
    if (!imageIds.some((id) => byId.has(id))) throw notFound('None of the images was')
    const failed: { id: string; reason: string }[] = []
    let renamed = 0
    state.transaction(() => {
      for (const id of imageIds) {
        const found = byId.get(id)
        try {
          if (!found)
            throw new Problem(404, 'not_found', `Not an image of dataset '${dataset.name}'`)
          const { annotation_count: _count, min_confidence: _lowest, ...image } = found
          if (each(image)) renamed++
        } catch (error) {
          if (!(error instanceof Problem)) throw error
          failed.push({ id, reason: error.message })
        }
      }
    })
    return {
      success: failed.length === 0,
      processed: imageIds.length - failed.length,
      failed,
      affected_directories: affected,
      renamed,
      ...(operation !== undefined && { operation }),
    }
  }

  app.patch(`${BASE}/update`, (request) => {
    requireRole(request, 'member')
    const { updates, dataset_name, image_ids } = bodyOf(request, batchUpdate)
    const { status, is_archived, display_name } = updates
    if (status !== undefined && !STAGES.has(status))
      throw new InvalidRequest(
        [{ loc: ['body', 'updates', 'status'], msg: `'${status}' is not a stage` }],
        400,
      )
    const dataset = state.dataset(dataset_name)
    return run({ dataset, imageIds: image_ids, affected: [] }, (image) => {
      state.updateImage({
        ...image,
        ...(status !== undefined && { status }),
        ...(is_archived !== undefined && { is_archived }),
        ...(display_name !== undefined && { display_name }),
      })
      return false
    })
  })

  app.post(`${BASE}/move`, (request) => {
    requireRole(request, 'member')
    const { target_directory_path, dataset_name, image_ids } = bodyOf(request, batchMove)
    const dataset = state.dataset(dataset_name)
    const target = cleanDirectory(target_directory_path)
    return run({ dataset, imageIds: image_ids, affected: [target] }, (image) => {
      if (image.directory_path === target) return false
      const filename = freeName(state, dataset.id, target, image.filename, 1)
      state.moveImage({ ...image, directory_path: target, filename })
      return filename !== image.filename
    })
  })

  app.post(`${BASE}/copy`, (request) => {
    requireRole(request, 'member')
    const body = bodyOf(request, batchCopy)
    const dataset = state.dataset(body.dataset_name)
    requireWarm(dataset)
    const directory_path = cleanDirectory(body.target_directory_path)
    const work = { dataset, imageIds: body.image_ids, affected: [directory_path] }
    return run(work, (image) => {
      const older = state.imageIn(dataset.id, directory_path, image.filename)
      if (older && body.duplicate_handling === 'skip')
        throw new Problem(409, 'conflict', `'${image.filename}' is already there`)
      if (older?.id === image.id && body.duplicate_handling === 'overwrite')
        throw new Problem(409, 'conflict', 'An image is not copied over itself')
      if (older && body.duplicate_handling === 'overwrite') state.deleteImage(older.id)
      const filename = freeName(state, dataset.id, directory_path, image.filename, 2)
      const copy = { ...image, id: newId(), directory_path, filename }
      state.addImage(copy)
      if (body.copy_annotations) state.setAnnotations(copy.id, state.annotations(image.id))
      return false
    })
  })

  app.post(`${BASE}/copy-to-dataset`, (request) => {
    requireRole(request, 'member')
    const body = bodyOf(request, batchCopyToDataset)
    const source = state.dataset(body.dataset_name)
    const target = state.dataset(body.target_dataset_name)
    const directory_path = cleanDirectory(body.target_directory_path)
    const used = new Set<string>()
    const work = {
      dataset: source,
      imageIds: body.image_ids,
      affected: [directory_path],
      operation: 'copied',
    }
    const result = run(work, (image) => {
      const filename = freeName(state, target.id, directory_path, image.filename, 1)
      const copy = { ...image, id: newId(), dataset_id: target.id, directory_path, filename }
      state.addImage(copy)
      const annotations = state.annotations(image.id)
      state.setAnnotations(copy.id, annotations)
      for (const { name } of annotations) used.add(name)
      return filename !== image.filename
    })
    const known = new Set(target.classes.map(({ name }) => name))
    const added = source.classes.filter(({ name }) => used.has(name) && !known.has(name))
    if (added.length > 0) state.putDataset({ ...target, classes: [...target.classes, ...added] })
    const classes_added = [...new Set(added.map(({ name }) => name))]
    return { ...result, target_dataset: target.name, classes_added }
  })

  app.post(`${BASE}/delete`, (request) => {
    const { permanent, dataset_name, image_ids } = bodyOf(request, batchDelete)
    requireRole(request, permanent ? 'admin' : 'member')
    const work = {
      dataset: state.dataset(dataset_name),
      imageIds: image_ids,
      affected: [],
      operation: permanent ? 'deleted' : 'archived',
    }
    return run(work, (image) => {
      if (permanent) state.deleteImage(image.id)
      else state.updateImage({ ...image, is_archived: true })
      return false
    })
  })
}
