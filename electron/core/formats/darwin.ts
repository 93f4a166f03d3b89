import type { Annotation } from '#shared/model/annotation.ts'
import { type AnnotationClass, nextClassColor } from '#shared/model/annotation-class.ts'
import { directoryOf, fileNameOf, joinPath, stemOf } from '#shared/model/paths.ts'
import { isTrue } from '#shared/model/pose.ts'
import { mainOf } from './box-object.ts'
import { fieldsOf, givenOf, isJsonObject } from './carry.ts'
import { stemGiver, withoutFirst, withStem } from './common.ts'
import { readDarwinAnnotations } from './darwin-read.ts'
import { DARWIN_VALUES, darwinFields, propertiesOf } from './darwin-shape.ts'
import { DarwinTrack, MOST_FRAMES } from './darwin-video.ts'
import { numberOf, objectAt, sizeOf, textOfField, withoutKeys } from './fields.ts'
import { FormatError, failureOf } from './format-error.ts'
import { cleanReference, resolvePath } from './image-lookup.ts'
import { parseJson } from './json-fault.ts'
import { requireAtMost } from './limits.ts'
import type { LossLog } from './loss-log.ts'
import { type LabelObject, leadOf, objectsOf, simpleObject } from './objects.ts'
import { splitOfFolders } from './splits.ts'
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
  Size,
  WriteContext,
} from './types.ts'

// The layout: Darwin JSON 2.0, https://docs.v7labs.com/reference/darwin-json, and 1.0 before it

/** A family of its own in `extra`: how V7 names the item, which is no loss elsewhere. */
const ITEM = 'darwin_item'

interface DarwinEntry extends LabelEntry {
  source: InputFile
  /** Of a video; null: the file is about an image. */
  frame: { number: number; tracks: readonly DarwinTrack[] } | null
}

interface Item {
  name: string
  folder: string
  size: Size | null
  /** Of a video, as far as the file says how many it has; null: an image. */
  frames: number | null
}

/** The item of a file: its name, its folder and its size. Throws a FormatError. */
function itemOf(json: unknown): Item {
  const raw = objectAt(json, '')
  if (!Array.isArray(raw.annotations))
    throw new FormatError('annotations', 'is missing: not a Darwin file')
  if (isJsonObject(raw.image)) {
    // Darwin JSON 1.0
    const { original_filename, filename, path, width, height } = raw.image
    const name = textOfField(original_filename) ?? textOfField(filename)
    if (name === null) throw new FormatError('image.filename', 'must name the image')
    return { name, folder: textOfField(path) ?? '/', size: sizeOf(width, height), frames: null }
  }
  const item = objectAt(raw.item, 'item')
  const name = textOfField(item.name)
  if (name === null) throw new FormatError('item.name', 'must name the image')
  const [slot] = Array.isArray(item.slots) ? item.slots : []
  const { width, height, type, frame_count: count } = isJsonObject(slot) ? slot : {}
  if (type === 'dicom')
    throw new FormatError('item.slots', 'is a dicom, which is not read. Export it as images')
  const frames = type === 'video' ? (numberOf(count) ?? 0) : null
  return { name, folder: textOfField(item.path) ?? '/', size: sizeOf(width, height), frames }
}

/** V7's own client lays images below `images/`, by their folder on V7, and releases beside it. */
function placesOf(file: string, name: string, folder: string): string[] {
  const own = directoryOf(file)
  const local = resolvePath(joinPath(folder.replace(/^\/+/, ''), cleanReference(name)))
  const root = /^(.*?)\/?(?:releases\/.*|annotations)$/.exec(own)?.[1]
  const swapped = own.replace(/(^|\/)annotations(?=\/|$)/, '$1images')
  return [
    ...(root === undefined ? [] : [joinPath(joinPath(root, 'images'), local)]),
    joinPath(swapped, fileNameOf(local)),
    joinPath(own, local),
    joinPath(own, fileNameOf(local)),
    joinPath(joinPath(own, 'images'), local),
  ].map((path) => resolvePath(path))
}

