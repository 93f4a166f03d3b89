import { decode as decodePng } from 'fast-png'
import { z } from 'zod'
import { boxFromCorners } from '#shared/geometry/box.ts'
import { distance } from '#shared/geometry/point.ts'
import { traceMask } from '#shared/geometry/raster.ts'
import { openRing } from '#shared/geometry/ring.ts'
import { orientedBoxFromCorners } from '#shared/geometry/shapes/oriented-box.ts'
import {
  type Annotation,
  annotationSchema,
  newAnnotation,
  newId,
  type Point,
  type Shape,
} from '#shared/model/annotation.ts'
import { fileNameOf } from '#shared/model/paths.ts'
import { FormatError, failureOf, instanceIds } from './common.ts'
import { type JsonObject, objectOr } from './labelme-write.ts'
import type { LossLog } from './loss-log.ts'
import type { ImportContext, ImportedImage, ImportResult } from './types.ts'

const number = z.number()
const shapeSchema = z
  .object({
    label: z.string().trim().min(1),
    points: z.array(z.tuple([number, number]).rest(number)),
    // Files written before labelme 3 have no type; all their shapes were polygons.
    shape_type: z.string().nullish(),
    group_id: number.nullish(),
    mask: z.string().nullish(),
    direction: number.nullish(),
    score: number.nullish(),
    difficult: z.boolean().nullish(),
    attributes: z.record(z.string(), z.json()).nullish(),
    id: z.string().nullish(),
  })
  .loose()
type ReadShape = z.infer<typeof shapeSchema>

const fileSchema = z
  .object({
    shapes: z.array(z.unknown()),
    imagePath: z.string().nullish(),
    imageHeight: number.nullish(),
    imageWidth: number.nullish(),
    checked: z.boolean().nullish(),
    tags: z.array(z.string()).nullish(),
    imageData: z.unknown().optional(),
  })
  .loose()

/** Segments of the polygon that stands for a circle: at most 0.5 % of the radius off. */
const CIRCLE_SEGMENTS = 32

function need(points: readonly Point[], counts: readonly number[], type: string): void {
  if (!counts.includes(points.length))
    throw new FormatError('points', `has ${points.length}; a ${type} needs ${counts.join(' or ')}`)
}

function readMask(read: ReadShape, points: readonly Point[]): Shape[] {
  need(points, [2], 'mask')
  if (!read.mask) throw new FormatError('mask', 'is missing')
  const png = decodePng(Buffer.from(read.mask, 'base64'))
  const data = new Uint8Array(png.width * png.height)
  for (let i = 0; i < data.length; i++) data[i] = png.data[i * png.channels] ? 1 : 0
  return traceMask({ width: png.width, height: png.height, data }).map((rings) => ({
    kind: 'polygon',
    rings: rings.map((ring) =>
      ring.map(({ x, y }) => ({ x: x + points[0].x, y: y + points[0].y })),
    ),
  }))
}

/** One of their shapes can be several of ours (a mask of two regions, a list of points). */
function readShapes(read: ReadShape, where: string, losses: LossLog): Shape[] {
  const points = read.points.map(([x, y]) => ({ x, y }))
  const type = read.shape_type ?? 'polygon'
  switch (type) {
    case 'rectangle': {
      need(points, [2, 4], type)
      const { x, y, w, h } = boxFromCorners(points[0], points[points.length / 2])
      return [{ kind: 'bbox', x, y, w, h }]
    }
    case 'oriented_rectangle':
    case 'rotation': {
      need(points, [4], type)
      const box = orientedBoxFromCorners(points[0], points[1], points[2])
      if (!box) throw new FormatError('points', 'make a box without an extent')
      return [box]
    }
    case 'polygon':
    case 'quadrilateral':
      return [{ kind: 'polygon', rings: [openRing(points)] }]
    case 'line':
    case 'linestrip':
      return [{ kind: 'polyline', points }]
    case 'point':
      need(points, [1], type)
      return [{ kind: 'keypoint', ...points[0] }]
    case 'points':
      return points.map((point) => ({ kind: 'keypoint', ...point }))
    case 'circle': {
      need(points, [2], type)
      losses.add('circles become polygons', where)
      const radius = distance(points[0], points[1])
      if (radius === 0) throw new FormatError('points', 'make a circle without a radius')
      const ring = Array.from({ length: CIRCLE_SEGMENTS }, (_, index) => {
        const angle = (index / CIRCLE_SEGMENTS) * 2 * Math.PI
        return {
          x: points[0].x + radius * Math.cos(angle),
          y: points[0].y + radius * Math.sin(angle),
        }
      })
      return [{ kind: 'polygon', rings: [ring] }]
    }
    case 'mask':
      losses.add('masks become polygons along pixel borders', where)
      return readMask(read, points)
    default:
      throw new FormatError('shape_type', `"${type}" is not known`)
  }
}

const MODELLED = new Set([
  'label',
  'points',
  'shape_type',
  'group_id',
  'mask',
  'direction',
  'score',
  'difficult',
  'attributes',
  'id',
])

