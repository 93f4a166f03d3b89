import type { FormatId, ImportFailure } from '#shared/model/format.ts'
import { fileNameOf } from '#shared/model/paths.ts'
import { isDotaText } from './dota.ts'
import { type FileLook, lookAt } from './file-look.ts'
import { failureOf, WHOLE_FILE } from './format-error.ts'
import { isMotText } from './mot.ts'
import { describeUnknown, foreignFile, lookalike } from './other-files.ts'
import { FORMAT_BY_ID, FORMAT_LIST } from './registry.ts'
import type { InputFile } from './types.ts'
import { kindOfText } from './yolo-dataset.ts'
import type { YoloKind } from './yolo-lines.ts'
import { namesClasses } from './yolo-names.ts'
import { formOf, type LineTally, provenForms, tallyOf, trackedForms } from './yolo-tally.ts'

/** What a file is. */
export type Finding =
  | { format: FormatId; why: string }
  /** Something else, in words that follow the file's name. */
  | { other: string }
  /** It cannot be read. */
  | { failure: ImportFailure }
  | null

const isYoloPath = (path: string) => /\.(?:txt|ya?ml|names|data|labels)$/i.test(path)

/** The format of a single file. Which kind of YOLO it is depends on all files (`detect`). */
export function findingOf(file: InputFile): Finding {
  try {
    const look = lookAt(file)
    const other = lookalike(look)
    if (other !== null) return { other }
    for (const { id, recognise } of FORMAT_LIST) {
      const why = recognise(look)
      if (why !== null) return { format: id, why }
    }
    const foreign = foreignFile(look)
    if (foreign !== null) return { other: foreign }
    if (isYoloPath(file.path)) return textFinding(look)
    if (look.kind === 'xml' && look.text.trim() !== '')
      return { other: `is XML of another kind (<${look.elements[0] ?? '?'}>), and is not read` }
    return null
  } catch (error) {
    return { failure: failureOf(file.path, error) }
  }
}

function textFinding({ path, text }: FileLook): Finding {
  if (/\.ya?ml$/i.test(path))
    return namesClasses(text) ? { format: 'yolo', why: 'names of classes' } : null
  const kind = kindOfText(path, text)
  if (kind === 'labels') return { format: 'yolo', why: 'lines of numbers' }
  return null
}

/** Files of a family's datasets, where they are no JSON. */
const ENDINGS: Record<string, RegExp> = {
  yolo: /\.(?:txt|ya?ml|names|data|labels|xml)$/i,
  pascal_voc: /\.(?:txt|ya?ml|names|data|labels|xml)$/i,
  cvat: /\.xml$/i,
  dota: /\.txt$/i,
  via: /\.(?:json|csv)$/i,
  csv: /\.[ct]sv$/i,
  hugging_face: /\.jsonl?$/i,
  labelbox: /\.(?:json|jsonl|ndjson)$/i,
  mot: /\.(?:txt|ini)$/i,
  png_masks: /\.txt$|(?:^|\/)_classes\.csv$/i,
  coco_panoptic: /\.(?:json|png)$/i,
  label_studio: /\.(?:json|csv|tsv)$/i,
  open_images: /\.csv$/i,
}

const isKind = (id: FormatId, path: string): boolean =>
  (ENDINGS[FORMAT_BY_ID[id].extraKey] ?? /\.json$/i).test(path)

/** The formats of a set of label files. */
export interface Detection {
  /** The format of most files; null: no file is recognised. */
  format: FormatId | null
  /** "12 files with shapes and points". */
  why: string
  /** Files of each format. */
  byFormat: Map<FormatId, InputFile[]>
  /** Files that are something else, or cannot be read. */
  skipped: ImportFailure[]
  /** A description of the first file that no format recognises; empty: there is none. */
  unknown: string
  /** Those that belong to the format's dataset, the ones that cannot be read among them. */
  filesOf(format: FormatId): InputFile[]
}

/** Which YOLO the label files are, by the numbers of values in all of their lines. */
function* yoloKindOf(files: readonly InputFile[]): Generator<void, YoloKind> {
  const tallies: LineTally[] = []
  for (const file of files) {
    yield
    if (/\.txt$/i.test(file.path)) tallies.push(tallyOf(file))
    else if (/\.ya?ml$/i.test(file.path) && /^kpt_shape\s*:/m.test(lookAt(file).text))
      return 'yolo_pose'
    file.close?.()
  }
  const proven = provenForms(tallies)
  const counts = new Set<number>()
  for (const tally of tallies) {
    const tracked = trackedForms(tally, proven)
    for (const count of tally.counts) counts.add(count)
    // 9 words may be a box with corners at the border: they alone never tell of outlines.
    for (const count of tally.onesCounts)
      counts.add(count !== 9 && tracked.has(formOf(count)) ? count - 1 : count)
  }
  const haveTriangles = tallies.some(({ unnumbered }) => unnumbered.has('box and track'))
  const isBox = (count: number) => count < 7 || (count === 7 && !haveTriangles)
  const isQuad = (count: number) => count === 9 || count === 10
  if (![...counts].every((count) => isBox(count) || isQuad(count))) return 'yolo_seg'
  if ([...counts].some(isQuad)) return counts.has(5) ? 'yolo_seg' : 'yolo_obb'
  return 'yolo'
}

/** So many files of one other kind are listed; a folder of another tool has one for each image. */
const LISTED_ALIKE = 5

