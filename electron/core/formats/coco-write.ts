import type { Split } from '#shared/model/dataset.ts'
import { fieldsOf, givenOf, isJsonObject, sameJson } from './carry.ts'
import { RENAMED } from './class-extra.ts'
import { isLargeId } from './coco-index.ts'
import { readSkeleton } from './coco-read.ts'
import { cocoFields } from './coco-shape.ts'
import { withoutKeys } from './fields.ts'
import { jointClasses, type LabelObject, leadOf, objectsOf } from './objects.ts'
import type {
  ImagePlace,
  Json,
  JsonObject,
  LabelledImage,
  LabelWriter,
  OutputPiece,
  WriteContext,
} from './types.ts'

// The layout: https://cocodataset.org/#format-data

/** Whole numbers below this are noted as one bit each. */
const MOST_BITS = 1 << 27

/** Which ids are taken; a million numbers take no more than they need. */
class TakenIds {
  #bits = new Uint8Array(1 << 12)
  readonly #others = new Set<Json>()

  has(id: Json): boolean {
    return isSmall(id) ? (((this.#bits[id >> 3] ?? 0) >> (id & 7)) & 1) === 1 : this.#others.has(id)
  }

  add(id: Json): void {
    if (!isSmall(id)) {
      this.#others.add(id)
      return
    }
    const byte = id >> 3
    if (byte >= this.#bits.length) {
      const grown = new Uint8Array(Math.max(byte + 1, this.#bits.length * 2))
      grown.set(this.#bits)
      this.#bits = grown
    }
    this.#bits[byte] |= 1 << (id & 7)
  }
}

const isSmall = (id: Json): id is number =>
  typeof id === 'number' && Number.isInteger(id) && id >= 0 && id < MOST_BITS

/** Writes a number as it is spelt (ECMAScript 2025); not yet in TypeScript's library. */
const { rawJSON } = JSON as unknown as { rawJSON(text: string): unknown }

/** An id that was kept as text because it is too large, as the number that it is. */
const exactId = (id: Json): unknown => (isLargeId(id) ? rawJSON(id) : id)

/** Hands out ids: those that things had before, where they are free. */
class Ids {
  readonly #taken = new TakenIds()
  #next = 1

  give(wanted: Json | undefined): Json {
    const isFree =
      (typeof wanted === 'number' || typeof wanted === 'string') && !this.#taken.has(wanted)
    const id = isFree ? wanted : this.#free()
    this.#taken.add(id)
    if (isSmall(id)) this.#next = Math.max(this.#next, id + 1)
    return id
  }

  #free(): number {
    while (this.#taken.has(this.#next)) this.#next++
    return this.#next
  }
}

interface Category {
  id: Json
  name: string
  keypoints: string[] | null
  skeleton: Json
  others: JsonObject
}

/** One file of the export: annotations are written as they come, images after them. */
interface OpenFile {
  path: string
  images: string[]
  imageIds: Ids
  annotationIds: Ids
  isEmpty: boolean
}

export class CocoWriter implements LabelWriter {
  readonly #context: WriteContext
  readonly #own: JsonObject
  readonly #categories = new Map<string, Category>()
  readonly #categoryIds = new Ids()
  readonly #files = new Map<Split | 'default', OpenFile>()

  constructor(context: WriteContext) {
    this.#context = context
    this.#own = fieldsOf(context.head.extra, 'coco')
    const joints = jointClasses(context.head.classes)
    const own = isJsonObject(this.#own.categories) ? this.#own.categories : {}
    for (const { name } of context.head.classes)
      if (own[name] !== undefined || !joints.has(name)) this.#category(name)
  }

  #category(className: string): Category {
    const there = this.#categories.get(className)
    if (there) return there
    const all = this.#own.categories
    const raw = isJsonObject(all) ? all[className] : undefined
    const before = isJsonObject(raw) ? raw : null
    const skeleton = this.#context.head.classes.find(({ name }) => name === className)?.skeleton
    const keypoints = skeleton?.nodes.map(({ name }) => name) ?? null
    // COCO counts a skeleton's joints from 1.
    const edges = skeleton?.edges.map(([a, b]) => [a + 1, b + 1]) ?? []
    const isSame = sameJson(readSkeleton(before?.skeleton, keypoints?.length ?? 0), skeleton?.edges)
    const category: Category = {
      id: this.#categoryIds.give(before?.id),
      name: typeof before?.name === 'string' ? before.name : className,
      keypoints,
      skeleton: isSame && before?.skeleton ? before.skeleton : edges,
      others: before
        ? withoutKeys(before, ['id', 'name', 'keypoints', 'skeleton', RENAMED])
        : { supercategory: '' },
    }
    this.#categories.set(className, category)
    return category
  }

  #file(split: Split | 'default'): { file: OpenFile; isNew: boolean } {
    const there = this.#files.get(split)
    if (there) return { file: there, isNew: false }
    const file: OpenFile = {
      path: `annotations/instances_${split}.json`,
      images: [],
      imageIds: new Ids(),
      annotationIds: new Ids(),
      isEmpty: true,
    }
    this.#files.set(split, file)
    return { file, isNew: true }
  }

  *write(image: LabelledImage, { label }: ImagePlace): Generator<OutputPiece> {
    const { file, isNew } = this.#file(image.split ?? 'default')
    const before = fieldsOf(image.extra, 'coco')
    const imageId = file.imageIds.give(before.id)
    file.images.push(
      JSON.stringify({
        ...before,
        id: exactId(imageId),
        file_name: label,
        ...(image.width !== null && { width: image.width }),
        ...(image.height !== null && { height: image.height }),
      }),
    )
    const lines = this.#lines(image).map(({ id, category_id: category, ...fields }) =>
      JSON.stringify({
        id: exactId(file.annotationIds.give(id)),
        image_id: exactId(imageId),
        category_id: exactId(category),
        ...fields,
      }),
    )
    const begin = isNew ? '{"annotations":[\n' : ''
    if (lines.length === 0 && !isNew) return
    const content = lines.join(',\n')
    const joint = file.isEmpty || lines.length === 0 ? '' : ',\n'
    if (lines.length > 0) file.isEmpty = false
    yield { path: file.path, content: `${begin}${joint}${content}`, more: true }
  }

  #lines(image: LabelledImage): JsonObject[] {
    const { head } = this.#context
    const objects = objectsOf(image.annotations, head.classes)
    const perInstance = new Map<number, number>()
    for (const object of objects) {
      const { instanceId } = leadOf(object)
      if (instanceId !== undefined)
        perInstance.set(instanceId, (perInstance.get(instanceId) ?? 0) + 1)
    }
    return objects.flatMap((object) => {
      const fields = this.#object(object, image)
      if (!fields) return []
      const { instanceId } = leadOf(object)
      // The instance id is only written if several objects share it, or if the object has a single part.
      const isTold =
        instanceId !== undefined &&
        ((perInstance.get(instanceId) ?? 0) > 1 || object.members.length === 1)
      if (object.joints.size > 0) this.#reportJoints(object, image.path)
      return [isTold ? { ...fields, instance_id: instanceId } : fields]
    })
  }

  #object(object: LabelObject, image: LabelledImage): JsonObject | null {
    const { losses } = this.#context
    const { width, height } = image
    const size = width === null || height === null ? null : { width, height }
    const category = this.#category(object.className)
    if (object.joints.size > 0 && !category.keypoints) category.keypoints = [category.name]
    const joints = object.owner?.name === object.className ? category.keypoints : [object.className]
    const { rotation, ...given } = givenOf(object.members, 'coco') ?? {}
    // A segmentation that is written unchanged loses nothing.
    const told = given.segmentation === undefined ? losses : null
    const fields = cocoFields(object, joints, size, told, image.path)
    if (!fields) {
      losses.leaveOutOne()
      return null
    }
    const kept = fieldsOf(leadOf(object).extra, 'coco')
    const attributes = isJsonObject(fields.attributes) ? fields.attributes : null
    const { attributes: odd, ...others } = kept
    return {
      category_id: category.id,
      ...others,
      ...fields,
      ...given,
      ...(odd !== undefined && !attributes && { attributes: odd }),
      ...(rotation !== undefined && { attributes: { ...attributes, rotation } }),
    }
  }

  #reportJoints({ joints, owner }: LabelObject, path: string): void {
    if (!owner) return
    for (const [name, { attributes }] of joints) {
      const { occluded: _occluded, ...others } = attributes
      if (Object.keys(others).length > 0)
        this.#context.losses.add(
          `a joint's attributes other than "occluded" have no place in COCO`,
          `${path}: ${name}`,
        )
    }
  }

  *end(): Generator<OutputPiece> {
    const { head } = this.#context
    const categories = [...this.#categories.values()].map(
      ({ id, name, keypoints, skeleton, others }) => ({
        id: exactId(id),
        name,
        ...others,
        ...(keypoints && { keypoints, skeleton }),
      }),
    )
    const isCoco = head.extra?.coco !== undefined
    const top = withoutKeys(this.#own, ['categories', 'images', 'annotations'])
    const rest = { ...(!isCoco && { info: { description: head.name } }), ...top, categories }
    if (this.#files.size === 0) this.#file('default')
    for (const { path, images, isEmpty } of this.#files.values()) {
      const begin = isEmpty && images.length === 0 ? '{"annotations":[\n' : ''
      yield {
        path,
        content: `${begin}\n],"images":[\n${images.join(',\n')}\n],${JSON.stringify(rest).slice(1)}\n`,
      }
    }
  }
}
