import { type Annotation, newAnnotation, type Shape } from '#shared/model/annotation.ts'
import { type AnnotationClass, withClassNames } from '#shared/model/annotation-class.ts'
import type { Split } from '#shared/model/dataset.ts'
import { directoryOf, fileNameOf, joinPath } from '#shared/model/paths.ts'
import { instanceIds, stemGiver, withoutFirst, withStem } from './common.ts'
import { csvRows } from './csv.ts'
import { numberOf, textOfField } from './fields.ts'
import type { FileLook } from './file-look.ts'
import { FormatError, failureOf } from './format-error.ts'
import { resolvePath } from './image-lookup.ts'
import { isObjectMask, maskPlace, objectMaskPath } from './label-file-name.ts'
import type { LossLog } from './loss-log.ts'
import { paint, regionsByNumber } from './mask-regions.ts'
import { objectsOf } from './objects.ts'
import { type PngSamples, pngSamples } from './png-mask.ts'
import { greyPng, type Numbered, palettePng } from './png-write.ts'
import { splitOfFolders, splitOfWord } from './splits.ts'
import { linesOf, textOf } from './text.ts'
import type {
  Format,
  InputFile,
  LabelEntry,
  LabelledImage,
  LabelSource,
  LabelWriter,
  OpenContext,
  OutputPiece,
  ReadLabels,
  WriteContext,
} from './types.ts'
import { ClassNumbers } from './write-labels.ts'

// The layout of Pascal VOC's segmentation, which CVAT exports as “Segmentation mask 1.1”: SegmentationClass/ with a number or a colour
// for each class, SegmentationObject/ with a number for each object, labelmap.txt with the colours. `masks/` holds classes alone.

/** Whether a file is a mask. Where its place may hold pictures too, a mask is grey or has a palette. */
function isMask({ path, pngColors }: FileLook): boolean {
  if (isObjectMask(path)) return true
  const place = maskPlace(path)
  return place !== null && (!place.isUnsure || pngColors === 'grey' || pngColors === 'palette')
}

/** In VOC's masks the border of an object, which is no class. */
const VOID = 255

interface Colors {
  /** Names by their colour, as one number. */
  byColor: ReadonlyMap<number, string>
  /** Names in the order of their numbers; the first is the background. */
  names: readonly string[]
}

interface MaskEntry extends LabelEntry {
  source: InputFile
  objects: InputFile | null
  colors: Colors
}

const BACKGROUND = /^(?:_?background_?|bg)$/i

const numberOfColor = ([red, green, blue]: readonly number[]) => red * 65_536 + green * 256 + blue

/** `name:red,green,blue:parts:actions` a line. Throws a FormatError. */
function readLabelMap(file: InputFile): Colors {
  const byColor = new Map<number, string>()
  const names: string[] = []
  for (const [index, line] of linesOf(textOf(file)).entries()) {
    if (line.trim() === '' || line.startsWith('#')) continue
    const [name, color = ''] = line.split(':')
    names.push(name.trim())
    const parts = color.split(',').map(Number)
    if (color.trim() === '') continue
    if (parts.length !== 3 || !parts.every((part) => part >= 0 && part <= 255))
      throw new FormatError(
        `line ${index + 1}`,
        `must be name:red,green,blue, not “${line.slice(0, 40)}”`,
      )
    byColor.set(numberOfColor(parts), name.trim())
  }
  return { byColor, names }
}

/** One name a line; the first number, 0, is the background unless the list begins with it. */
function readClassList(file: InputFile): Colors {
  const names = linesOf(textOf(file))
    .map((line) => line.trim())
    .filter((line) => line !== '' && line !== '__ignore__')
  const isWhole = BACKGROUND.test(names[0] ?? '')
  return { byColor: new Map(), names: isWhole ? names : ['background', ...names] }
}

/** Roboflow's table: `Pixel Value, Class`. Throws a FormatError. */
function readClassTable(file: InputFile): Colors {
  const names: string[] = []
  const [, ...rows] = csvRows(textOf(file))
  for (const { fields, line } of rows) {
    const value = numberOf(fields[0])
    const name = textOfField(fields[1])
    if (value === null || !Number.isInteger(value) || value < 0 || value > 65_535 || name === null)
      throw new FormatError(`line ${line}`, 'must be the value of a pixel and the name of a class')
    names[value] = name
  }
  return { byColor: new Map(), names: Array.from(names, (name, value) => name ?? `class ${value}`) }
}

/** Folders of the images whose masks are in `folder`: `train` for CamVid's `trainannot`, for one. */
function imageFolders(folder: string): string[] {
  const own = /^(.+)annot$/i.exec(folder)?.[1]
  return ['JPEGImages', 'images', 'image', 'imgs', 'img_dir', ...(own === undefined ? [] : [own])]
}