function firstOf(alike: readonly ImportFailure[]): ImportFailure[] {
  const listed = alike.slice(0, LISTED_ALIKE)
  const [next] = alike.slice(LISTED_ALIKE)
  if (!next) return listed
  const others = alike.length - LISTED_ALIKE - 1
  const message =
    others > 0 ? `${next.message} (and ${others} more files of this kind)` : next.message
  return [...listed, { ...next, message }]
}

/** Tells what label files are by looking at all of them, step by step. */
export function* detect(files: readonly InputFile[]): Generator<void, Detection> {
  const byFormat = new Map<FormatId, InputFile[]>()
  const whys = new Map<FormatId, string>()
  const skipped: ImportFailure[] = []
  const unread = new Set<InputFile>()
  const unknown = new Set<InputFile>()
  const others = new Map<string, ImportFailure[]>()
  for (const file of files) {
    yield
    const finding = findingOf(file)
    file.close?.()
    if (finding === null) unknown.add(file)
    else if ('format' in finding) {
      const there = byFormat.get(finding.format)
      if (there) there.push(file)
      else byFormat.set(finding.format, [file])
      whys.set(finding.format, finding.why)
    } else if ('failure' in finding) {
      unread.add(file)
      skipped.push(finding.failure)
    } else {
      const message = finding.other
      const alike = others.get(message) ?? []
      others.set(message, alike)
      alike.push({ file: file.path, field: WHOLE_FILE, message })
    }
  }
  for (const alike of others.values()) skipped.push(...firstOf(alike))
  const yolo = byFormat.get('yolo')
  if (yolo) {
    const kind = yield* yoloKindOf(yolo)
    byFormat.delete('yolo')
    byFormat.set(kind, yolo)
    whys.set(kind, whys.get('yolo') ?? '')
    // Classes and settings alone label nothing.
    if (!yolo.some(({ path }) => /\.txt$/i.test(path)) && byFormat.size > 1) byFormat.delete(kind)
  }
  // Masks beside files that say more are theirs, however many there are.
  const chosen = [...byFormat].filter(([id]) => id !== 'png_masks' || byFormat.size === 1)
  const [best] = chosen.toSorted(([, a], [, b]) => b.length - a.length)
  const [format, own] = best ?? [null, []]
  return {
    format,
    why: format ? `${own.length} ${own.length === 1 ? 'file' : 'files'}: ${whys.get(format)}` : '',
    byFormat,
    skipped,
    unknown: format ? '' : wordsOn(unknown),
    filesOf(id) {
      const family = FORMAT_BY_ID[id].extraKey
      const wanted = new Set(
        [...byFormat].flatMap(([one, list]) => (FORMAT_BY_ID[one].extraKey === family ? list : [])),
      )
      // Whoever names the format means these files.
      if (wanted.size === 0) return [...files]
      return files.filter(
        (file) =>
          wanted.has(file) || ((unread.has(file) || unknown.has(file)) && isKind(id, file.path)),
      )
    },
  }
}

/** Describes an unrecognised file. Prefers one with rows or keys to one that may contain anything. */
function wordsOn(unknown: ReadonlySet<InputFile>): string {
  const isTelling = ({ path }: InputFile) => /\.(?:json|jsonl|ndjson|csv|tsv|xml)$/i.test(path)
  const file = [...unknown].find(isTelling) ?? [...unknown][0]
  return file ? `${fileNameOf(file.path)} ${describeUnknown(lookAt(file))}` : ''
}

/** The same at once, for few files. */
export function detectFormat(files: readonly InputFile[]): FormatId | null {
  const steps = detect(files)
  for (;;) {
    const { done, value } = steps.next()
    if (done) return value.format
  }
}

/** A few words on files that are no labels, for an error message. */
export function describeSkipped(skipped: readonly ImportFailure[]): string {
  const [first] = skipped
  if (!first) return ''
  const more = skipped.length > 1 ? ` (and ${skipped.length - 1} more)` : ''
  const where = first.field === WHOLE_FILE ? '' : `, ${first.field}:`
  return `${fileNameOf(first.file)}${where} ${first.message}${more}`
}

/** Labels, or a list of classes. */
export const isYoloFile = ({ path }: Pick<InputFile, 'path'>): boolean =>
  /\.(?:txt|ya?ml|names)$/i.test(path)

/** The format of a text file, by its lines. Empty files and lists of classes or images belong to YOLO. */
function textFormat(file: InputFile): FormatId | null {
  try {
    const look = lookAt(file)
    if (isDotaText(look)) return 'dota'
    if (isMotText(look)) return 'mot'
    const isOther = /\.txt$/i.test(file.path) && kindOfText(file.path, look.text) === 'other'
    return isOther || foreignFile(look) !== null ? null : 'yolo'
  } catch {
    // Reading it tells what is wrong.
    return 'yolo'
  }
}

/** The format of a single label file; `detectFormat` tells which kind of YOLO a set of files is. null: no known format. */
export function formatOfFile(file: InputFile): FormatId | null {
  if (isYoloFile(file)) return textFormat(file)
  const finding = findingOf(file)
  return finding && 'format' in finding ? finding.format : null
}

/** Whether an unrecognised file may name classes, splits or sizes for label files of a format. */
export function mayAccompany(format: FormatId, file: InputFile): boolean {
  // Formats with one JSON file per image have no such files.
  const hasOthers = ENDINGS[FORMAT_BY_ID[format].extraKey] !== undefined
  if (!hasOthers || !isKind(format, file.path)) return false
  return isYoloFile(file) || findingOf(file) === null
}
