import { XMLBuilder, XMLParser, XMLValidator } from 'fast-xml-parser'
import { shapeBounds } from '#shared/geometry/shape.ts'
import { type Annotation, newAnnotation } from '#shared/model/annotation.ts'
import { withClassNames } from '#shared/model/annotation-class.ts'
import type { ExportOptions } from '#shared/model/format.ts'
import { directoryOf, fileNameOf, stemOf } from '#shared/model/paths.ts'
import { isTrue } from '#shared/model/pose.ts'
import {
  decimal,
  FormatError,
  failureOf,
  reportCommonLosses,
  textOf,
  uniqueStems,
  withStem,
} from './common.ts'
import type { LossLog } from './loss-log.ts'
import type { Format, ImportContext, ImportedImage, ImportResult, LabelledImage } from './types.ts'

// The layout: the PASCAL VOC development kit, http://host.robots.ox.ac.uk/pascal/VOC/voc2012/

/** VOC's own flags, which are attributes here. */
const FLAGS = ['truncated', 'difficult', 'occluded'] as const

const builder = new XMLBuilder({ format: true, indentBy: '\t', suppressEmptyNode: false })
const parser = new XMLParser({
  parseTagValue: false,
  trimValues: true,
  // No entity of a document's own is expanded: a billion laughs are not loaded.
  processEntities: true,
  isArray: (name) => name === 'object',
})

function writeObject({ className, shape, attributes }: Annotation, origin: number) {
  const { x, y, w, h } = shapeBounds(shape)
  // 1-based VOC counts the last pixel in, so only the low edge moves.
  const low = (value: number) => decimal(value + origin, 3)
  const high = (value: number) => decimal(value, 3)
  return {
    name: className,
    pose: typeof attributes.pose === 'string' ? attributes.pose : 'Unspecified',
    ...Object.fromEntries(FLAGS.map((flag) => [flag, isTrue(attributes[flag]) ? 1 : 0])),
    bndbox: { xmin: low(x), ymin: low(y), xmax: high(x + w), ymax: high(y + h) },
  }
}

function writeImage(
  image: LabelledImage,
  name: string,
  { vocPixelOrigin }: ExportOptions,
  losses: LossLog,
): string {
  const objects = image.annotations.filter(({ shape, attributes }) => {
    if (shape.kind === 'polyline' || shape.kind === 'keypoint') {
      losses.leaveOut(`${shape.kind}s have no place in Pascal VOC and are left out`, image.path)
      return false
    }
    if (shape.kind !== 'bbox')
      losses.add(
        'polygons and oriented boxes are written as the upright box around them',
        image.path,
      )
    if (
      Object.keys(attributes).some((key) => key !== 'pose' && !FLAGS.some((flag) => flag === key))
    )
      losses.add(
        'attributes other than pose, truncated, difficult and occluded have no place in Pascal VOC',
        image.path,
      )
    return true
  })
  return builder.build({
    annotation: {
      folder: directoryOf(image.path) || 'JPEGImages',
      filename: fileNameOf(name),
      source: { database: 'Unknown' },
      size: { width: image.width, height: image.height, depth: 3 },
      segmented: 0,
      object: objects.map((annotation) => writeObject(annotation, vocPixelOrigin)),
    },
  })
}

type Xml = Record<string, unknown>

function child(node: unknown, key: string): unknown {
  return typeof node === 'object' && node !== null ? (node as Xml)[key] : undefined
}

function numberAt(node: unknown, key: string, field: string): number {
  const value = Number(child(node, key))
  if (child(node, key) === undefined || !Number.isFinite(value))
    throw new FormatError(`${field}.${key}`, 'must be a number')
  return value
}

function readObject(node: unknown, field: string): Annotation {
  const name = child(node, 'name')
  if (typeof name !== 'string' || name === '') throw new FormatError(`${field}.name`, 'is missing')
  const bounds = child(node, 'bndbox')
  const [x, y] = [
    numberAt(bounds, 'xmin', `${field}.bndbox`),
    numberAt(bounds, 'ymin', `${field}.bndbox`),
  ]
  const w = numberAt(bounds, 'xmax', `${field}.bndbox`) - x
  const h = numberAt(bounds, 'ymax', `${field}.bndbox`) - y
  if (!(w > 0 && h > 0))
    throw new FormatError(`${field}.bndbox`, 'xmax and ymax must be greater than xmin and ymin')
  const pose = child(node, 'pose')
  const attributes: Record<string, string> = {}
  if (typeof pose === 'string' && pose !== '' && pose !== 'Unspecified') attributes.pose = pose
  for (const flag of FLAGS) if (isTrue(child(node, flag))) attributes[flag] = 'true'
  return newAnnotation({ kind: 'bbox', x, y, w, h }, name, { attributes })
}

