import { type Annotation, newAnnotation } from '#shared/model/annotation.ts'
import { withClassNames } from '#shared/model/annotation-class.ts'
import type { Split } from '#shared/model/dataset.ts'
import { directoryOf, fileNameOf, joinPath, stemOf } from '#shared/model/paths.ts'
import { carrying, fieldsOf, isJsonObject } from './carry.ts'
import { RENAMED } from './class-extra.ts'
import { idText } from './coco-index.ts'
import { instanceIds, stemGiver, withoutFirst, withStem } from './common.ts'
import {
  distinctNames,
  numberOf,
  objectAt,
  shown,
  sizeOf,
  textOfField,
  withoutKeys,
} from './fields.ts'
import { FormatError, failureOf } from './format-error.ts'
import { cleanReference, resolvePath } from './image-lookup.ts'
import { parseJson } from './json-fault.ts'
import { paint, regionsByNumber } from './mask-regions.ts'
import { CROWD, isCrowd, type LabelObject, leadOf, objectsOf } from './objects.ts'
import { pngSamples } from './png-mask.ts'
import { type Numbered, rgbPng } from './png-write.ts'
import { splitOfFolders, splitOfName } from './splits.ts'
import { textOf } from './text.ts'
import type {
  Format,
  InputFile,
  Json,
  JsonObject,
  LabelEntry,
  LabelledImage,
  LabelSource,
  LabelWriter,
  OnFault,
  OpenContext,
  OutputPiece,
  ReadLabels,
  WriteContext,
} from './types.ts'

// The layout: https://cocodataset.org/#format-data, “Panoptic Segmentation”: a PNG for each image whose red + 256 green + 65,536 blue
// is the id of a segment, and a JSON that names the segments' categories.

interface PanopticEntry extends LabelEntry {
  mask: InputFile | null
  maskName: string
  segments: JsonObject[]
  names: ReadonlyMap<string, string>
  /** Other fields of the image. */
  others: JsonObject
}

/** A family of its own in `extra`: ids and colours of categories, which are no loss elsewhere. */
const HEAD = 'panoptic_head'

const listAt = (json: JsonObject, key: string): JsonObject[] => {
  const list = json[key]
  if (!Array.isArray(list)) throw new FormatError(key, `must be a list, not ${shown(list)}`)
  return list.filter(isJsonObject)
}

/** The mask's file: in the folder that is called like the JSON, or beside it. */
function maskOf(
  byPath: ReadonlyMap<string, InputFile>,
  file: string,
  name: string,
): InputFile | null {
  const own = directoryOf(file)
  const folders = [
    stemOf(file),
    own,
    joinPath(own, stemOf(fileNameOf(file)).replace(/^panoptic_/, '')),
  ]
  for (const folder of folders) {
    const found = byPath.get(resolvePath(joinPath(folder, cleanReference(name))).toLowerCase())
    if (found) return found
  }
  return null
}

function* openPanoptic(
  files: readonly InputFile[],
  context: OpenContext,
): Generator<void, LabelSource<PanopticEntry>> {
  const byPath = new Map(files.map((file) => [file.path.toLowerCase(), file]))
  const entries: PanopticEntry[] = []
  const categories: JsonObject = {}
  const all: string[] = []
  for (const file of files) {
    if (!/\.json$/i.test(file.path)) continue
    yield
    try {
      const json = objectAt(parseJson(textOf(file)), '')
      const images = new Map(listAt(json, 'images').map((image) => [idText(image.id), image]))
      const listed = listAt(json, 'categories')
      const own = distinctNames(listed.map(({ name }) => textOfField(name) ?? ''))
      const names = new Map(listed.map(({ id }, index) => [idText(id), own[index]]))
      for (const [index, category] of listed.entries()) categories[own[index]] ??= category
      all.push(...own.filter((name) => name !== ''))
      const split = splitOfName(file.path) ?? splitOfFolders(file.path)
      for (const [index, annotation] of listAt(json, 'annotations').entries()) {
        const image = images.get(idText(annotation.image_id))
        const name = textOfField(image?.file_name)
        if (!image || name === null) {
          const fault = new FormatError(
            'image_id',
            `${shown(annotation.image_id)} is no image of the file`,
          )
          context.fail(failureOf(file.path, fault, `annotations[${index}]`))
          continue
        }
        const maskName = textOfField(annotation.file_name) ?? ''
        const local = cleanReference(name).replace(/^\/+/, '')
        const folder = directoryOf(file.path)
        const { segments_info: segments } = annotation
        entries.push({
          file: file.path,
          name: local,
          places: [
            '',
            'images',
            '../images',
            '..',
            `../${stemOf(fileNameOf(file.path)).replace(/^panoptic_/, '')}`,
          ].map((way) => resolvePath(joinPath(joinPath(folder, way), local))),
          size: sizeOf(image.width, image.height),
          ...(split && { split, context: split }),
          mask: maskOf(byPath, file.path, maskName),
          maskName,
          segments: Array.isArray(segments) ? segments.filter(isJsonObject) : [],
          names,
          others: withoutKeys(image, ['file_name', 'width', 'height']),
        })
      }
    } catch (error) {
      context.fail(failureOf(file.path, error))
    }
  }
  return {
    classes: withClassNames([], [...new Set(all)]),
    extra: { [HEAD]: { categories } },
    entries,
    read: readEntry,
  }
}

