import { type Annotation, newAnnotation } from '#shared/model/annotation.ts'
import { withClassNames } from '#shared/model/annotation-class.ts'
import type { Split } from '#shared/model/dataset.ts'
import { directoryOf, fileNameOf, joinPath, stemOf } from '#shared/model/paths.ts'
import { isTrue } from '#shared/model/pose.ts'
import { mainOf, reportAttributes, uprightBox } from './box-object.ts'
import { carrying, givenOf, isJsonObject } from './carry.ts'
import { rounded, withoutFirst } from './common.ts'
import { numberOf, shown } from './fields.ts'
import type { FileLook } from './file-look.ts'
import { FormatError, failureOf } from './format-error.ts'
import { resolvePath } from './image-lookup.ts'
import { LIMITS } from './limits.ts'
import { type LabelObject, objectsOf } from './objects.ts'
import { splitOfFolders } from './splits.ts'
import { linesOf, textOf } from './text.ts'
import type {
  Format,
  InputFile,
  Json,
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
import { ClassNumbers, numberedClass } from './write-labels.ts'

// The layout: MOTChallenge, https://arxiv.org/abs/1603.00831, table 6: a sequence is a folder with img1/ and gt/gt.txt, whose
// lines are frame, track, left, top, width, height, whether it counts, class, visibility. CVAT adds gt/labels.txt.

/** Classes of MOT16 and MOT17 by number, where no file names them. */
const MOT_CLASSES = [
  ...['pedestrian', 'person on vehicle', 'car', 'bicycle', 'motorbike'],
  ...['non motorized vehicle', 'static person', 'distractor', 'occluder'],
  ...['occluder on the ground', 'occluder full', 'reflection', 'crowd'],
]

interface FrameEntry extends LabelEntry {
  lines: { text: string; line: number }[]
  names: readonly string[]
}

/** MOT's own number of a class, from 1, in `extra` of the dataset. */
type MotNumbers = Record<string, number>

const LINE = /^\s*\d+\s*,\s*-?\d+\s*(?:,\s*-?[\d.]+(?:e[-+]?\d+)?\s*){4,8}$/i

/** Whether a text file is a sequence of MOT: lines of frame, track and a box, parted by commas. */
export function isMotText({ kind, path, text }: FileLook): boolean {
  if (kind !== 'text' || !/\.txt$/i.test(path)) return false
  const lines = linesOf(text.slice(0, 4096)).filter((line) => line.trim() !== '')
  // The last line may be cut off.
  const whole = lines.slice(0, Math.max(1, lines.length - 1))
  return whole.length > 0 && whole.every((line) => LINE.test(line))
}

/** The sequence's folder: above `gt` or `det`. */
function sequenceOf(path: string): string {
  const own = directoryOf(path)
  return /^(?:gt|det)$/i.test(fileNameOf(own)) ? directoryOf(own) : own
}

/** Images of a sequence, by frame: called by its number, in img1, in images, or in the folder itself. */
function imagesOf(sequence: string, paths: readonly string[]): Map<number, string> {
  const folders = ['img1', 'images', ''].map((name) =>
    name === '' ? sequence : joinPath(sequence, name),
  )
  for (const folder of folders) {
    const found = new Map<number, string>()
    for (const path of paths) {
      const number = directoryOf(path) === folder ? /(\d+)$/.exec(stemOf(path))?.[1] : undefined
      if (number !== undefined) found.set(Number(number), path)
    }
    if (found.size > 0) return found
  }
  return new Map()
}

function namesBeside(file: InputFile, lists: ReadonlyMap<string, InputFile>): readonly string[] {
  const list = lists.get(directoryOf(file.path)) ?? lists.get(sequenceOf(file.path))
  if (!list) return MOT_CLASSES
  return linesOf(textOf(list))
    .map((line) => line.trim())
    .filter((line) => line !== '')
}

function* openMot(
  files: readonly InputFile[],
  context: OpenContext,
): Generator<void, LabelSource<FrameEntry>> {
  const isList = ({ path }: InputFile) => /^labels\.txt$/i.test(fileNameOf(path))
  const lists = new Map(files.filter(isList).map((file) => [directoryOf(file.path), file]))
  const entries: FrameEntry[] = []
  const named: string[] = []
  const numbers: MotNumbers = {}
  const withTruth = new Set(files.filter(isTruth).map(({ path }) => sequenceOf(path)))
  for (const file of files) {
    if (!/\.txt$/i.test(file.path) || isList(file)) continue
    yield
    if (!isTruth(file) && withTruth.has(sequenceOf(file.path))) {
      context.losses.add('detections of a sequence that has a ground truth are left out', file.path)
      continue
    }
    try {
      const names = namesBeside(file, lists)
      if (names !== MOT_CLASSES) named.push(...names)
      for (const [index, name] of names.entries()) numbers[name] ??= index + 1
      for (const frame of framesOf(file, names, context)) entries.push(frame)
    } catch (error) {
      context.fail(failureOf(file.path, error))
    }
  }
  const info = yield* readInfo(files, context)
  const extra = { mot_dataset: { numbers, info } as Json }
  return { classes: withClassNames([], [...new Set(named)]), extra, entries, read: readEntry }
}

/** Fields of seqinfo.ini that the images do not tell, by sequence. */
function* readInfo(
  files: readonly InputFile[],
  context: OpenContext,
): Generator<void, Record<string, string[]>> {
  const info: Record<string, string[]> = {}
  for (const file of files) {
    if (!/(?:^|\/)seqinfo\.ini$/i.test(file.path)) continue
    yield
    try {
      info[directoryOf(file.path)] = linesOf(textOf(file)).filter((line) => KEPT_INFO.test(line))
    } catch (error) {
      context.fail(failureOf(file.path, error))
    }
  }
  return info
}

const KEPT_INFO = /^\s*frameRate\s*=/i

const isTruth = ({ path }: InputFile) => /(?:^|\/)gt\/[^/]+$/i.test(path)

function framesOf(file: InputFile, names: readonly string[], context: OpenContext): FrameEntry[] {
  const sequence = sequenceOf(file.path)
  const images = imagesOf(sequence, context.imagePaths)
  const frames = new Map<number, FrameEntry>()
  const split = splitOfFolders(joinPath(sequence, 'x'))
  const frameOf = (frame: number): FrameEntry => {
    const there = frames.get(frame)
    if (there) return there
    const name = `${String(frame).padStart(6, '0')}.*`
    const image = images.get(frame)
    const entry: FrameEntry = {
      file: file.path,
      name: joinPath(sequence, `img1/${name}`),
      places: [
        ...(image === undefined ? [] : [image]),
        resolvePath(joinPath(sequence, `img1/${name}`)),
      ],
      context: sequence,
      lines: [],
      names,
      ...(split && { split }),
    }
    frames.set(frame, entry)
    return entry
  }
  // In a sequence every frame was looked at.
  for (const frame of images.keys()) frameOf(frame)
  for (const [index, text] of linesOf(textOf(file)).entries()) {
    if (text.trim() === '') continue
    const frame = numberOf(text.split(',')[0])
    if (frame !== null && Number.isInteger(frame) && frame >= 0)
      frameOf(frame).lines.push({ text, line: index + 1 })
    else {
      const fault = new FormatError(
        'frame',
        `must be the number of a frame, not ${shown(text.split(',')[0])}`,
      )
      context.fail(failureOf(file.path, fault, `line ${index + 1}`))
    }
  }
  return [...frames.values()]
}

function readEntry({ lines, names }: FrameEntry, _size: unknown, fail: OnFault): ReadLabels {
  const annotations = lines.flatMap(({ text, line }): Annotation[] => {
    try {
      return [readLine(text, names)]
    } catch (error) {
      fail(`line ${line}`, error)
      return []
    }
  })
  return { annotations }
}

/** Throws a FormatError. */
function readLine(text: string, names: readonly string[]): Annotation {
  const words = text.split(',').map((word) => word.trim())
  if (words.length < 6)
    throw new FormatError(
      '',
      `has ${words.length} values; it needs 6: frame, track, left, top, width, height`,
    )
  const [, track, x, y, w, h, mark = 1, number = -1, visibility] = words.map((word) => {
    const value = numberOf(word)
    if (value === null) throw new FormatError('', `must be numbers, not ${shown(word)}`)
    return value
  })
  if (!(w > 0 && h > 0)) throw new FormatError('width', 'and height must be greater than 0')
  // Detections have a score in place of the mark, and -1 in place of what they do not know.
  const isTruth = number > 0
  const attributes: Annotation['attributes'] = {
    ...(track >= 0 && { track_id: track }),
    ...(isTruth && mark === 0 && { ignored: 'true' }),
    ...(isTruth && visibility !== undefined && { visibility }),
  }
  const className = isTruth
    ? (names[number - 1] ?? numberedClass(number))
    : names === MOT_CLASSES
      ? 'object'
      : (names[0] ?? 'object')
  const confidence = !isTruth && mark >= 0 && mark <= 1 ? mark : 1
  const annotation = newAnnotation({ kind: 'bbox', x, y, w, h }, className, {
    attributes,
    confidence,
  })
  if (isTruth) return annotation
  return carrying(
    [annotation],
    'mot',
    { ...(confidence !== 1 && { confidence }) },
    { words: words.slice(6), className },
  )[0]
}

/** The classes by the numbers that they had in the files that they come from. */
function classNumbers({ classes, extra }: WriteContext['head']): ClassNumbers {
  const before = numbersIn(extra?.mot_dataset)
  const names: string[] = []
  for (const [name, number] of Object.entries(before)) names[number - 1] ??= name
  const rest = classes.map(({ name }) => name).filter((name) => before[name] === undefined)
  for (let index = 0; index < names.length; index++)
    names[index] ??= rest.shift() ?? numberedClass(index + 1)
  return new ClassNumbers([...names, ...rest])
}

function numbersIn(extra: Json | undefined): MotNumbers {
  const numbers = isJsonObject(extra) && isJsonObject(extra.numbers) ? extra.numbers : {}
  const isNumber = (value: Json) =>
    typeof value === 'number' && Number.isInteger(value) && value > 0 && value <= LIMITS.classes
  return Object.fromEntries(
    Object.entries(numbers).filter(([, value]) => isNumber(value)),
  ) as MotNumbers
}

const isDefault = (names: readonly string[]) =>
  names.length === MOT_CLASSES.length && names.every((name, index) => name === MOT_CLASSES[index])

/** The line of a sequence's seqinfo.ini; images do not tell it. */
function frameRateOf(extra: Json | undefined, sequence: string): string {
  const info = isJsonObject(extra) && isJsonObject(extra.info) ? extra.info : {}
  const lines = info[sequence]
  const line = Array.isArray(lines) ? lines[0] : undefined
  return typeof line === 'string' ? line.trim() : 'frameRate=1'
}

const folderOf = (split: Split | null | undefined) => (split ? `${split}/` : '')

/** Sequences by their folders, each with its frames, its tracks and its classes. */
class MotWriter implements LabelWriter {
  readonly #context: WriteContext
  readonly #numbers: ClassNumbers
  readonly #sequences = new Map<string, { frames: number; last: LabelledImage; ending: string }>()

  constructor(context: WriteContext) {
    this.#context = context
    this.#numbers = classNumbers(context.head)
  }

  *write(image: LabelledImage, { image: place }: { image: string }): Generator<OutputPiece> {
    const sequence = directoryOf(directoryOf(place))
    const frame = Number(fileNameOf(stemOf(place)))
    const before = this.#sequences.get(sequence)
    const ending = place.slice(stemOf(place).length)
    this.#sequences.set(sequence, {
      frames: Math.max(before?.frames ?? 0, frame),
      last: image,
      ending,
    })
    const lines = objectsOf(image.annotations, this.#context.head.classes).map((object) =>
      this.#line(object, frame, image.path),
    )
    yield { path: joinPath(sequence, 'gt/gt.txt'), content: lines.join(''), more: true }
  }

  #line(object: LabelObject, frame: number, where: string): string {
    const { losses } = this.#context
    const box = uprightBox(object, { format: 'MOT' }, where, losses)
    if (!box) return ''
    const main = mainOf(object)
    const values = [box.x, box.y, box.w, box.h].map(rounded)
    const given = givenOf(object.members, 'mot')
    // A detection has a score, and no class.
    if (given?.className === object.className && Array.isArray(given.words)) {
      const track = numberOf(main.attributes.track_id) ?? -1
      return `${[frame, track, ...values, ...given.words].join(',')}\n`
    }
    reportAttributes(object, ['track_id', 'ignored', 'visibility'], where, losses)
    const { track_id: named, ignored, visibility } = main.attributes
    const track = numberOf(named)
    const isTrack = track !== null && Number.isInteger(track) && track >= 0
    if (!isTrack) losses.add('objects without a “track_id” get the number -1', where)
    const number = this.#numbers.of(object.className) + 1
    const seen = numberOf(visibility) ?? 1
    return `${[frame, isTrack ? track : -1, ...values, isTrue(ignored) ? 0 : 1, number, seen].join(',')}\n`
  }

  *end(): Generator<OutputPiece> {
    for (const [sequence, { frames, last, ending }] of this.#sequences) {
      yield { path: joinPath(sequence, 'gt/gt.txt'), content: '' }
      const { names } = this.#numbers
      // MOT's own classes are known by their numbers.
      if (this.#context.head.extra?.mot_dataset === undefined || !isDefault(names))
        yield {
          path: joinPath(sequence, 'gt/labels.txt'),
          content: names.map((name) => `${name}\n`).join(''),
        }
      const info = [
        '[Sequence]',
        `name=${fileNameOf(sequence) || this.#context.head.name}`,
        'imDir=img1',
        frameRateOf(this.#context.head.extra?.mot_dataset, sequence),
        `seqLength=${frames}`,
        `imWidth=${last.width ?? ''}`,
        `imHeight=${last.height ?? ''}`,
        `imExt=${ending}`,
      ]
      yield { path: joinPath(sequence, 'seqinfo.ini'), content: `${info.join('\n')}\n` }
    }
  }
}

export const mot: Format<FrameEntry> = {
  id: 'mot',
  label: 'MOT',
  extraKey: 'mot',
  needs: 'pixels',
  keeps: { attributes: true, split: true },
  recognise: (look) => (isMotText(look) ? 'lines of frames and tracks' : null),
  open: openMot,
  placer: () => {
    const taken = new Set<string>()
    const next = new Map<string, number>()
    return ({ path, split }) => {
      const short = withoutFirst(path, split ? new RegExp(`^${split}$`, 'i') : /^$/)
      const own = directoryOf(short).replace(/(?:^|\/)(?:img1|images)$/i, '')
      const sequence = `${folderOf(split)}${own === '' ? 'sequence' : own}`
      const called = /^(?:frame_)?(\d{1,9})$/i.exec(fileNameOf(stemOf(short)))?.[1]
      const keyOf = (frame: number) => `${sequence}/${frame}`.toLowerCase()
      let frame = Number(called ?? 0)
      if (frame < 1 || taken.has(keyOf(frame))) {
        frame = next.get(sequence) ?? 1
        while (taken.has(keyOf(frame))) frame++
        next.set(sequence, frame + 1)
      }
      taken.add(keyOf(frame))
      const label = String(frame).padStart(6, '0')
      return { image: `${sequence}/img1/${label}${path.slice(stemOf(path).length)}`, label }
    }
  },
  writer: (context) => new MotWriter(context),
}