/** Skeletons that a file's annotations use: their joints, in the order of the file. */
function collectSkeletons(json: JsonObject, found: Map<string, string[]>): void {
  for (const raw of Array.isArray(json.annotations) ? json.annotations : []) {
    const name = isJsonObject(raw) ? textOfField(raw.name) : null
    if (!isJsonObject(raw) || name === null) continue
    const frames = isJsonObject(raw.frames) ? Object.values(raw.frames) : [raw]
    const joints = found.get(name) ?? []
    for (const joint of frames.flatMap(jointsOf)) if (!joints.includes(joint)) joints.push(joint)
    if (joints.length > 0) found.set(name, joints)
  }
}

function jointsOf(raw: Json): string[] {
  const nodes = isJsonObject(raw) && isJsonObject(raw.skeleton) ? raw.skeleton.nodes : undefined
  if (!Array.isArray(nodes)) return []
  return nodes.flatMap((node) => (isJsonObject(node) ? (textOfField(node.name) ?? []) : []))
}

/** One entry for each frame of a video. V7's own client calls the frames by seven digits, in a folder of the video's name. */
function* frameEntries(
  file: InputFile,
  json: JsonObject,
  { name, folder, size, frames }: Item,
): Generator<DarwinEntry> {
  const list = Array.isArray(json.annotations) ? json.annotations.filter(isJsonObject) : []
  const tracks = list.map((raw) => new DarwinTrack(raw))
  let last = -1
  for (const track of tracks) last = Math.max(last, track.last)
  const count = Math.max(frames ?? 0, last + 1)
  requireAtMost(count, MOST_FRAMES, 'frames', 'item.slots')
  const split = splitOfFolders(file.path)
  for (let number = 0; number < count; number++) {
    const frame = `${String(number).padStart(7, '0')}.*`
    const names = [joinPath(stemOf(name), frame), joinPath(name, frame)]
    yield {
      ...{ file: file.path, source: file, size, frame: { number, tracks } },
      name: resolvePath(joinPath(folder.replace(/^\/+/, ''), cleanReference(names[0]))),
      get places() {
        return names.flatMap((one) => placesOf(file.path, one, folder))
      },
      context: stemOf(file.path),
      ...(split && { split }),
    }
  }
}

function* openDarwin(
  files: readonly InputFile[],
  context: OpenContext,
): Generator<void, LabelSource<DarwinEntry>> {
  const entries: DarwinEntry[] = []
  const skeletons = new Map<string, string[]>()
  for (const file of files) {
    if (!file.path.toLowerCase().endsWith('.json')) continue
    yield
    try {
      const json = parseJson(textOf(file))
      const item = itemOf(json)
      const { name, folder, size } = item
      collectSkeletons(json as JsonObject, skeletons)
      if (item.frames !== null) {
        for (const entry of frameEntries(file, json as JsonObject, item)) entries.push(entry)
        continue
      }
      const split = splitOfFolders(file.path)
      entries.push({
        file: file.path,
        source: file,
        frame: null,
        name: resolvePath(joinPath(folder.replace(/^\/+/, ''), cleanReference(name))),
        places: placesOf(file.path, name, folder),
        size,
        ...(split && { split, context: split }),
      })
    } catch (error) {
      context.fail(failureOf(file.path, error))
    }
  }
  const classes: AnnotationClass[] = []
  for (const [name, joints] of skeletons)
    classes.push({
      name,
      color: nextClassColor(classes),
      skeleton: { nodes: joints.map((joint) => ({ name: joint })), edges: [] },
    })
  return {
    classes,
    entries,
    read: (entry, _size, fail, losses) =>
      entry.frame ? readFrame(entry, classes, fail, losses) : readEntry(entry, classes, fail),
  }
}

function readFrame(
  { frame, size = null, name }: DarwinEntry,
  classes: readonly AnnotationClass[],
  fail: OnFault,
  losses: LossLog,
): ReadLabels {
  const list = (frame?.tracks ?? []).flatMap(
    (track) => track.at(frame?.number ?? 0, losses, name) ?? [],
  )
  const onFault: OnFault = (field, error) => fail(`frame ${frame?.number}: ${field}`, error)
  const tags = tagNames(list)
  return {
    annotations: readDarwinAnnotations(list, size, classes, onFault),
    ...(tags.length > 0 && { tags }),
  }
}

const isTag = (raw: Json): raw is JsonObject => isJsonObject(raw) && raw.tag !== undefined

const tagNames = (list: readonly Json[]): string[] => [
  ...new Set(list.filter(isTag).flatMap(({ name }) => textOfField(name) ?? [])),
]

