import type { AnnotationClass } from '#shared/model/annotation-class.ts'
import { withClassNames } from '#shared/model/annotation-class.ts'
import { directoryOf, fileNameOf, joinPath } from '#shared/model/paths.ts'
import { instanceIds } from './common.ts'
import { labelNodes, readLabels } from './cvat-labels.ts'
import { groupOf, readElements } from './cvat-read.ts'
import {
  type CvatTrack,
  type FrameEntry,
  frameEntry,
  frameNumbers,
  framesOf,
  numberedImages,
  readFrame,
  readTrack,
} from './cvat-tracks.ts'
import { CvatWriter, IMAGE_FAMILY } from './cvat-write.ts'
import { shown, sizeOf, textOfField, withoutKeys } from './fields.ts'
import { FormatError, failureOf } from './format-error.ts'
import { cleanReference, resolvePath } from './image-lookup.ts'
import { imagesPlacer } from './images-placer.ts'
import { maskBudget } from './mask-runs.ts'
import { splitOfFolders, splitOfName, splitOfWord } from './splits.ts'
import { textOf } from './text.ts'
import type {
  Format,
  InputFile,
  Json,
  JsonObject,
  LabelEntry,
  LabelSource,
  OnFault,
  OpenContext,
  ReadLabels,
} from './types.ts'
import { parseNode, type XmlNode } from './xml-nodes.ts'
import { remarkEnd } from './xml-remarks.ts'

// The layout: https://docs.cvat.ai/docs/other/xml_format

interface ImageEntry extends LabelEntry {
  node: () => XmlNode
  /** The element in its file, for messages: `image[3]`. */
  field: string
}

type CvatEntry = ImageEntry | (FrameEntry & { tracks: readonly CvatTrack[] })

