import { parse as parseYaml, stringify as toYaml } from 'yaml'
import { z } from 'zod'
import { boundsOfPoints, boxCorners } from '#shared/geometry/box.ts'
import { minimumAreaRectangle } from '#shared/geometry/ring.ts'
import { shapeBounds } from '#shared/geometry/shape.ts'
import { orientedBoxFromCorners, orientedCorners } from '#shared/geometry/shapes/oriented-box.ts'
import {
  type Annotation,
  type Box,
  newAnnotation,
  type Point,
  type Shape,
} from '#shared/model/annotation.ts'
import {
  type AnnotationClass,
  type Skeleton,
  withClassNames,
} from '#shared/model/annotation-class.ts'
import type { Split } from '#shared/model/dataset.ts'
import type { FormatId } from '#shared/model/format.ts'
import { fileNameOf, stemOf } from '#shared/model/paths.ts'
import { bridgeHoles, unbridgeRing } from './bridge.ts'
import {
  decimal,
  FormatError,
  failureOf,
  instanceIds,
  reportCommonLosses,
  textOf,
  uniqueStems,
  withStem,
} from './common.ts'
import type { LossLog } from './loss-log.ts'
import { isOccluded, posesOf } from './poses.ts'
import type {
  Format,
  ImportContext,
  ImportedImage,
  ImportResult,
  InputFile,
  KnownImage,
  LabelledImage,
  LabelSet,
} from './types.ts'

// The layout: https://docs.ultralytics.com/datasets/

/** Eight decimals are a hundred-thousandth of a pixel even in an image 1,000 pixels wide. */
const DIGITS = 8

interface Line {
  className: string
  values: number[]
}

/** Turns an image's annotations into lines whose values are normalised to the image's size. */
type LineWriter = (image: LabelledImage, set: LabelSet, losses: LossLog) => Line[]

function normalise(points: readonly Point[], image: LabelledImage): number[] {
  return points.flatMap(({ x, y }) => [x / image.width, y / image.height])
}

function boxValues({ x, y, w, h }: Box, image: LabelledImage): number[] {
  return [(x + w / 2) / image.width, (y + h / 2) / image.height, w / image.width, h / image.height]
}

const ENCLOSED: Partial<Record<Shape['kind'], string>> = {
  oriented_box: 'oriented boxes are written as the upright box around them',
  polygon: 'polygons are written as the upright box around them',
}

const detectLines: LineWriter = (image, _set, losses) =>
  image.annotations.flatMap(({ className, shape }) => {
    if (shape.kind === 'polyline' || shape.kind === 'keypoint') {
      losses.leaveOut(`${shape.kind}s have no place in YOLO detect and are left out`, image.path)
      return []
    }
    const enclosed = ENCLOSED[shape.kind]
    if (enclosed) losses.add(enclosed, image.path)
    return [{ className, values: boxValues(shapeBounds(shape), image) }]
  })

const segmentLines: LineWriter = (image, _set, losses) =>
  image.annotations.flatMap(({ className, shape }) => {
    switch (shape.kind) {
      case 'bbox':
        losses.add('boxes are written as four-cornered polygons', image.path)
        return [{ className, values: normalise(boxCorners(shape), image) }]
      case 'oriented_box':
        losses.add('oriented boxes are written as four-cornered polygons', image.path)
        return [{ className, values: normalise(orientedCorners(shape), image) }]
      case 'polygon': {
        if (shape.rings.length > 1)
          losses.add('holes are joined to the outline by a cut of no width', image.path)
        return [{ className, values: normalise(bridgeHoles(shape.rings), image) }]
      }
      default:
        losses.leaveOut(`${shape.kind}s have no place in YOLO segment and are left out`, image.path)
        return []
    }
  })