function* openMasks(
  files: readonly InputFile[],
  context: OpenContext,
): Generator<void, LabelSource<MaskEntry>> {
  const lists = new Map<string, Colors>()
  const splits = new Map<string, Split>()
  for (const file of files) {
    const name = fileNameOf(file.path).toLowerCase()
    try {
      if (name === 'labelmap.txt') lists.set(directoryOf(file.path), readLabelMap(file))
      else if (name === '_classes.csv') lists.set(directoryOf(file.path), readClassTable(file))
      else if (/^class(?:es|_names)\.txt$/.test(name) && !lists.has(directoryOf(file.path)))
        lists.set(directoryOf(file.path), readClassList(file))
      const word = /(?:^|\/)ImageSets\/[^/]+\/([^/]+)\.txt$/i.exec(file.path)?.[1]
      const split = word === undefined ? undefined : splitOfWord(word)
      if (split) for (const line of linesOf(textOf(file))) splits.set(line.trim(), split)
    } catch (error) {
      context.fail(failureOf(file.path, error))
    }
  }
  const byPath = new Map(files.map((file) => [file.path.toLowerCase(), file]))
  const entries: MaskEntry[] = []
  for (const file of files) {
    const place = maskPlace(file.path)
    if (!place) continue
    yield
    const { root, inner: stem, folder } = place
    const folders = [...imageFolders(folder), ''].map((name) => joinPath(root, name))
    const object = byPath.get(objectMaskPath(file.path).toLowerCase())
    const split = splits.get(stem) ?? splitOfFolders(file.path.replace(/annot(?=\/)/i, ''))
    entries.push({
      file: file.path,
      source: file,
      objects: object && object !== file ? object : null,
      colors: nearestList(lists, root) ?? { byColor: new Map(), names: [] },
      name: `${stem}.*`,
      places: [
        ...folders.map((folder) => resolvePath(joinPath(folder, `${stem}.*`))),
        ...folders.map((folder) =>
          resolvePath(joinPath(folder, `${stem.replace(/_(?:mask|gt|seg)$/i, '')}.*`)),
        ),
      ],
      ...(split && { split, context: split }),
    })
  }
  const names = [...new Set([...lists.values()].flatMap((colors) => colors.names))]
  const classes = coloured(
    names.filter((name) => !BACKGROUND.test(name)),
    lists.values(),
  )
  return { classes, entries, read: (entry, _size, _fail, losses) => readEntry(entry, losses) }
}

function nearestList(lists: ReadonlyMap<string, Colors>, folder: string): Colors | undefined {
  for (let at = folder; ; at = directoryOf(at)) {
    const found = lists.get(at)
    if (found || at === '') return found
  }
}

function coloured(names: readonly string[], lists: Iterable<Colors>): AnnotationClass[] {
  const colors = new Map(
    [...lists].flatMap(({ byColor }) => [...byColor].map(([color, name]) => [name, color])),
  )
  return withClassNames([], [...names]).map((item) => {
    const color = colors.get(item.name)
    return color ? { ...item, color: `#${color.toString(16).padStart(6, '0')}` } : item
  })
}

/** A mask as numbers of classes, and their names. A picture of colours becomes numbers of colours. */
function classNumbers(
  png: PngSamples,
  { byColor, names }: Colors,
): { numbers: Numbered; nameOf: (value: number) => string | null } {
  const { width, height, channels, values, palette } = png
  const numbers = new Uint32Array(width * height)
  const hasColors = byColor.size > 0
  if (channels >= 3 || (palette && hasColors)) {
    // One more, so that black is a number too.
    const of = (at: number) =>
      palette
        ? numberOfColor(palette[values[at]] ?? [0, 0, 0])
        : numberOfColor([
            values[at * channels],
            values[at * channels + 1],
            values[at * channels + 2],
          ])
    for (let at = 0; at < numbers.length; at++) {
      const color = of(at)
      const isNothing = hasColors
        ? BACKGROUND.test(byColor.get(color) ?? '') || (!byColor.has(color) && color === 0)
        : color === 0
      numbers[at] = isNothing ? 0 : color + 1
    }
    const hex = (color: number) => `#${color.toString(16).padStart(6, '0')}`
    return {
      numbers: { width, height, values: numbers },
      nameOf: (value) =>
        byColor.get(value - 1) ?? (value - 1 === 0xe0e0c0 ? null : `colour ${hex(value - 1)}`),
    }
  }
  for (let at = 0; at < numbers.length; at++) numbers[at] = values[at * channels]
  const isBinary = names.length === 0 && numbers.every((value) => value === 0 || value === VOID)
  return {
    numbers: { width, height, values: numbers },
    nameOf: (value) =>
      names[value] ?? (isBinary ? 'object' : value === VOID ? null : `class ${value}`),
  }
}