function readEntry(
  { source, size = null }: DarwinEntry,
  classes: readonly AnnotationClass[],
  fail: OnFault,
): ReadLabels {
  const json = objectAt(parseJson(textOf(source)), '')
  const list = Array.isArray(json.annotations) ? json.annotations : []
  const annotations = readDarwinAnnotations(list, size, classes, fail)
  const tags = list.filter(isTag)
  const layer = list.find((raw) => isJsonObject(raw) && raw.raster_layer !== undefined)
  const names = tagNames(list)
  const item: JsonObject = {
    ...withoutKeys(json, ['annotations']),
    ...(tags.length > 0 && { tags }),
    ...(layer !== undefined && { layer }),
  }
  return {
    annotations,
    ...(names.length > 0 && { tags: names }),
    extra: { [ITEM]: item },
  }
}

/** The parts of an object that are annotations of their own in Darwin: polygons with their box, each line, the joints. */
function piecesOf(object: LabelObject): LabelObject[] {
  const isLine = ({ shape }: Annotation) => shape.kind === 'polyline'
  const areas = object.regions.filter((region) => !isLine(region) && region.shape.kind !== 'bbox')
  const boxes = object.regions.filter(({ shape }) => shape.kind === 'bbox')
  const joints = [...object.joints.values()]
  const whole = object.box
  const pieces: LabelObject[] = []
  if (areas.length > 0)
    pieces.push({
      ...object,
      members: object.members.filter((one) => areas.includes(one) || one === whole),
      regions: areas,
      joints: new Map(),
    })
  else if (whole) pieces.push(simpleObject(whole))
  pieces.push(...boxes.map(simpleObject), ...object.regions.filter(isLine).map(simpleObject))
  if (joints.length > 0) pieces.push({ ...object, members: joints, regions: [], box: null })
  return pieces
}

class DarwinWriter implements LabelWriter {
  readonly #context: WriteContext

  constructor(context: WriteContext) {
    this.#context = context
  }

  *write(
    image: LabelledImage,
    { image: place, label }: { image: string; label: string },
  ): Generator<OutputPiece> {
    const {
      tags: _tags,
      layer: _layer,
      image: _image,
      dataset: _dataset,
      ...top
    } = fieldsOf(image.extra, ITEM)
    const { item: before, ...rest } = top
    const item = isJsonObject(before) ? before : {}
    const [first, ...slots] = Array.isArray(item.slots) ? item.slots : []
    const path = withoutFirst(place, /^images$/)
    const slot: JsonObject = {
      type: 'image',
      slot_name: '0',
      ...(isJsonObject(first) ? first : {}),
    }
    if (image.width !== null) slot.width = image.width
    if (image.height !== null) slot.height = image.height
    const folder = directoryOf(path)
    const file = {
      version: '2.0',
      schema_ref: 'https://darwin-public.s3.eu-west-1.amazonaws.com/darwin_json/2.0/schema.json',
      ...rest,
      item: { ...item, name: fileNameOf(path), path: `/${folder}`, slots: [slot, ...slots] },
      annotations: this.#annotations(image, String(slot.slot_name)),
    }
    yield { path: `annotations/${label}.json`, content: `${JSON.stringify(file, null, 2)}\n` }
  }

  *end(): Generator<OutputPiece> {}

