import { z } from 'zod'
import type { Annotation } from '#shared/model/annotation.ts'
import { ValidationError } from './errors.ts'
import { type CallOptions, type Http, segment } from './http.ts'
import { imageRoute, imageTarget, requireSameId } from './image-address.ts'
import { refuseUnknown } from './options.ts'
import { withOwnIds } from './own-ids.ts'
import { bulkSavedSchema, classChangeSchema, data, savedSchema } from './schemas.ts'
import { anyId, number, rowsOf, whole } from './tolerant.ts'
import { fromWireAnnotation, toWireAnnotation, type WireAnnotation } from './wire-annotation.ts'

/** The service's limit for one bulk save, in images. */
export const BULK_SAVE_LIMIT = 200

const noneSchema = z.object({ annotations: z.null(), annotation_count: z.literal(0) })
/** null is no list: read as empty, it would be saved as empty. Only a count of 0 says that there are none. */
const listSchema = z.preprocess(
  (answer): unknown => {
    const said = noneSchema.safeParse(answer)
    return said.success ? { annotations: [] } : answer
  },
  z
    .object({ annotations: z.array(z.unknown()), annotation_count: whole, image_id: anyId })
    .transform(({ annotations, annotation_count: said, image_id }, context) => {
      // A shortened list would be saved as short as it came.
      if (said !== null && said !== annotations.length) {
        const message = `${annotations.length} annotations came, and the answer counts ${said}`
        context.issues.push({ code: 'custom', path: ['annotations'], message, input: said })
        return z.NEVER
      }
      return { annotations: rowsOf(z.looseObject({}), annotations), image_id }
    }),
)

const deletedSchema = z.object({ image_id: anyId, deleted_count: number })

export type SavedAnnotations = z.infer<typeof savedSchema>
export type DeletedAnnotations = z.infer<typeof deletedSchema>

type Pair = readonly [number, number]

/** Optional fields of a new annotation. */
export interface CreateFields {
  confidence?: number
  /** The Python README's name for attributes. */
  metadata?: Record<string, unknown>
  attributes?: Record<string, unknown>
}