function readEntry({ source, objects, colors }: MaskEntry, losses: LossLog): ReadLabels {
  const png = pngSamples(source.bytes())
  const { numbers, nameOf } = classNumbers(png, colors)
  const size = { width: png.width, height: png.height }
  const nextInstance = instanceIds([])
  const drawn = (className: string, shapes: readonly Shape[], isOne: boolean): Annotation[] => {
    const instance = isOne && shapes.length > 1 ? { instanceId: nextInstance() } : {}
    return shapes.map((shape) => newAnnotation(shape, className, instance))
  }
  const named = (value: number): string | null => {
    const name = nameOf(value)
    if (name === null) losses.add('pixels of no class (void) are left out', source.path)
    return name
  }
  if (!objects) {
    const annotations = [...regionsByNumber(numbers)].flatMap(([value, shapes]) => {
      const name = named(value)
      return name === null ? [] : drawn(name, shapes, false)
    })
    return { annotations, size }
  }
  const own = pngSamples(objects.bytes())
  if (own.width !== size.width || own.height !== size.height)
    throw new FormatError('', `has another size than ${objects.path}`)
  const values = new Uint32Array(size.width * size.height)
  const combined = new Map<string, number>()
  // The number 0 is no object: what it covers are separate things.
  const parts: { value: number; isOne: boolean }[] = []
  for (let at = 0; at < values.length; at++) {
    const object =
      own.palette || own.channels < 3
        ? own.values[at * own.channels]
        : numberOfColor([...own.values.subarray(at * own.channels, at * own.channels + 3)])
    const value = numbers.values[at]
    if (value === 0) continue
    const key = `${object} ${value}`
    let number = combined.get(key)
    if (number === undefined) {
      parts.push({ value, isOne: object !== 0 })
      number = parts.length
      combined.set(key, number)
    }
    values[at] = number
  }
  const annotations = [...regionsByNumber({ ...size, values })].flatMap(([number, shapes]) => {
    const { value, isOne } = parts[number - 1]
    const name = named(value)
    return name === null ? [] : drawn(name, shapes, isOne)
  })
  return { annotations, size }
}

const rgb = (color: string) => [1, 3, 5].map((at) => Number.parseInt(color.slice(at, at + 2), 16))

/** The colour of an object's number in Pascal VOC (`VOClabelcolormap` of its development kit): bits dealt to red, green, blue. */
function objectColor(number: number): number[] {
  const color = [0, 0, 0]
  for (let rest = number, bit = 7; bit >= 0; rest >>= 3, bit--)
    for (let channel = 0; channel < 3; channel++) color[channel] |= ((rest >> channel) & 1) << bit
  return color
}

class MaskWriter implements LabelWriter {
  readonly #context: WriteContext
  readonly #numbers: ClassNumbers
  readonly #lists = new Map<Split | 'default', string[]>()

  constructor(context: WriteContext) {
    this.#context = context
    this.#numbers = new ClassNumbers([
      'background',
      ...context.head.classes.map(({ name }) => name),
    ])
  }

  #palette(): number[][] {
    const colors = new Map(this.#context.head.classes.map(({ name, color }) => [name, rgb(color)]))
    return this.#numbers.names.map((name) => colors.get(name) ?? [0, 0, 0])
  }

  *write(image: LabelledImage, { label }: { label: string }): Generator<OutputPiece> {
    const { head, losses } = this.#context
    const { width, height, path } = image
    if (width === null || height === null) return
    const list = this.#lists.get(image.split ?? 'default')
    if (list) list.push(`${label}\n`)
    else this.#lists.set(image.split ?? 'default', [`${label}\n`])
    if (image.annotations.length === 0 && !image.isLabelled) return
    const classes: Numbered = { width, height, values: new Uint32Array(width * height) }
    const objects: Numbered = { width, height, values: new Uint32Array(width * height) }
    const classOf = [0]
    for (const object of objectsOf(image.annotations, head.classes))
      if (paint(objects, object, classOf.length, 'masks', path, losses))
        classOf.push(this.#numbers.of(object.className))
    for (let at = 0; at < objects.values.length; at++)
      classes.values[at] = classOf[objects.values[at]]
    const count = classOf.length - 1
    const isLarge = this.#numbers.names.length > 256
    yield {
      path: `SegmentationClass/${label}.png`,
      content: isLarge ? greyPng(classes) : palettePng(classes, this.#palette()),
    }
    yield {
      path: `SegmentationObject/${label}.png`,
      content:
        count > 255
          ? greyPng(objects)
          : palettePng(
              objects,
              Array.from({ length: count + 1 }, (_, number) => objectColor(number)),
            ),
    }
  }

  *end(): Generator<OutputPiece> {
    const palette = this.#palette()
    const lines = this.#numbers.names.map(
      (name, number) => `${name.replaceAll(':', ' ')}:${palette[number].join(',')}::\n`,
    )
    yield {
      path: 'labelmap.txt',
      content: ['# label:color_rgb:parts:actions\n', ...lines].join(''),
    }
    for (const [split, labels] of this.#lists)
      yield { path: `ImageSets/Segmentation/${split}.txt`, content: labels.join('') }
  }
}

export const pngMasks: Format<MaskEntry> = {
  id: 'png_masks',
  label: 'PNG masks',
  extraKey: 'png_masks',
  needs: 'size',
  keeps: { split: true },
  recognise: (look) => (isMask(look) ? 'masks' : null),
  open: openMasks,
  placer: () => {
    const stemFor = stemGiver()
    return ({ path }) => {
      const short = withoutFirst(path, /^(?:jpegimages|images)$/i)
      const label = stemFor(short)
      return { image: `JPEGImages/${withStem(short, label)}`, label }
    }
  },
  writer: (context) => new MaskWriter(context),
}
