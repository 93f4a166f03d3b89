import { type Annotation, newAnnotation } from '#shared/model/annotation.ts'
import type { Split } from '#shared/model/dataset.ts'
import { directoryOf, fileNameOf, joinPath, stemOf } from '#shared/model/paths.ts'
import { isTrue } from '#shared/model/pose.ts'
import { carrying, fieldsOf, givenOf, isJsonObject, saysNothing } from './carry.ts'
import { decimal, stemGiver, withoutFirst, withStem } from './common.ts'
import { numberOf, pointsOf, shown } from './fields.ts'
import type { FileLook } from './file-look.ts'
import { FormatError, failureOf } from './format-error.ts'
import { resolvePath } from './image-lookup.ts'
import type { LossLog } from './loss-log.ts'
import { CROWD, isCrowd, type LabelObject, leadOf, objectsOf, simpleObject } from './objects.ts'
import { turnedBox } from './quad.ts'
import { splitOfFolders } from './splits.ts'
import { linesOf, textOf } from './text.ts'
import type {
  Format,
  InputFile,
  JsonObject,
  LabelEntry,
  LabelledImage,
  LabelSource,
  OnFault,
  OpenContext,
  ReadLabels,
  WriteContext,
} from './types.ts'
import { isSolid, turnedCorners } from './yolo-lines.ts'

// The layout: https://captain-whu.github.io/DOTA/dataset.html

interface DotaEntry extends LabelEntry {
  source: InputFile
}

const LABELS = /^(.*\/)?[^/]*(?:labelTxt|annfiles|annotations|labels)[^/]*(?=\/|$)/i

/** The line before the objects: `imagesource:GoogleEarth`, `gsd:0.146`; null: it is another. */
function headOf(line: string): [key: string, value: string] | null {
  const colon = line.indexOf(':')
  const key = line.slice(0, Math.max(0, colon)).trim()
  return /^[a-z][\w ]*$/i.test(key) ? [key, line.slice(colon + 1).trim()] : null
}

const isNumber = (word: string | undefined) => word !== undefined && numberOf(word) !== null

/** Eight coordinates, and a word that is no number. */
function isObjectLine(line: string): boolean {
  const words = line.trim().split(/\s+/)
  return words.length >= 9 && words.slice(0, 8).every(isNumber) && !isNumber(words[8])
}

/** Whether a text file is DOTA's: by its head, or by corners with the name of a class. */
export function isDotaText({ kind, path, text }: FileLook): boolean {
  if (kind !== 'text' || !/\.txt$/i.test(path)) return false
  const first = linesOf(text.slice(0, 4096)).find((line) => line.trim() !== '') ?? ''
  return /^\s*(?:imagesource|gsd)\s*:/i.test(first) || isObjectLine(first)
}

/** In an images folder in place of the labels' folder, or beside the file. */
function placesOf(file: string): string[] {
  const directory = directoryOf(file)
  const name = `${fileNameOf(stemOf(file))}.*`
  const swapped = LABELS.test(directory)
    ? [resolvePath(directory.replace(LABELS, (_, before = '') => `${before}images`))]
    : []
  return [...swapped, directory].map((folder) => joinPath(folder, name))
}

function* openDota(
  files: readonly InputFile[],
  context: OpenContext,
): Generator<void, LabelSource<DotaEntry>> {
  const entries: DotaEntry[] = []
  for (const file of files) {
    if (!/\.txt$/i.test(file.path) || /(?:^|\/)classes\.txt$/i.test(file.path)) continue
    yield
    try {
      // Reports bytes that are no text before anything is written.
      textOf(file)
      const split = splitOfFolders(file.path)
      entries.push({
        file: file.path,
        source: file,
        name: `${fileNameOf(stemOf(file.path))}.*`,
        places: placesOf(file.path),
        ...(split && { split, context: split }),
      })
    } catch (error) {
      context.fail(failureOf(file.path, error))
    }
  }
  return { classes: [], entries, read: readEntry }
}

/** A line of corners, class and difficulty. Throws a FormatError. */
function readLine(line: string, losses: LossLog, where: string): Annotation {
  const words = line.trim().split(/\s+/)
  if (words.length < 9)
    throw new FormatError(
      '',
      `has ${words.length} words; it needs 8 coordinates, a class and a difficulty`,
    )
  const numbers = words.slice(0, 8)
  const points = pointsOf(
    numbers.map((word) => numberOf(word) ?? word),
    'corners',
  )
  const last = words.at(-1)
  const isRated = words.length > 9 && isNumber(last)
  const className = words.slice(8, isRated ? -1 : undefined).join(' ')
  if (isNumber(className))
    throw new FormatError('class', `must be the name of a class, not ${shown(className)}`)
  const { shape, isRectangle } = turnedBox(points)
  if (!isRectangle)
    losses.add('quadrilaterals that are no rectangles are the smallest box around them', where)
  const annotation = newAnnotation(shape, className, {
    attributes: isRated && last !== '0' ? { difficult: last === '1' ? 'true' : (last ?? '') } : {},
  })
  const written = turnedCorners(simpleObject(annotation), [annotation], null, '')
  const isSame = written.every(
    ({ x, y }, index) =>
      Math.abs(x - points[index].x) < 1e-6 && Math.abs(y - points[index].y) < 1e-6,
  )
  const given: JsonObject = isSame ? {} : { corners: numbers }
  return carrying([annotation], 'dota', {}, given)[0]
}