const obbLines: LineWriter = (image, _set, losses) =>
  image.annotations.flatMap(({ className, shape }) => {
    switch (shape.kind) {
      case 'bbox':
        return [{ className, values: normalise(boxCorners(shape), image) }]
      case 'oriented_box':
        return [{ className, values: normalise(orientedCorners(shape), image) }]
      case 'polygon': {
        losses.add('polygons are written as the smallest oriented box around them', image.path)
        const box = minimumAreaRectangle(shape.rings[0])
        return [
          {
            className,
            values: normalise(orientedCorners({ kind: 'oriented_box', ...box }), image),
          },
        ]
      }
      default:
        losses.leaveOut(`${shape.kind}s have no place in YOLO OBB and are left out`, image.path)
        return []
    }
  })

/** One layout of joints for all classes, as YOLO pose needs it: the first skeleton's. */
function poseSkeleton(
  classes: readonly AnnotationClass[],
): { owner: string; skeleton: Skeleton } | null {
  for (const { name, skeleton } of classes) if (skeleton) return { owner: name, skeleton }
  return null
}

const poseLines: LineWriter = (image, set, losses) => {
  const template = poseSkeleton(set.classes)
  const { poses, rest } = posesOf(image, set.classes)
  for (const { shape } of rest)
    losses.leaveOut(
      `a ${shape.kind} outside a pose has no place in YOLO pose and is left out`,
      image.path,
    )
  return poses.flatMap(({ owner, joints, box }) => {
    if (!template || owner?.name !== template.owner) {
      losses.leaveOut(
        'keypoints outside the first skeleton are left out: YOLO pose has one layout',
        image.path,
      )
      return []
    }
    for (const { attributes } of joints.values()) {
      if (Object.keys(attributes).some((name) => name !== 'occluded'))
        losses.add('attributes other than "occluded" have no place in this format', image.path)
    }
    const around = box
      ? shapeBounds(box.shape)
      : boundsOfPoints([...joints.values()].map(({ shape }) => shape))
    const values = template.skeleton.nodes.flatMap(({ name }) => {
      const joint = joints.get(name)
      if (!joint) return [0, 0, 0]
      return [...normalise([joint.shape], image), isOccluded(joint) ? 1 : 2]
    })
    return [{ className: owner.name, values: [...boxValues(around, image), ...values] }]
  })
}

/** Which joint takes the place of which when the image is mirrored, from `left`/`right` in the names. */
function flipIndices(names: readonly string[]): number[] {
  return names.map((name, index) => {
    const mirrored = name.replace(/left|right/i, (side) =>
      side.toLowerCase() === 'left' ? 'right' : 'left',
    )
    const other = names.findIndex((candidate) => candidate.toLowerCase() === mirrored.toLowerCase())
    return other < 0 ? index : other
  })
}

/** The classes that get a number: in pose, only those with a skeleton. */
function numbered(set: LabelSet, id: FormatId): string[] {
  const classes = id === 'yolo_pose' ? set.classes.filter(({ skeleton }) => skeleton) : set.classes
  return classes.map(({ name }) => name)
}

function dataYaml(set: LabelSet, id: FormatId): string {
  const splits = new Set(set.images.map(({ split }) => split ?? 'train'))
  const template = id === 'yolo_pose' ? poseSkeleton(set.classes) : null
  const names = template?.skeleton.nodes.map((node) => node.name) ?? []
  const train = ['train', 'val', 'test'].find((split) => splits.has(split as Split)) ?? 'train'
  return toYaml({
    // No `path`: without it, everything is looked for beside this file, wherever it lies.
    train: `images/${train}`,
    // Ultralytics refuses a data.yaml without `val`; the training images stand in where there are none.
    val: splits.has('val') ? 'images/val' : `images/${train}`,
    ...(splits.has('test') && { test: 'images/test' }),
    names: Object.fromEntries(numbered(set, id).map((name, index) => [index, name])),
    ...(template && {
      kpt_shape: [names.length, 3],
      flip_idx: flipIndices(names),
      kpt_names: { 0: names },
      skeleton: template.skeleton.edges,
    }),
  })
}