/** Elements in the document's root are looked for without parsing it: comments and CDATA are stepped over. */
const ROOT_PARTS = /<!--|<!\[CDATA\[|<(\/?)(image|meta|track)\b((?:[^<>"']|"[^"]*"|'[^']*')*)>/g

interface Part {
  name: string
  from: number
  to: number
}

/** Where each image and the meta element stand. Throws a FormatError where one has no end. */
function* partsOf(text: string): Generator<void, Part[]> {
  const parts: Part[] = []
  let open: Part | null = null
  let steps = 0
  const pattern = new RegExp(ROOT_PARTS)
  for (let match = pattern.exec(text); match; match = pattern.exec(text)) {
    if (++steps % 1000 === 0) yield
    const [whole, end, name, attributes] = match
    if (name === undefined) {
      pattern.lastIndex = remarkEnd(text, match.index)
      continue
    }
    const to = match.index + whole.length
    if (open) {
      if (!end || open.name !== name) continue
      parts.push({ ...open, to })
      open = null
    } else if (!end) {
      const part = { name, from: match.index, to }
      if (attributes.endsWith('/')) parts.push(part)
      else open = part
    }
  }
  if (open)
    throw new FormatError(
      `line ${lineOf(text, open.from)}`,
      `<${open.name}> has no end: the file is cut off. Copy or export it again`,
    )
  return parts
}

/** Where the last line was asked for: faults come in the order of the file, and counting goes on from there. */
let asked = { text: '', offset: 0, line: 1 }

function lineOf(text: string, offset: number): number {
  const isFurther = asked.text === text && asked.offset <= offset
  let line = isFurther ? asked.line : 1
  let at = text.indexOf('\n', isFurther ? asked.offset : 0)
  for (; at >= 0 && at < offset; at = text.indexOf('\n', at + 1)) line++
  asked = { text, offset, line }
  return line
}

/** CVAT lays images into `images/` beside the file, those of a project by subset; before, they lay beside it. */
function placesOf(file: string, reference: string, subset: string | null): string[] {
  const name = cleanReference(reference)
  const local = name.startsWith('/') ? fileNameOf(name) : name
  const folders = [joinPath(directoryOf(file), 'images'), directoryOf(file)]
  const subsets = subset === null ? [] : folders.map((folder) => joinPath(folder, subset))
  return [...subsets, ...folders].map((folder) => resolvePath(joinPath(folder, local)))
}

function entryOf(file: InputFile, text: string, part: Part, index: number): ImageEntry {
  const node = () => parseNode(text.slice(part.from, part.to), () => lineOf(text, part.from))
  const open = /^<image\b(?:[^>"']|"[^"]*"|'[^']*')*>/.exec(text.slice(part.from, part.to))?.[0]
  const { attributes } = parseNode((open ?? '').replace(/\/?>$/, '/>'), () =>
    lineOf(text, part.from),
  )
  const name = textOfField(attributes.name)
  if (name === null)
    throw new FormatError('name', `must name the image, not ${shown(attributes.name)}`)
  const subset = textOfField(attributes.subset)
  const split =
    (subset === null ? undefined : splitOfWord(subset)) ??
    splitOfFolders(cleanReference(name)) ??
    splitOfName(file.path) ??
    splitOfFolders(file.path)
  return {
    file: file.path,
    field: `image[${index}]`,
    name,
    places: placesOf(file.path, name, subset),
    size: sizeOf(attributes.width, attributes.height),
    ...(subset !== null && { context: subset }),
    ...(split && { split }),
    node,
  }
}

function metaOf(text: string, parts: readonly Part[]): XmlNode | undefined {
  const part = parts.find(({ name }) => name === 'meta')
  if (!part) return undefined
  return parseNode(text.slice(part.from, part.to), () => lineOf(text, part.from))
}

interface Opened {
  classes: AnnotationClass[]
  meta: XmlNode | null
  entries: CvatEntry[]
  /** Present images whose name is a frame number; null: not searched yet. */
  frames: ReturnType<typeof numberedImages> | null
}

function* openFile(file: InputFile, opened: Opened, context: OpenContext): Generator<void> {
  const text = textOf(file)
  if (!/<annotations\b/.test(text))
    throw new FormatError('annotations', 'is missing: not a file of CVAT')
  const parts = yield* partsOf(text)
  const meta = metaOf(text, parts)
  opened.meta ??= meta ?? null
  const known = new Set(opened.classes.map(({ name }) => name))
  for (const item of readLabels(labelNodes(meta)))
    if (!known.has(item.name)) opened.classes.push(item)
  yield* openTracks(file, text, parts, meta, opened, context)
  const images = parts.filter(({ name }) => name === 'image')
  if (!/<\/annotations\s*>\s*(?:<!--[\s\S]*?-->\s*)*$/.test(text.slice(-4096)))
    context.fail({
      file: file.path,
      field: `line ${lineOf(text, text.length)}`,
      message: 'does not end with </annotations>: it is cut off. Copy or export it again',
    })
  for (const [index, part] of images.entries()) {
    if (index % 200 === 0) yield
    try {
      opened.entries.push(entryOf(file, text, part, index))
    } catch (error) {
      context.fail(failureOf(file.path, error, `image[${index}]`))
    }
  }
}

/** Frames of a video, where the file has tracks: an entry for each. */
function* openTracks(
  file: InputFile,
  text: string,
  parts: readonly Part[],
  meta: XmlNode | undefined,
  opened: Opened,
  context: OpenContext,
): Generator<void> {
  const tracks: CvatTrack[] = []
  for (const [index, part] of parts.filter(({ name }) => name === 'track').entries()) {
    yield
    const field = `track[${index}]`
    const fail: OnFault = (at, error) => context.fail(failureOf(file.path, error, at))
    try {
      const node = parseNode(text.slice(part.from, part.to), () => lineOf(text, part.from))
      tracks.push(readTrack(node, field, fail))
    } catch (error) {
      fail(field, error)
    }
  }
  const range = tracks.length > 0 ? framesOf(meta, tracks) : null
  if (!range) return
  opened.frames ??= numberedImages(context.imagePaths)
  for (const frame of frameNumbers(range)) {
    if (frame % 1000 === 0) yield
    opened.entries.push({ ...frameEntry(file.path, frame, meta, opened.frames), tracks })
  }
}

function* openCvat(
  files: readonly InputFile[],
  context: OpenContext,
): Generator<void, LabelSource<CvatEntry>> {
  const opened: Opened = { classes: [], meta: null, entries: [], frames: null }
  for (const file of files) {
    if (!file.path.toLowerCase().endsWith('.xml')) continue
    yield
    try {
      yield* openFile(file, opened, context)
    } catch (error) {
      context.fail(failureOf(file.path, error))
    }
  }
  const classes = withClassNames(opened.classes, [])
  return {
    classes,
    ...(opened.meta && { extra: { cvat: { meta: opened.meta as unknown as Json } } }),
    entries: opened.entries,
    read: (entry, _size, fail) => readEntry(entry, classes, fail),
  }
}

const KNOWN = new Set([
  ...['tag', 'box', 'polygon', 'polyline', 'points', 'ellipse', 'cuboid', 'mask', 'skeleton'],
])

/** Tags are words of the image; what they say besides goes along. */
function readTags(nodes: readonly XmlNode[]): { tags: string[]; kept: JsonObject } {
  const groups = Map.groupBy(
    nodes.filter(({ name }) => name === 'tag'),
    ({ attributes }) => textOfField(attributes.label) ?? '',
  )
  groups.delete('')
  const kept: JsonObject = {}
  for (const [tag, same] of groups) {
    const [first] = same
    const { label: _label, source, ...others } = first.attributes
    const isPlain = same.length === 1 && Object.keys(others).length === 0 && source === 'manual'
    if (!isPlain || first.children.length > 0) kept[tag] = same as unknown as Json
  }
  return { tags: [...groups.keys()], kept }
}

function readEntry(
  entry: CvatEntry,
  classes: readonly AnnotationClass[],
  fail: OnFault,
): ReadLabels {
  if ('tracks' in entry) {
    const groups = entry.tracks.map(({ shared }) => ({ instanceId: groupOf(shared) ?? undefined }))
    const context = { classes, nextInstance: instanceIds(groups), budget: maskBudget() }
    return { annotations: readFrame(entry.tracks, entry.frame, context, fail) }
  }
  const { attributes, children } = entry.node()
  const { tags, kept } = readTags(children)
  const nextInstance = instanceIds(
    children.map((node) => ({ instanceId: groupOf(node.attributes) ?? undefined })),
  )
  const known = children.filter(({ name }) => KNOWN.has(name))
  const unknown = children.filter(({ name }) => !KNOWN.has(name))
  const context = { classes, nextInstance, budget: maskBudget() }
  const annotations = readElements(known, context, (field, error) =>
    fail(`${entry.field}.${field}`, error),
  )
  const { subset, task_id: task } = attributes
  const isSplit = subset !== undefined && splitOfWord(subset) !== undefined
  const extra: JsonObject = {
    ...withoutKeys(attributes, [
      'name',
      'width',
      'height',
      'task_id',
      ...(isSplit ? ['subset'] : []),
    ]),
    ...(Object.keys(kept).length > 0 && { tags: kept }),
    ...(unknown.length > 0 && { unknown: unknown as unknown as Json }),
  }
  const untold: JsonObject = {
    ...(isSplit && { subset }),
    ...(task !== undefined && { task_id: task }),
  }
  return {
    annotations,
    ...(tags.length > 0 && { tags }),
    extra: { cvat: extra, [IMAGE_FAMILY]: untold },
  }
}

export const cvat: Format<CvatEntry> = {
  id: 'cvat',
  label: 'CVAT for images',
  extraKey: 'cvat',
  needs: 'pixels',
  keeps: { attributes: true, instances: true, tags: true, split: true },
  recognise: ({ elements: [root, ...parts] }) =>
    root === 'annotations' && parts.some((name) => /^(?:version|meta|image|track)$/.test(name))
      ? `<annotations> with ${parts.includes('image') || !parts.includes('track') ? 'images' : 'tracks'}`
      : null,
  open: openCvat,
  placer: imagesPlacer,
  writer: (context) => new CvatWriter(context),
}