function readEntry(
  { source, file }: DotaEntry,
  _size: unknown,
  fail: OnFault,
  losses: LossLog,
): ReadLabels {
  const head: JsonObject = {}
  const annotations: Annotation[] = []
  for (const [index, line] of linesOf(textOf(source)).entries()) {
    if (line.trim() === '') continue
    const own = annotations.length === 0 ? headOf(line) : null
    if (own && !isObjectLine(line)) {
      head[own[0]] = own[1]
      continue
    }
    try {
      annotations.push(readLine(line, losses, file))
    } catch (error) {
      fail(`line ${index + 1}`, error)
    }
  }
  return { annotations, ...(Object.keys(head).length > 0 && { extra: { dota: head } }) }
}

/** Spaces part the words of a line. */
function nameOf(className: string, losses: LossLog, where: string): string {
  if (!/\s/.test(className)) return className
  losses.add(
    'spaces in names of classes are written as -, since they part the words of a line',
    where,
  )
  return className.replace(/\s+/g, '-')
}

function difficultyOf(object: LabelObject, losses: LossLog, where: string): string {
  const { attributes } = object.box ?? object.regions[0] ?? leadOf(object)
  const { difficult, ...others } = attributes
  if (Object.entries(others).some(([key, value]) => key !== CROWD && !saysNothing(value)))
    losses.add('attributes other than “difficult” have no place in this format', where)
  if (isCrowd(object)) {
    losses.add('crowd regions (iscrowd) are written as difficult', where)
    return '1'
  }
  if (isTrue(difficult)) return '1'
  return typeof difficult === 'string' && /^\d+$/.test(difficult) ? difficult : '0'
}

function lineOf(object: LabelObject, where: string, losses: LossLog): string {
  const { regions, joints, box, owner, className, members } = object
  const solid = regions.filter(isSolid)
  if (solid.length === 0 && !box && !owner) {
    const kind = regions[0]?.shape.kind ?? 'keypoint'
    losses.leaveOut(`${kind}s have no place in DOTA and are left out`, where)
    return ''
  }
  if (joints.size > 0) losses.add('keypoints have no place in DOTA: their box is written', where)
  if (solid.length < regions.length)
    losses.add('polylines have no place in DOTA and are left out', where)
  const corners = givenOf(members, 'dota')?.corners
  const own = Array.isArray(corners)
    ? corners
    : turnedCorners(object, solid, losses, where).flatMap(({ x, y }) => [
        decimal(x, 9),
        decimal(y, 9),
      ])
  const name = nameOf(className, losses, where)
  return `${[...own, name, difficultyOf(object, losses, where)].join(' ')}\n`
}

function imageText(image: LabelledImage, { head, losses }: WriteContext): string {
  const top = Object.entries(fieldsOf(image.extra, 'dota'))
    .filter(([, value]) => !isJsonObject(value) && !Array.isArray(value))
    .map(([key, value]) => `${key}:${value}\n`)
  const lines = objectsOf(image.annotations, head.classes).map((object) =>
    lineOf(object, image.path, losses),
  )
  return [...top, ...lines].join('')
}

const folderOf = (split: Split | null | undefined) => (split ? `${split}/` : '')

export const dota: Format<DotaEntry> = {
  id: 'dota',
  label: 'DOTA',
  extraKey: 'dota',
  needs: 'pixels',
  keeps: { split: true, attributes: true },
  recognise: (look) => (isDotaText(look) ? 'corners with the name of a class' : null),
  open: openDota,
  placer: () => {
    const stemFor = stemGiver()
    return ({ path, split }) => {
      const short = withoutFirst(
        withoutFirst(path, split ? new RegExp(`^${split}$`, 'i') : /^$/),
        /^images$/i,
      )
      const label = stemFor(short)
      const folder = folderOf(split)
      return { image: `${folder}images/${withStem(short, label)}`, label }
    }
  },
  writer: (context) => ({
    *write(image, { label }) {
      if (image.annotations.length === 0 && !image.isLabelled) return
      yield {
        path: `${folderOf(image.split)}labelTxt/${label}.txt`,
        content: imageText(image, context),
      }
    },
    *end() {},
  }),
}