/**
 * Converts any documented form of an annotation (canonical, or the old shorthand) to the one that the service
 * accepts. Throws a ValidationError that names the field.
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

  /**
   * In the service's form, exactly as stored: unknown data stays, because a save replaces everything. `image`: its
   * path in the dataset, or its UUID, for which the dataset may be left out.
   */
  async get(image: string, call?: CallOptions): Promise<WireAnnotation[]>
  async get(dataset: string, image: string, call?: CallOptions): Promise<WireAnnotation[]>
  async get(
    first: string,
    second: string | CallOptions = {},
    third: CallOptions = {},
  ): Promise<WireAnnotation[]> {
    const target = imageTarget(first, second)
    const call = typeof second === 'string' ? third : second
    if (target.dataset === null) return this.getById(target.image, call)
    const route = `/annotations/${await imageRoute(this.#http, target, call)}`
    return (await this.#http.json(listSchema, 'GET', route, call)).annotations
  }

  /** The same by the image's UUID alone; its `annotation_url` points there. */
  async getById(imageId: string, call: CallOptions = {}): Promise<WireAnnotation[]> {
    const route = `/annotations/${segment(imageId)}/file`
    const { annotations, image_id } = await this.#http.json(listSchema, 'GET', route, call)
    requireSameId(imageId, image_id, `GET ${route}`)
    return annotations
  }

  /**
   * In the app's form. Unreadable annotations do not hide the others. Because a save replaces everything, they must
   * be sent back, see `saveMany`.
   */
  async readById(
    imageId: string,
    call: CallOptions = {},
  ): Promise<{ annotations: Annotation[]; unreadable: WireAnnotation[] }> {
    const annotations: Annotation[] = []
    const unreadable: WireAnnotation[] = []
    const given = await this.getById(imageId, call)
    withOwnIds(imageId, given).forEach((value, index) => {
      const parsed = fromWireAnnotation(value)
      if (parsed.ok) annotations.push(parsed.annotation)
      else unreadable.push(given[index])
    })
    return { annotations, unreadable }
  }

  /** `annotations`: canonical or shorthand. `previous_count` shows whether somebody saved since they were read. */
  async save(
    image: string,
    annotations: readonly unknown[],
    call?: CallOptions,
  ): Promise<SavedAnnotations>
  async save(
    dataset: string,
    image: string,
    annotations: readonly unknown[],
    call?: CallOptions,
  ): Promise<SavedAnnotations>
  async save(
    first: string,
    ...others:
      | [annotations: readonly unknown[], call?: CallOptions]
      | [image: string, annotations: readonly unknown[], call?: CallOptions]
  ): Promise<SavedAnnotations> {
    const target = imageTarget(first, others[0])
    const [annotations, call = {}] = (typeof others[0] === 'string' ? others.slice(1) : others) as [
      readonly unknown[],
      CallOptions?,
    ]
    const body = { annotations: canonicalList(annotations) }
    const route = `/annotations/${await imageRoute(this.#http, target, call)}`
    return this.#http.json(savedSchema, 'POST', route, { ...call, body })
  }

  /** At most `BULK_SAVE_LIMIT` images. `unreadable`: from `readById`, sent back unchanged. */
  saveMany(
    saves: readonly {
      imageId: string
      annotations: readonly unknown[]
      unreadable?: readonly WireAnnotation[]
    }[],
    call: CallOptions = {},
  ) {
    const body = {
      saves: saves.map(({ imageId, annotations, unreadable = [] }) => ({
        image_id: imageId,
        annotations: [...canonicalList(annotations), ...unreadable],
      })),
    }
    return this.#http.json(bulkSavedSchema, 'POST', '/annotations/bulk', { ...call, body })
  }

  /** Returns the number of deleted annotations; null if the service does not report it. */
  async delete(image: string, call?: CallOptions): Promise<DeletedAnnotations>
  async delete(dataset: string, image: string, call?: CallOptions): Promise<DeletedAnnotations>
  async delete(
    first: string,
    second: string | CallOptions = {},
    third: CallOptions = {},
  ): Promise<DeletedAnnotations> {
    const target = imageTarget(first, second)
    const call = typeof second === 'string' ? third : second
    const route = `/annotations/${await imageRoute(this.#http, target, call)}`
    return this.#http.json(deletedSchema, 'DELETE', route, call)
  }

  /** `id`: unique in the image, preferably a UUID. `bbox`: x, y, width, height in image pixels. */
  createBbox(
    id: string,
    name: string,
    bbox: readonly [number, number, number, number],
    fields: CreateFields = {},
  ): WireAnnotation {
    return created('createBbox', { id, name, type: 'bbox', bbox }, fields)
  }

  /** `polygon`: its corners, without repeating the first. */
  createPolygon(
    id: string,
    name: string,
    polygon: readonly Pair[],
    fields: CreateFields = {},
  ): WireAnnotation {
    return created('createPolygon', { id, name, type: 'polygon', polygon }, fields)
  }

  createPolyline(
    id: string,
    name: string,
    polyline: readonly Pair[],
    fields: CreateFields = {},
  ): WireAnnotation {
    return created('createPolyline', { id, name, type: 'polyline', polyline }, fields)
  }

  /** `instanceId`: points with the same id belong to one object. */
  createKeypoint(
    id: string,
    name: string,
    keypoint: Pair,
    { instanceId, ...fields }: CreateFields & { instanceId?: number } = {},
  ): WireAnnotation {
    const instance = instanceId === undefined ? {} : { instance_id: instanceId }
    return created('createKeypoint', { ...instance, id, name, type: 'keypoint', keypoint }, fields)
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

const CREATE_FIELDS = ['confidence', 'metadata', 'attributes']

function created(
  name: string,
  shape: Record<string, unknown>,
  fields: CreateFields,
): WireAnnotation {
  refuseUnknown(`annotations.${name}`, fields, CREATE_FIELDS)
  return canonical({ ...fields, ...shape })
}
