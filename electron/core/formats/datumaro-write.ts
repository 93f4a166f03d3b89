import type { Annotation } from '#shared/model/annotation.ts'
import type { Split } from '#shared/model/dataset.ts'
import { stemOf } from '#shared/model/paths.ts'
import { isOccluded } from '#shared/model/pose.ts'
import { fieldsOf, givenOf, isJsonObject, spelledTogether } from './carry.ts'
import { RENAMED } from './class-extra.ts'
import { rounded } from './common.ts'
import { flatPoints, shapeFields } from './datumaro-shape.ts'
import { withoutKeys } from './fields.ts'
import { hasOwnBox, jointClasses, type LabelObject, objectsOf } from './objects.ts'
import type {
  ImagePlace,
  Json,
  JsonObject,
  LabelledImage,
  LabelWriter,
  OutputPiece,
  WriteContext,
} from './types.ts'
import { ClassNumbers } from './write-labels.ts'

// The layout: https://openvinotoolkit.github.io/datumaro/latest/docs/data-formats/formats/datumaro.html

/** In `extra` of an image: annotations that have no place here. */
export const FOREIGN = 'other annotations'

export class DatumaroWriter implements LabelWriter {
  readonly #context: WriteContext
  readonly #own: JsonObject
  readonly #numbers: ClassNumbers
  readonly #files = new Set<Split | 'default'>()