  #annotations(image: LabelledImage, slot: string): JsonObject[] {
    const { head } = this.#context
    const objects = objectsOf(image.annotations, head.classes).map(piecesOf)
    const counts = new Map<number, number>()
    for (const { members } of objects.flat()) {
      const { instanceId } = members[0]
      if (instanceId !== undefined) counts.set(instanceId, (counts.get(instanceId) ?? 0) + 1)
    }
    const layer = this.#layer(image, objects.flat())
    const written = objects.flat().map((object) => {
      const { instanceId } = leadOf(object)
      const before = fieldsOf(leadOf(object).extra, DARWIN_VALUES).instance_id
      // The instance id is only written if several annotations are one object.
      const isAlone = object.members.length === 1 && object.joints.size === 0
      const isTold =
        instanceId !== undefined &&
        (isAlone || (counts.get(instanceId) ?? 0) > 1 || before !== undefined)
      return this.#annotation(object, slot, isTold ? instanceId : null, layer !== null, image.path)
    })
    return [...tagsOf(image, slot), ...written, ...(layer ? [layer] : [])]
  }

  #annotation(
    object: LabelObject,
    slot: string,
    instanceId: number | null,
    hasLayer: boolean,
    where: string,
  ): JsonObject {
    const { losses } = this.#context
    const lead = leadOf(object)
    const main = object.joints.size > 0 ? lead : mainOf(object)
    const given = givenOf(object.members, 'darwin') ?? {}
    const isMask = given.mask !== undefined
    const spelt = isMask && !hasLayer ? {} : given
    const kept = fieldsOf(lead.extra, 'darwin')
    const { properties, attributes: listed, inference } = fieldsOf(lead.extra, DARWIN_VALUES)
    const isSpelt = Object.keys(spelt).some((key) => key !== 'bounding_box')
    if (!isSpelt && object.regions.some(({ shape }) => shape.kind === 'oriented_box'))
      losses.add('oriented boxes are written as four-cornered polygons', where)
    const isPose = object.joints.size > 0 && object.owner !== null
    const attributes = isPose ? {} : main.attributes
    if (isPose) this.#reportJoints(object, where)
    const flags = (Array.isArray(listed) ? listed : []).filter(
      (name): name is string => typeof name === 'string' && (isPose || isTrue(attributes[name])),
    )
    const list = propertiesOf(attributes, properties, flags)
    const confidence: JsonObject = main.confidence === 1 ? {} : { confidence: main.confidence }
    return {
      id: lead.id,
      name: object.className,
      slot_names: [slot],
      ...kept,
      ...(isSpelt ? spelt : { ...darwinFields(object), ...spelt }),
      ...((list.length > 0 || Array.isArray(properties)) && { properties: list }),
      ...((flags.length > 0 || Array.isArray(listed)) && { attributes: flags }),
      ...(instanceId !== null && { instance_id: { value: instanceId } }),
      ...((main.confidence !== 1 || isJsonObject(inference)) && {
        inference: { ...(isJsonObject(inference) ? inference : {}), ...confidence },
      }),
    }
  }

  #reportJoints({ joints }: LabelObject, where: string): void {
    for (const { attributes } of joints.values())
      if (Object.keys(attributes).some((name) => name !== 'occluded'))
        this.#context.losses.add(
          `a joint's attributes other than "occluded" have no place in Darwin`,
          where,
        )
  }

  /** The layer of the masks as it was, if none of them has changed; null: they are written as polygons. */
  #layer(image: LabelledImage, objects: readonly LabelObject[]): JsonObject | null {
    const { layer } = fieldsOf(image.extra, ITEM)
    const raster = isJsonObject(layer) ? layer.raster_layer : null
    const ids = isJsonObject(raster) ? raster.mask_annotation_ids_mapping : null
    if (!isJsonObject(layer) || !isJsonObject(ids)) return null
    const masks = objects.filter(({ members }) => givenOf(members, 'darwin')?.mask !== undefined)
    const known = new Set(Object.keys(ids))
    const isSame = masks.length === known.size && masks.every((mask) => known.has(leadOf(mask).id))
    return isSame ? layer : null
  }
}

function tagsOf(image: LabelledImage, slot: string): JsonObject[] {
  const { tags } = fieldsOf(image.extra, ITEM)
  const before = Array.isArray(tags) ? tags.filter(isJsonObject) : []
  return (image.tags ?? []).flatMap((name) => {
    const own = before.filter((tag) => tag.name === name)
    return own.length > 0 ? own : [{ name, slot_names: [slot], tag: {} }]
  })
}

export const darwin: Format<DarwinEntry> = {
  id: 'darwin',
  label: 'Darwin (V7)',
  extraKey: 'darwin',
  needs: 'pixels',
  keeps: { attributes: true, confidence: true, instances: true, tags: true },
  recognise: ({ kind, keys, inner }) => {
    if (kind !== 'json' || !keys.has('annotations')) return null
    if (keys.has('item') && inner('item').has('name')) return 'items with annotations'
    return keys.has('image') && keys.has('dataset') && inner('image').has('filename')
      ? 'items with annotations (1.0)'
      : null
  },
  open: openDarwin,
  placer: () => {
    const stemFor = stemGiver()
    return ({ path }) => {
      const short = withoutFirst(path, /^images$/i)
      const label = stemFor(short)
      return { image: `images/${withStem(short, label)}`, label }
    }
  },
  writer: (context) => new DarwinWriter(context),
}
