import { z } from 'zod'
import type { Annotation } from '#shared/model/annotation.ts'
import { UnexpectedAnswerError, ValidationError } from './errors.ts'
import { type CallOptions, type Http, imagePath, segment } from './http.ts'
import { bulkSavedSchema, classChangeSchema, data, savedSchema } from './schemas.ts'
import { fromWireAnnotation, toWireAnnotation, type WireAnnotation } from './wire-annotation.ts'

/** The service's limit of one bulk save, in images. */
export const BULK_SAVE_LIMIT = 200

const listSchema = z.object({
  image_id: z.string().nullish(),
  filename: z.string().nullish(),
  image: z.string().nullish(),
  annotations: z.array(z.unknown()),
})

type Pair = readonly [number, number]

/** What an annotation may have besides its shape. */
interface CreateFields {
  id?: string
  confidence?: number
  /** The README's word for attributes. */
  metadata?: Record<string, unknown>
  attributes?: Record<string, unknown>
}

/**
 * Any form of an annotation that was ever written about (canonical, or the old shorthand) in the form that
 * the service takes. Throws a ValidationError that names the field.
 */
export function canonical(value: unknown, where = 'annotation'): WireAnnotation {
  const parsed = fromWireAnnotation(value)
  if (parsed.ok) return toWireAnnotation(parsed.annotation)
  const message = `${where}.${parsed.field}: ${parsed.message}`
  throw new ValidationError(message, { route: 'save annotations' }, [
    { field: `${where}.${parsed.field}`, message: parsed.message },
  ])
}

/** A save replaces all annotations of an image. All methods throw a PictographError. */
export class Annotations {
  readonly #http: Http

  constructor(http: Http) {
    this.#http = http
  }

  /** In the service's form. */
  async get(dataset: string, path: string, call: CallOptions = {}): Promise<WireAnnotation[]> {
    return (await this.read(dataset, path, call)).map(toWireAnnotation)
  }

  /** In the app's form. */
  async read(dataset: string, path: string, call: CallOptions = {}): Promise<Annotation[]> {
    const route = `/annotations/${segment(dataset)}/${imagePath(path)}`
    return this.#list(route, call)
  }

  /** By the image's UUID, which is what its `annotation_url` points to. In the app's form. */
  async readById(imageId: string, call: CallOptions = {}): Promise<Annotation[]> {
    return this.#list(`/annotations/${segment(imageId)}/file`, call)
  }

  async #list(route: string, call: CallOptions): Promise<Annotation[]> {
    const { annotations } = await this.#http.json(listSchema, 'GET', route, call)
    return annotations.map((value, index) => {
      const parsed = fromWireAnnotation(value)
      if (parsed.ok) return parsed.annotation
      const field = `annotations.${index}.${parsed.field}`
      throw new UnexpectedAnswerError(
        `GET ${route} answered something unexpected: ${field}: ${parsed.message}`,
        {
          route: `GET ${route}`,
          details: { field },
        },
      )
    })
  }

  /** `annotations`: canonical or shorthand. `previous_count` tells of somebody who saved since they were read. */
  save(dataset: string, path: string, annotations: readonly unknown[], call: CallOptions = {}) {
    const route = `/annotations/${segment(dataset)}/${imagePath(path)}`
    const body = { annotations: canonicalList(annotations) }
    return this.#http.json(savedSchema, 'POST', route, { ...call, body })
  }

  /** At most `BULK_SAVE_LIMIT` images. */
  saveMany(
    saves: readonly { imageId: string; annotations: readonly unknown[] }[],
    call: CallOptions = {},
  ) {
    const body = {
      saves: saves.map(({ imageId, annotations }) => ({
        image_id: imageId,
        annotations: canonicalList(annotations),
      })),
    }
    return this.#http.json(bulkSavedSchema, 'POST', '/annotations/bulk', { ...call, body })
  }

  /** Answers how many there were. */
  async delete(dataset: string, path: string, call: CallOptions = {}): Promise<number> {
    const route = `/annotations/${segment(dataset)}/${imagePath(path)}`
    const schema = z.object({ deleted_count: z.number().int() })
    return (await this.#http.json(schema, 'DELETE', route, call)).deleted_count
  }

  /** `bbox`: x, y, width, height in image pixels. */
  createBbox(
    name: string,
    bbox: readonly [number, number, number, number],
    fields: CreateFields = {},
  ) {
    return canonical({ ...fields, name, type: 'bbox', bbox })
  }

  createPolygon(name: string, polygon: readonly Pair[], fields: CreateFields = {}) {
    return canonical({ ...fields, name, type: 'polygon', polygon })
  }

  createPolyline(name: string, polyline: readonly Pair[], fields: CreateFields = {}) {
    return canonical({ ...fields, name, type: 'polyline', polyline })
  }

  createKeypoint(
    name: string,
    keypoint: Pair,
    { instanceId, ...fields }: CreateFields & { instanceId?: number } = {},
  ) {
    const instance = instanceId === undefined ? {} : { instance_id: instanceId }
    return canonical({ ...fields, ...instance, name, type: 'keypoint', keypoint })
  }

  async renameClass(dataset: string, oldName: string, newName: string, call: CallOptions = {}) {
    return this.#changeClass(
      'rename-class',
      { dataset, old_name: oldName, new_name: newName },
      call,
    )
  }

  async mergeClass(dataset: string, source: string, target: string, call: CallOptions = {}) {
    return this.#changeClass(
      'merge-class',
      { dataset, source_name: source, target_name: target },
      call,
    )
  }

  async deleteClass(
    dataset: string,
    name: string,
    {
      classType,
      deleteAnnotations,
      ...call
    }: CallOptions & { classType: string | null; deleteAnnotations: boolean },
  ) {
    const body = { dataset, name, class_type: classType, delete_annotations: deleteAnnotations }
    return this.#changeClass('delete-class', body, call)
  }

  async #changeClass(verb: string, body: Record<string, unknown>, call: CallOptions) {
    const path = `/annotations/${verb}`
    return (await this.#http.json(data(classChangeSchema), 'POST', path, { ...call, body })).data
  }
}

function canonicalList(annotations: readonly unknown[]): WireAnnotation[] {
  return annotations.map((value, index) => canonical(value, `annotations.${index}`))
}