interface Instances {
  next(): number
  /** Theirs count from 0, ours from 1: group 0 gets a number that no other group of the file has. */
  of(group: number | null): number | undefined
}

function instancesOf(shapes: readonly unknown[]): Instances {
  const next = instanceIds(
    shapes.map((shape) => ({
      instanceId: shapeSchema.safeParse(shape).data?.group_id ?? undefined,
    })),
  )
  let zero: number | null = null
  return {
    next,
    of: (group) => {
      if (group !== 0) return group ?? undefined
      zero ??= next()
      return zero
    },
  }
}

function readShape(
  value: unknown,
  where: string,
  context: ImportContext,
  instances: Instances,
): Annotation[] {
  const parsed = shapeSchema.safeParse(value)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    throw new FormatError(issue.path.join('.') || '(shape)', issue.message)
  }
  const read = parsed.data
  const shapes = readShapes(read, where, context.losses)
  if (shapes.length === 0) throw new FormatError('points', 'make no shape')
  const group = read.group_id
  if (typeof group === 'number' && !(Number.isInteger(group) && group >= 0))
    throw new FormatError('group_id', 'must be a whole number from 0')
  if (group === 0) context.losses.add('group 0 gets another number: instances count from 1', where)
  const instanceId =
    instances.of(group ?? null) ?? (shapes.length > 1 ? instances.next() : undefined)
  const unknown = Object.fromEntries(Object.entries(read).filter(([key]) => !MODELLED.has(key)))
  const idle = Object.values(unknown).every(
    (item) =>
      item === null || item === '' || (typeof item === 'object' && Object.keys(item).length === 0),
  )
  return shapes.map((shape, index) => {
    const annotation = annotationSchema.safeParse({
      ...newAnnotation(shape, read.label),
      // The regions of one mask are the same ones at the next reading.
      id: read.id ? (index === 0 ? read.id : `${read.id}#${index}`) : newId(),
      confidence: typeof read.score === 'number' ? Math.min(1, Math.max(0, read.score)) : 1,
      attributes: { ...read.attributes, ...(read.difficult && { difficult: 'true' }) },
      ...(instanceId !== undefined && { instanceId }),
      ...(!idle && { extra: { labelme: unknown } }),
    })
    if (annotation.success) return annotation.data
    const [issue] = annotation.error.issues
    throw new FormatError('points', `${issue.path.slice(1).join('.')}: ${issue.message}`)
  })
}

/** Whether JSON is a file of labelme's or X-AnyLabeling's. */
export function isLabelmeJson(json: unknown): boolean {
  return fileSchema.safeParse(json).success
}

/** What a file holds besides shapes, sizes and names, to be written back: its picture too. */
export function unknownTopKeys(json: unknown): JsonObject {
  const known = new Set(['version', 'shapes', 'imagePath', 'imageHeight', 'imageWidth'])
  return Object.fromEntries(Object.entries(objectOr(json, {})).filter(([key]) => !known.has(key)))
}

export function readLabelme(
  file: string,
  json: unknown,
  context: ImportContext,
  failed: ImportResult['failed'],
): ImportedImage {
  const parsed = fileSchema.safeParse(json)
  if (!parsed.success)
    throw new FormatError('shapes', 'is missing: not a labelme or X-AnyLabeling file')
  const { shapes, imagePath, imageWidth, imageHeight, checked, tags } = parsed.data
  // The label file lies beside its image; what it names comes second, it may be from another machine.
  const byName = imagePath
    ? (context.images.find(
        `${file.slice(0, file.length - fileNameOf(file).length)}${fileNameOf(imagePath.replaceAll('\\', '/'))}`,
      ) ?? context.images.find(imagePath))
    : null
  const known = byName ?? context.images.findByStem(file.replace(/\.json$/i, ''))
  if (
    known?.width &&
    imageWidth &&
    imageHeight &&
    (known.width !== imageWidth || known.height !== imageHeight)
  )
    context.losses.add(
      'the label file gives another image size; coordinates are taken as they are',
      known.path,
    )
  const instances = instancesOf(shapes)
  const annotations = shapes.flatMap((shape, index) => {
    try {
      return readShape(shape, known?.path ?? file, context, instances)
    } catch (error) {
      const { field, message } = failureOf(file, error)
      failed.push({ file, field: `shapes[${index}].${field}`, message })
      return []
    }
  })
  const seen = new Set<string>()
  return {
    file,
    path: known?.path ?? imagePath ?? file,
    matched: known !== null,
    // A shape copied inside labelme keeps our id; the copy gets one of its own.
    annotations: annotations.map((annotation) => {
      const fresh = seen.has(annotation.id) ? { ...annotation, id: newId() } : annotation
      seen.add(fresh.id)
      return fresh
    }),
    ...(imageWidth && imageHeight && { size: { width: imageWidth, height: imageHeight } }),
    ...(checked && { stage: 'complete' as const }),
    ...(tags?.length && { tags }),
  }
}