function readFile(
  file: string,
  text: string,
  context: ImportContext,
  failed: ImportResult['failed'],
): ImportedImage | null {
  const valid = XMLValidator.validate(text)
  if (valid !== true)
    throw new FormatError(`line ${valid.err.line}`, `is not XML: ${valid.err.msg}`)
  const root = child(parser.parse(text), 'annotation')
  if (root === undefined) return null
  const fileName = child(root, 'filename')
  const known =
    context.images.findByStem(stemOf(file).replace(/(^|\/)Annotations\//, '$1')) ??
    (typeof fileName === 'string' ? context.images.find(fileName) : null)
  const objects = child(root, 'object')
  const width = Number(child(child(root, 'size'), 'width'))
  const height = Number(child(child(root, 'size'), 'height'))
  const annotations = (Array.isArray(objects) ? objects : []).flatMap((node, index) => {
    try {
      return [readObject(node, `object[${index}]`)]
    } catch (error) {
      failed.push(failureOf(file, error))
      return []
    }
  })
  return {
    file,
    path: known?.path ?? (typeof fileName === 'string' ? fileName : stemOf(file)),
    matched: known !== null,
    ...(width > 0 && height > 0 && { size: { width, height } }),
    annotations,
  }
}

/** ImageSets/Main/<split>.txt lists stems; `split` by stem. */
function readSplits(
  files: readonly { path: string; text: () => string }[],
): Map<string, 'train' | 'val' | 'test'> {
  const splits = new Map<string, 'train' | 'val' | 'test'>()
  for (const { path, text } of files) {
    const split = /ImageSets\/Main\/(train|val|test)\.txt$/.exec(path)?.[1] as
      | 'train'
      | 'val'
      | 'test'
      | undefined
    if (!split) continue
    for (const line of text().split(/\r?\n/)) {
      const [stem] = line.trim().split(/\s+/)
      if (stem) splits.set(stem, split)
    }
  }
  return splits
}

/** By the longest end of the path that a list names. */
function splitOfStem<T>(splits: ReadonlyMap<string, T>, stem: string): T | undefined {
  const parts = stem.split('/')
  for (let start = 0; start < parts.length; start++) {
    const split = splits.get(parts.slice(start).join('/'))
    if (split !== undefined) return split
  }
  return undefined
}

export const pascalVoc: Format = {
  id: 'pascal_voc',
  label: 'Pascal VOC',
  imagePaths: (set) => {
    const stems = uniqueStems(set.images)
    return set.images.map(({ path }, index) => `JPEGImages/${withStem(path, stems[index])}`)
  },

  *export(set, options, losses) {
    reportCommonLosses(set, { attributes: true, split: true }, losses)
    const stems = uniqueStems(set.images)
    for (const [index, image] of set.images.entries()) {
      const stem = stems[index]
      yield {
        path: `Annotations/${stem}.xml`,
        content: writeImage(image, withStem(image.path, stem), options, losses),
      }
    }
    const bySplit = Map.groupBy(set.images.keys(), (index) => set.images[index].split)
    for (const [split, indices] of bySplit) {
      if (split)
        yield {
          path: `ImageSets/Main/${split}.txt`,
          content: indices.map((index) => `${stems[index]}\n`).join(''),
        }
    }
  },

  import(files, context) {
    const result: ImportResult = { images: [], classes: [], failed: [] }
    const splits = readSplits(files.map((file) => ({ path: file.path, text: () => textOf(file) })))
    for (const file of files) {
      if (!file.path.toLowerCase().endsWith('.xml')) continue
      try {
        const image = readFile(file.path, textOf(file), context, result.failed)
        if (!image) continue
        const stem = stemOf(file.path)
        const split = splitOfStem(splits, stem)
        result.images.push(split ? { ...image, split } : image)
      } catch (error) {
        result.failed.push(failureOf(file.path, error))
      }
    }
    const names = new Set(
      result.images.flatMap(({ annotations }) => annotations.map(({ className }) => className)),
    )
    result.classes = withClassNames([], names)
    return result
  },
}