/** One image's lines. `classNames` gives the numbers; a class that is not there is an error of the caller. */
export function yoloLines(
  id: 'yolo' | 'yolo_seg' | 'yolo_pose' | 'yolo_obb',
  image: LabelledImage,
  set: LabelSet,
  losses: LossLog,
): string {
  const numbers = new Map(numbered(set, id).map((name, index) => [name, index]))
  const write: Record<typeof id, LineWriter> = {
    yolo: detectLines,
    yolo_seg: segmentLines,
    yolo_pose: poseLines,
    yolo_obb: obbLines,
  }
  return write[id](image, set, losses)
    .map(
      ({ className, values }) =>
        `${[numbers.get(className), ...values.map((value) => decimal(value, DIGITS))].join(' ')}\n`,
    )
    .join('')
}

const yamlSchema = z.object({
  names: z.union([z.array(z.coerce.string()), z.record(z.string(), z.coerce.string())]),
  kpt_shape: z.array(z.number()).optional(),
  kpt_names: z.record(z.string(), z.array(z.string())).optional(),
  skeleton: z.array(z.tuple([z.number(), z.number()])).optional(),
})

interface Names {
  byNumber: Map<number, string>
  joints: string[]
  jointDimensions: number
  edges: [number, number][]
}

/** From data.yaml (or dataset.yaml), else classes.txt; without either, numbers become names. */
export function readNames(
  files: readonly InputFile[],
  result: Pick<ImportResult, 'failed'>,
): Names {
  const none: Names = { byNumber: new Map(), joints: [], jointDimensions: 3, edges: [] }
  const yaml = files.find(({ path }) => /(^|\/)[^/]*\.ya?ml$/i.test(path))
  if (yaml) {
    try {
      const parsed = yamlSchema.safeParse(parseYaml(textOf(yaml)))
      if (!parsed.success)
        throw new FormatError('names', 'is missing: data.yaml must list the class names')
      const { names, kpt_shape, kpt_names, skeleton } = parsed.data
      const count = kpt_shape?.[0] ?? 0
      const joints =
        kpt_names?.['0'] ?? Array.from({ length: count }, (_, index) => `keypoint ${index + 1}`)
      return {
        byNumber: new Map(Object.entries(names).map(([key, name]) => [Number(key), name])),
        joints: count > 0 ? joints : [],
        jointDimensions: kpt_shape?.[1] ?? 3,
        edges: skeleton ?? [],
      }
    } catch (error) {
      result.failed.push(failureOf(yaml.path, error))
      return none
    }
  }
  const list = files.find(({ path }) => /(^|\/)(classes|obj\.names|_classes)(\.txt)?$/i.test(path))
  if (!list) return none
  const lines = textOf(list)
    .split(/\r?\n/)
    .map((line) => line.trim())
  return {
    ...none,
    byNumber: new Map(lines.flatMap((name, index) => (name ? [[index, name] as const] : []))),
  }
}