  constructor(context: WriteContext) {
    this.#context = context
    this.#own = fieldsOf(context.head.extra, 'datumaro')
    const joints = jointClasses(context.head.classes)
    const before = [...this.#labelsBefore().keys()]
    const names = context.head.classes.map(({ name }) => name)
    this.#numbers = new ClassNumbers([
      ...before,
      ...names.filter((name) => !joints.has(name) && !before.includes(name)),
    ])
  }

  /** The labels as the file had them, by the names that they have here. */
  #labelsBefore(): Map<string, JsonObject> {
    const { labels, called } = this.#own
    const names = Array.isArray(called) ? called.map(String) : []
    const raws = (Array.isArray(labels) ? labels.filter(isJsonObject) : []).map((label) =>
      withoutKeys(label, [RENAMED]),
    )
    return new Map(names.map((name, index) => [name, raws[index] ?? { name }]))
  }

  *write(image: LabelledImage, { label }: ImagePlace): Generator<OutputPiece> {
    const file = image.split ?? 'default'
    const start = this.#files.has(file) ? ',\n' : '{"items":[\n'
    this.#files.add(file)
    const content = start + JSON.stringify(this.#item(image, label))
    yield { path: `annotations/${file}.json`, content, more: true }
  }

  *end(): Generator<OutputPiece> {
    const rest = JSON.stringify(this.#top()).slice(1)
    if (this.#files.size === 0)
      yield { path: 'annotations/default.json', content: `{"items":[\n],${rest}\n` }
    for (const file of this.#files)
      yield { path: `annotations/${file}.json`, content: `\n],${rest}\n` }
  }

  #top(): JsonObject {
    const { categories, top } = this.#own
    const others = isJsonObject(categories) ? categories : {}
    const label = isJsonObject(others.label) ? others.label : {}
    const before = this.#labelsBefore()
    const skeletons = this.#context.head.classes.flatMap(({ name, skeleton }) =>
      skeleton
        ? [
            {
              label_id: this.#numbers.of(name),
              labels: skeleton.nodes.map((node) => node.name),
              joints: skeleton.edges.map(([from, to]) => [from + 1, to + 1]),
            },
          ]
        : [],
    )
    const points = isJsonObject(others.points) ? others.points : {}
    return {
      dm_format_version: '1.0',
      media_type: 2,
      infos: {},
      ...(isJsonObject(top) && top),
      categories: {
        ...others,
        label: {
          ...label,
          labels: this.#numbers.names.map(
            (name) => before.get(name) ?? { name, parent: '', attributes: [] },
          ),
        },
        ...((skeletons.length > 0 || others.points !== undefined) && {
          points: { ...points, items: skeletons },
        }),
      },
    }
  }

  #item(image: LabelledImage, label: string): JsonObject {
    const {
      id,
      image: before,
      path,
      [FOREIGN]: foreign,
      ...others
    } = fieldsOf(image.extra, 'datumaro')
    const { width, height } = image
    const isSame = typeof path === 'string' && path === label
    const size: JsonObject = width !== null && height !== null ? { size: [height, width] } : {}
    const kept = this.#foreign(image, foreign)
    const keptTags = new Set(kept.map(({ label_id }) => label_id))
    return {
      ...others,
      id: isSame && id !== undefined ? id : stemOf(label),
      annotations: [
        ...(image.tags ?? [])
          .map((tag) => this.#numbers.of(tag))
          .filter((number) => !keptTags.has(number))
          .map((number) => ({
            id: 0,
            type: 'label',
            attributes: {},
            group: 0,
            label_id: number,
          })),
        ...this.#annotations(image),
        ...kept,
      ],
      image: { ...(isJsonObject(before) && before), path: label, ...size },
    }
  }

  /** Annotations that only Datumaro knows; tags among them as long as the image has them. */
  #foreign({ tags = [] }: LabelledImage, foreign: Json | undefined): JsonObject[] {
    const list = Array.isArray(foreign) ? foreign.filter(isJsonObject) : []
    return list.flatMap((raw) => {
      const { label_id: label } = raw
      if (typeof label !== 'string') return [raw]
      if (raw.type === 'label' && !tags.includes(label)) return []
      return [{ ...raw, label_id: this.#numbers.of(label) }]
    })
  }

  #fields(label: string, group: Json, attributes: JsonObject): JsonObject {
    return { id: 0, group, label_id: this.#numbers.of(label), attributes, z_order: 0 }
  }

  #one(annotations: readonly Annotation[], image: LabelledImage): JsonObject {
    const [lead] = annotations
    const { shape, confidence, className, instanceId } = lead
    const { label, group, occluded, ...spelt } = givenOf(annotations, 'datumaro') ?? {}
    const kept = fieldsOf(lead.extra, 'datumaro')
    const { width, height, path } = image
    const size = width !== null && height !== null ? { width, height } : null
    const isSpelt = spelt.type !== undefined
    const isPoints = isSpelt && spelt.type === 'points'
    const { occluded: own, ...others } = lead.attributes
    const stated = isPoints && occluded !== undefined ? { ...others, occluded } : others
    const attributes = isPoints
      ? stated
      : { ...others, ...(own !== undefined && { occluded: own }) }
    const isShared = image.annotations.some(
      (one) => one.instanceId === instanceId && !annotations.includes(one),
    )
    const wanted = group === 0 && !isShared ? 0 : (instanceId ?? 0)
    return {
      ...this.#fields(typeof label === 'string' ? label : className, wanted, {
        ...attributes,
        ...(shape.kind === 'oriented_box' && { rotation: rounded(shape.angleDeg) }),
        ...(confidence !== 1 && { score: confidence }),
      }),
      ...kept,
      ...(isSpelt ? spelt : shapeFields(shape, size, this.#context.losses, path)),
    }
  }

  /** A pose as one list of points, in the order of its skeleton. */
  #pose({ joints, owner }: LabelObject, path: string): JsonObject {
    const points = [...joints.values()]
    const [lead] = points
    const nodes = owner?.skeleton.nodes ?? []
    const { occluded: _occluded, ...attributes } = lead.attributes
    const isAlike = points.every(
      (point) =>
        JSON.stringify(withoutKeys(point.attributes, ['occluded'])) === JSON.stringify(attributes),
    )
    if (!isAlike)
      this.#context.losses.add('attributes of single joints have no place in Datumaro', path)
    return {
      ...this.#fields(owner?.name ?? lead.className, lead.instanceId ?? 0, attributes),
      ...fieldsOf(lead.extra, 'datumaro'),
      type: 'points',
      points: flatPoints(nodes.map(({ name }) => joints.get(name)?.shape ?? { x: 0, y: 0 })),
      visibility: nodes.map(({ name }) => {
        const joint = joints.get(name)
        return joint ? (isOccluded(joint) ? 1 : 2) : 0
      }),
    }
  }

  #annotations(image: LabelledImage): JsonObject[] {
    const { head, losses } = this.#context
    const { annotations, path } = image
    const place = new Map(annotations.map((annotation, index) => [annotation, index]))
    const found: { at: number; fields: JsonObject }[] = []
    const add = (lead: Annotation, fields: JsonObject) =>
      found.push({ at: place.get(lead) ?? 0, fields })
    const together = [...spelledTogether(annotations, 'datumaro')]
    // A pose with a single joint counts, too.
    const isWhole = (one: readonly Annotation[]) =>
      one.length > 1 || givenOf(one, 'datumaro')?.type === 'points'
    for (const one of together) if (isWhole(one)) add(one[0], this.#one(one, image))
    const single = together.flatMap((one) => (isWhole(one) ? [] : one))
    for (const object of objectsOf(single, head.classes)) {
      if (hasOwnBox(object))
        losses.add('boxes that are not the bounds of their parts have no place here', path)
      const isPose = object.owner !== null && object.joints.size > 0
      if (isPose) add([...object.joints.values()][0], this.#pose(object, path))
      for (const member of object.members)
        if (!isPose || object.joints.get(member.className) !== member)
          add(member, this.#one([member], image))
    }
    return found.sort((a, b) => a.at - b.at).map(({ fields }) => fields)
  }
}