function readEntry(entry: PanopticEntry, _size: unknown, fail: OnFault): ReadLabels {
  const { mask, maskName, segments, names, others } = entry
  if (!mask)
    throw new FormatError(
      maskName,
      'is not among the label files: the masks of COCO panoptic lie in a folder that is called like the JSON',
    )
  const { width, height, channels, values } = pngSamples(mask.bytes())
  if (channels < 3) throw new FormatError(maskName, 'must be a picture of colours')
  const ids = new Uint32Array(width * height)
  for (let at = 0; at < ids.length; at++) {
    const from = at * channels
    ids[at] = values[from] + values[from + 1] * 256 + values[from + 2] * 65_536
  }
  const regions = regionsByNumber({ width, height, values: ids })
  const nextInstance = instanceIds([])
  const annotations = segments.flatMap((segment, index): Annotation[] => {
    const field = `segments_info[${index}]`
    const id = numberOf(segment.id)
    const shapes = id === null ? undefined : regions.get(id)
    const name = names.get(idText(segment.category_id))
    if (!shapes || name === undefined || name === '') {
      const what =
        name === undefined
          ? `category ${shown(segment.category_id)} is not in the file`
          : `${shown(segment.id)} has no pixel in ${maskName}`
      fail(field, new FormatError('', what))
      return []
    }
    const attributes: Annotation['attributes'] =
      numberOf(segment.iscrowd) === 1 ? { [CROWD]: 'true' } : {}
    const instance = shapes.length > 1 ? { instanceId: nextInstance() } : {}
    const members = shapes.map((shape) => newAnnotation(shape, name, { attributes, ...instance }))
    const more = withoutKeys(segment, ['category_id', 'area', 'bbox', 'iscrowd'])
    return carrying(members, 'coco_panoptic', more)
  })
  return { annotations, size: { width, height }, extra: { panoptic_image: others } }
}

interface OpenFile {
  path: string
  images: string[]
  isEmpty: boolean
}

class PanopticWriter implements LabelWriter {
  readonly #context: WriteContext
  readonly #files = new Map<Split | 'default', OpenFile>()
  readonly #categories = new Map<string, JsonObject>()
  #nextImage = 1
  #nextCategory = 1

  constructor(context: WriteContext) {
    this.#context = context
    const { categories } = fieldsOf(context.head.extra, HEAD)
    const before = isJsonObject(categories) ? categories : {}
    const ids = Object.values(before).flatMap((one) =>
      isJsonObject(one) ? (numberOf(one.id) ?? []) : [],
    )
    this.#nextCategory = Math.max(0, ...ids) + 1
    for (const { name } of context.head.classes) this.#category(name, before[name])
  }

