import type { FastifyInstance } from 'fastify'
import type { z } from 'zod'
import { Problem } from '#emulator/problems.ts'
import { batchCopy, batchDelete, batchMove, batchUpdate } from '#emulator/schemas.ts'
import { bodyOf, requireRole, type Service } from '#emulator/service.ts'
import { newId, type StoredImage } from '#emulator/state.ts'

const BASE = '/api/v1/developer/batch/images'

/** Work on many images at once: what fails is listed, the rest is done. */
export function batchRoutes(app: FastifyInstance, { state }: Service): void {
  const each = (
    { dataset_name, image_ids }: { dataset_name: string; image_ids: readonly string[] },
    work: (image: StoredImage) => void,
  ) => {
    const { id } = state.dataset(dataset_name)
    const byId = new Map(state.images(id).map((image) => [image.id, image]))
    const failed: { id: string; reason: string }[] = []
    state.transaction(() => {
      for (const imageId of image_ids) {
        const found = byId.get(imageId)
        try {
          if (!found) throw new Problem(404, 'not_found', 'not found')
          const { annotation_count: _count, ...image } = found
          work(image)
        } catch (error) {
          if (!(error instanceof Problem)) throw error
          failed.push({ id: imageId, reason: error.message })
        }
      }
    })
    const processed = image_ids.length - failed.length
    return {
      success: failed.length === 0,
      processed,
      failed,
      affected_directories: [],
      renamed: [],
    }
  }

  /** A name that is free in a directory: `a.png`, `a (2).png`, … */
  const freeName = (datasetId: string, directory: string, filename: string): string => {
    const taken = new Set(
      state
        .images(datasetId)
        .filter(({ directory_path }) => directory_path === directory)
        .map((image) => image.filename),
    )
    const dot = filename.lastIndexOf('.')
    let name = filename
    for (let number = 2; taken.has(name); number++)
      name = `${filename.slice(0, dot)} (${number})${filename.slice(dot)}`
    return name
  }

  app.patch(`${BASE}/update`, (request) => {
    requireRole(request, 'member')
    const { updates, ...target } = bodyOf(request, batchUpdate)
    return each(target, (image) => {
      const { status = image.status, is_archived = image.is_archived } = updates
      state.updateImage({ ...image, status, is_archived })
    })
  })

  app.post(`${BASE}/move`, (request) => {
    requireRole(request, 'member')
    const { target_directory_path, ...target } = bodyOf(request, batchMove)
    return each(target, (image) => {
      const filename = freeName(image.dataset_id, target_directory_path, image.filename)
      state.moveImage({ ...image, directory_path: target_directory_path, filename })
    })
  })

  app.post(`${BASE}/copy`, (request) => {
    requireRole(request, 'member')
    const body: z.infer<typeof batchCopy> = bodyOf(request, batchCopy)
    return each(body, (image) => {
      const directory_path = body.target_directory_path
      const name = freeName(image.dataset_id, directory_path, image.filename)
      if (name !== image.filename && body.duplicate_handling === 'skip') return
      if (name !== image.filename && body.duplicate_handling === 'overwrite') {
        const old = state
          .images(image.dataset_id)
          .find(
            (other) => other.directory_path === directory_path && other.filename === image.filename,
          )
        if (old) state.deleteImage(old.id)
      }
      const filename = body.duplicate_handling === 'overwrite' ? image.filename : name
      const copy = { ...image, id: newId(), directory_path, filename }
      state.addImage(copy)
      if (body.copy_annotations) state.setAnnotations(copy.id, state.annotations(image.id))
    })
  })

  app.post(`${BASE}/delete`, (request) => {
    requireRole(request, 'member')
    const { permanent, ...target } = bodyOf(request, batchDelete)
    return each(target, (image) => {
      if (permanent) state.deleteImage(image.id)
      else state.updateImage({ ...image, is_archived: true })
    })
  })
}