function readLine(
  id: FormatId,
  values: number[],
  names: Names,
  image: { width: number; height: number },
): { shape: Shape | null; joints: (Point & { visibility: number })[] } {
  const { width, height } = image
  const box = (): Shape => {
    const [cx, cy, w, h] = values
    if (!(w > 0 && h > 0)) throw new FormatError('width and height', 'must be greater than 0')
    return {
      kind: 'bbox',
      x: (cx - w / 2) * width,
      y: (cy - h / 2) * height,
      w: w * width,
      h: h * height,
    }
  }
  const points = (from: readonly number[]) => {
    const result: Point[] = []
    for (let i = 0; i + 1 < from.length; i += 2)
      result.push({ x: from[i] * width, y: from[i + 1] * height })
    return result
  }
  if (
    id === 'yolo_pose' ||
    (names.joints.length > 0 && values.length === 4 + names.joints.length * names.jointDimensions)
  ) {
    const expected = 4 + names.joints.length * names.jointDimensions
    if (values.length !== expected)
      throw new FormatError(
        'line',
        `has ${values.length + 1} numbers; kpt_shape in data.yaml asks for ${expected + 1}`,
      )
    const joints = names.joints.map((_, index) => {
      const [x, y, visibility = 2] = values.slice(
        4 + index * names.jointDimensions,
        4 + (index + 1) * names.jointDimensions,
      )
      const placed = names.jointDimensions === 3 || x !== 0 || y !== 0
      return { x: x * width, y: y * height, visibility: placed ? visibility : 0 }
    })
    return { shape: box(), joints }
  }
  if (values.length === 4) return { shape: box(), joints: [] }
  if (id === 'yolo_obb') {
    if (values.length !== 8)
      throw new FormatError('line', `has ${values.length + 1} numbers; OBB needs 9`)
    const [p0, p1, p2] = points(values)
    const shape = orientedBoxFromCorners(p0, p1, p2)
    if (!shape) throw new FormatError('corners', 'make a box without an extent')
    return { shape, joints: [] }
  }
  if (values.length < 6 || values.length % 2 !== 0)
    throw new FormatError(
      'line',
      `has ${values.length + 1} numbers; a box needs 5, a polygon an odd number of at least 7`,
    )
  const rings = unbridgeRing(points(values))
  return { shape: { kind: 'polygon', rings }, joints: [] }
}

/** The detect line of 6 values carries a confidence at the end, as predictions are saved. */
function confidenceOf(id: FormatId, values: number[]): number | null {
  if (id === 'yolo' && values.length === 5) return values.pop() ?? null
  return null
}

function sizeOf(known: KnownImage): { width: number; height: number } {
  if (known.width === null || known.height === null)
    throw new FormatError(
      '(image)',
      `${known.path} has no readable size, which YOLO's relative numbers need`,
    )
  return { width: known.width, height: known.height }
}

/** Labels of one image, for import and for label files in step. Bad lines go to `failed`. */
export function readYoloText(
  id: FormatId,
  text: string,
  names: Names,
  known: KnownImage,
  file: string,
  failed: ImportResult['failed'],
): Annotation[] {
  const size = sizeOf(known)
  const nextInstance = instanceIds([])
  return text.split(/\r?\n/).flatMap((line, index) => {
    if (line.trim() === '') return []
    try {
      const numbers = line.trim().split(/\s+/).map(Number)
      if (numbers.some((value) => !Number.isFinite(value)))
        throw new FormatError('line', 'has something that is not a number')
      const [classNumber, ...values] = numbers
      if (!Number.isInteger(classNumber) || classNumber < 0)
        throw new FormatError('class', 'must be a whole number from 0')
      const confidence = confidenceOf(id, values)
      const className = names.byNumber.get(classNumber) ?? `class ${classNumber}`
      const { shape, joints } = readLine(id, values, names, size)
      const placed = joints.flatMap(({ visibility, ...point }, joint) =>
        visibility > 0 ? [{ ...point, visibility, name: names.joints[joint] }] : [],
      )
      const instanceId = placed.length > 0 ? nextInstance() : undefined
      const around = placed.length > 0 ? boundsOfPoints(placed) : null
      const bounds = shape && shapeBounds(shape)
      const says =
        !around ||
        !bounds ||
        (['x', 'y', 'w', 'h'] as const).some((key) => Math.abs(around[key] - bounds[key]) > 1e-3)
      return [
        ...(shape && says
          ? [
              newAnnotation(shape, className, {
                ...(instanceId !== undefined && { instanceId }),
                ...(confidence !== null && { confidence }),
              }),
            ]
          : []),
        ...placed.map(({ x, y, visibility, name }) =>
          newAnnotation({ kind: 'keypoint', x, y }, name, {
            instanceId,
            attributes: visibility === 1 ? { occluded: 'true' } : {},
          }),
        ),
      ]
    } catch (error) {
      const { field, message } = failureOf(file, error)
      failed.push({ file, field: `line ${index + 1}, ${field}`, message })
      return []
    }
  })
}