  #category(name: string, before?: Json): JsonObject {
    const there = this.#categories.get(name)
    if (there) return there
    const color = this.#context.head.classes.find((item) => item.name === name)?.color ?? '#808080'
    const category: JsonObject = isJsonObject(before)
      ? withoutKeys(before, [RENAMED])
      : {
          id: this.#nextCategory++,
          name,
          supercategory: '',
          isthing: 1,
          color: [1, 3, 5].map((at) => Number.parseInt(color.slice(at, at + 2), 16)),
        }
    this.#categories.set(name, category)
    return category
  }

  *write(image: LabelledImage, { label }: { label: string }): Generator<OutputPiece> {
    const { head, losses } = this.#context
    const { width, height, path, split } = image
    if (width === null || height === null) return
    const there = this.#files.get(split ?? 'default')
    const file: OpenFile = there ?? {
      path: `annotations/panoptic_${split ?? 'default'}`,
      images: [],
      isEmpty: true,
    }
    this.#files.set(split ?? 'default', file)
    const before = fieldsOf(image.extra, 'panoptic_image')
    const id = before.id ?? this.#nextImage++
    file.images.push(JSON.stringify({ ...before, id, file_name: label, width, height }))
    const canvas: Numbered = { width, height, values: new Uint32Array(width * height) }
    const objects = objectsOf(image.annotations, head.classes)
    const keptOf = (object: LabelObject) => fieldsOf(leadOf(object).extra, 'coco_panoptic')
    const wanted = objects.flatMap((object) => numberOf(keptOf(object).id) ?? [])
    const used = new Set<number>()
    let free = 1
    const idOf = (id: number | null): number => {
      if (id !== null && id > 0 && id < 2 ** 24 && !used.has(id)) return id
      while (used.has(free) || wanted.includes(free)) free++
      return free
    }
    const segments = objects.flatMap((object): JsonObject[] => {
      const kept = keptOf(object)
      const own = idOf(numberOf(kept.id))
      used.add(own)
      if (!paint(canvas, object, own, 'COCO panoptic', path, losses)) return []
      const { id: category } = this.#category(object.className)
      return [{ ...kept, id: own, category_id: category, iscrowd: isCrowd(object) ? 1 : 0 }]
    })
    const measured = measure(canvas)
    const sound = segments.flatMap((segment): JsonObject[] => {
      const found = measured.get(Number(segment.id))
      return found ? [{ ...segment, ...found }] : []
    })
    const mask = `${stemOf(label).replaceAll('/', '_')}.png`
    yield { path: `${file.path}/${mask}`, content: rgbPng(canvas) }
    const line = JSON.stringify({ image_id: id, file_name: mask, segments_info: sound })
    yield {
      path: `${file.path}.json`,
      content: `${file.isEmpty ? '{"annotations":[\n' : ',\n'}${line}`,
      more: true,
    }
    file.isEmpty = false
  }

  *end(): Generator<OutputPiece> {
    if (this.#files.size === 0)
      this.#files.set('default', {
        path: 'annotations/panoptic_default',
        images: [],
        isEmpty: true,
      })
    const rest = JSON.stringify({ categories: [...this.#categories.values()] }).slice(1)
    for (const { path, images, isEmpty } of this.#files.values())
      yield {
        path: `${path}.json`,
        content: `${isEmpty ? '{"annotations":[' : ''}\n],"images":[\n${images.join(',\n')}\n],${rest}\n`,
      }
  }
}

/** Area and bounds of each number that is left. */
function measure({ width, height, values }: Numbered): Map<number, JsonObject> {
  const found = new Map<
    number,
    [area: number, left: number, top: number, right: number, bottom: number]
  >()
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const value = values[y * width + x]
      if (value === 0) continue
      const there = found.get(value)
      if (!there) found.set(value, [1, x, y, x, y])
      else {
        there[0]++
        if (x < there[1]) there[1] = x
        if (x > there[3]) there[3] = x
        there[4] = y
      }
    }
  return new Map(
    [...found].map(([value, [area, left, top, right, bottom]]) => [
      value,
      { area, bbox: [left, top, right - left + 1, bottom - top + 1] },
    ]),
  )
}

export const cocoPanoptic: Format<PanopticEntry> = {
  id: 'coco_panoptic',
  label: 'COCO panoptic',
  extraKey: 'coco_panoptic',
  needs: 'size',
  keeps: { split: true },
  recognise: ({ kind, inner }) =>
    kind === 'json' && inner('annotations').has('segments_info') ? 'segments of masks' : null,
  open: openPanoptic,
  placer: () => {
    const stemFor = stemGiver()
    return ({ path }) => {
      const short = withoutFirst(path, /^images$/i)
      const label = withStem(short, stemFor(short))
      return { image: `images/${label}`, label }
    }
  },
  writer: (context) => new PanopticWriter(context),
}