export function namesOfClasses(classes: readonly AnnotationClass[]): Names {
  return {
    byNumber: new Map(classes.map(({ name }, index) => [index, name])),
    joints: [],
    jointDimensions: 3,
    edges: [],
  }
}

function isLabelText(path: string): boolean {
  return (
    /\.txt$/i.test(path) &&
    !/(^|\/)(classes|_classes|train|val|test|readme[^/]*|requirements)\.txt$/i.test(path)
  )
}

function splitOf(path: string): Split | undefined {
  const folder = path.split('/').find((part) => /^(train|val|valid|test)$/.test(part))
  return folder === 'valid' ? 'val' : (folder as Split | undefined)
}

function importYolo(
  id: FormatId,
  files: readonly InputFile[],
  context: ImportContext,
): ImportResult {
  const result: ImportResult = { images: [], classes: [], failed: [] }
  const names = readNames(files, result)
  result.classes = withClassNames([], names.byNumber.values())
  if (names.joints.length > 0) {
    result.classes = withClassNames(
      result.classes.map((item) => ({
        ...item,
        skeleton: { nodes: names.joints.map((name) => ({ name })), edges: names.edges },
      })),
      names.joints,
    )
  }
  for (const file of files.filter(({ path }) => isLabelText(path))) {
    // labels/train/a.txt speaks of images/train/a.*, wherever the image lies now.
    const stem = stemOf(file.path).replace(/(^|\/)labels\//, '$1')
    const known =
      context.images.findByStem(stem) ?? context.images.findByStem(stemOf(fileNameOf(file.path)))
    const split = splitOf(file.path)
    const image: ImportedImage = {
      file: file.path,
      path: known?.path ?? stem,
      matched: known !== null,
      annotations: [],
      ...(split && { split }),
    }
    try {
      if (known)
        image.annotations = readYoloText(id, textOf(file), names, known, file.path, result.failed)
      result.images.push(image)
    } catch (error) {
      result.failed.push(failureOf(file.path, error))
    }
  }
  const seen = new Set(
    result.images.flatMap(({ annotations }) => annotations.map(({ className }) => className)),
  )
  result.classes = withClassNames(result.classes, seen)
  return result
}

function yoloFormat(id: 'yolo' | 'yolo_seg' | 'yolo_pose' | 'yolo_obb', label: string): Format {
  const places = (set: LabelSet) => {
    const stems = uniqueStems(set.images)
    return set.images.map((image, index) => ({
      image,
      split: image.split ?? 'train',
      stem: stems[index],
    }))
  }
  return {
    id,
    label,
    imagePaths: (set) =>
      places(set).map(({ image, split, stem }) => `images/${split}/${withStem(image.path, stem)}`),

    *export(set, _options, losses) {
      reportCommonLosses(
        set,
        { split: true, instances: id === 'yolo_pose', attributes: id === 'yolo_pose' },
        losses,
      )
      for (const { image, split, stem } of places(set)) {
        if (withStem(image.path, stem) !== image.path)
          losses.add('images that differ by extension alone are renamed', image.path)
        const content = yoloLines(id, image, set, losses)
        // No file means "not labelled"; an empty one means "labelled: nothing here".
        const looked = image.stage === 'review' || image.stage === 'complete'
        if (content !== '' || looked) yield { path: `labels/${split}/${stem}.txt`, content }
      }
      yield { path: 'data.yaml', content: dataYaml(set, id) }
    },

    import: (files, context) => importYolo(id, files, context),
  }
}

export const yolo = yoloFormat('yolo', 'YOLO detect')
export const yoloSeg = yoloFormat('yolo_seg', 'YOLO segment')
export const yoloPose = yoloFormat('yolo_pose', 'YOLO pose')
export const yoloObb = yoloFormat('yolo_obb', 'YOLO OBB')
