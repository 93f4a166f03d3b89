import { z } from 'zod'
import { boundsOfPoints } from '#shared/geometry/box.ts'
import { decodeRle, decodeRleString, traceMask } from '#shared/geometry/raster.ts'
import { openRing } from '#shared/geometry/ring.ts'
import { shapeBounds } from '#shared/geometry/shape.ts'
import { type Annotation, newAnnotation, type Point, type Shape } from '#shared/model/annotation.ts'
import { type AnnotationClass, withClassNames } from '#shared/model/annotation-class.ts'
import { type Split, splitSchema } from '#shared/model/dataset.ts'
import { fileNameOf } from '#shared/model/paths.ts'
import { FormatError, failureOf, instanceIds } from './common.ts'
import type { ImportContext, ImportedImage, ImportResult } from './types.ts'

// The layout: https://cocodataset.org/#format-data

const number = z.number()
const categorySchema = z.object({
  id: number,
  name: z.string().trim().min(1),
  keypoints: z.array(z.string()).optional(),
  skeleton: z.array(z.tuple([number, number])).optional(),
})
const cocoSchema = z.object({
  images: z.array(
    z.object({
      id: z.union([number, z.string()]),
      file_name: z.string(),
      width: number.int().positive().optional(),
      height: number.int().positive().optional(),
    }),
  ),
  annotations: z.array(z.unknown()),
  categories: z.array(categorySchema),
})
const rleSchema = z.object({
  size: z.tuple([number.int().positive(), number.int().positive()]),
  counts: z.union([z.array(number), z.string()]),
})
const annotationSchema = z.object({
  image_id: z.union([number, z.string()]),
  category_id: number,
  bbox: z.tuple([number, number, number, number]).optional(),
  segmentation: z.union([z.array(z.array(number)), rleSchema]).nullish(),
  keypoints: z.array(number).optional(),
  iscrowd: z.union([number, z.boolean()]).nullish(),
  score: z.number().min(0).max(1).nullish(),
  attributes: z.record(z.string(), z.json()).nullish(),
  instance_id: z.number().int().min(1).nullish(),
})
type ReadAnnotation = z.infer<typeof annotationSchema>

function pairs(values: readonly number[]): Point[] {
  const points: Point[] = []
  for (let i = 0; i + 1 < values.length; i += 2) points.push({ x: values[i], y: values[i + 1] })
  return openRing(points)
}

/** The largest mask that is decoded: 20,000 × 20,000 pixels. */
const MAX_MASK_PIXELS = 400_000_000

function readRle({ size: [height, width], counts }: z.infer<typeof rleSchema>): Shape[] {
  if (width * height > MAX_MASK_PIXELS) throw new FormatError('segmentation.size', 'is too large')
  try {
    const runs = typeof counts === 'string' ? decodeRleString(counts) : counts
    return traceMask(decodeRle(runs, width, height)).map((rings) => ({ kind: 'polygon', rings }))
  } catch (error) {
    if (error instanceof RangeError) throw new FormatError('segmentation.counts', error.message)
    throw error
  }
}

/** The regions and box of one annotation. */
function readShapes(read: ReadAnnotation): Shape[] {
  const { segmentation, bbox } = read
  if (segmentation && !Array.isArray(segmentation)) return readRle(segmentation)
  const rings = segmentation?.filter((values) => values.length > 0) ?? []
  if (rings.length > 0) {
    return rings.map((values, index): Shape => {
      const ring = pairs(values)
      if (ring.length < 3)
        throw new FormatError(`segmentation[${index}]`, 'needs at least 3 points')
      return { kind: 'polygon', rings: [ring] }
    })
  }
  if (!bbox) return []
  const [x, y, w, h] = bbox
  if (!(w > 0 && h > 0)) throw new FormatError('bbox', 'width and height must be greater than 0')
  return [{ kind: 'bbox', x, y, w, h }]
}

function sameBox(a: number[], b: number[]): boolean {
  return a.every((value, index) => Math.abs(value - b[index]) < 1e-5)
}

function readPose(
  read: ReadAnnotation,
  category: z.infer<typeof categorySchema>,
  instanceId: number | undefined,
): Annotation[] {
  const names = category.keypoints ?? []
  const values = read.keypoints ?? []
  if (values.length !== names.length * 3)
    throw new FormatError(
      'keypoints',
      `has ${values.length} numbers, the category's ${names.length} keypoints need ${names.length * 3}`,
    )
  return names.flatMap((name, index) => {
    const [x, y, visibility] = values.slice(index * 3, index * 3 + 3)
    if (visibility === 0) return []
    const attributes: Annotation['attributes'] = visibility === 1 ? { occluded: 'true' } : {}
    return [newAnnotation({ kind: 'keypoint', x, y }, name, { instanceId, attributes })]
  })
}

function readOne(
  read: ReadAnnotation,
  category: z.infer<typeof categorySchema>,
  nextInstance: () => number,
): Annotation[] {
  const joints = category.keypoints ?? []
  const own = {
    ...(read.attributes && { attributes: read.attributes }),
    ...(typeof read.score === 'number' && { confidence: read.score }),
  }
  const single = joints.length === 1 && joints[0] === category.name
  const hasPose = read.keypoints?.some((value) => value !== 0)
  const shapes = readShapes(read)
  const linked = shapes.length > 1 || (hasPose && !single)
  const instanceId = read.instance_id ?? (linked ? nextInstance() : undefined)
  const points = hasPose ? readPose(read, category, instanceId) : []
  if (single && hasPose) return points.map((point) => ({ ...point, ...own }))
  const around =
    points.length > 0 ? boundsOfPoints(points.map(({ shape }) => shapeBounds(shape))) : null
  const regions = shapes.filter(
    // A pose's box is written by all exporters; one that only surrounds the joints says nothing new.
    (shape) =>
      !(
        around &&
        shape.kind === 'bbox' &&
        sameBox([shape.x, shape.y, shape.w, shape.h], [around.x, around.y, around.w, around.h])
      ),
  )
  return [
    ...regions.map((shape) =>
      newAnnotation(shape, category.name, {
        ...own,
        ...(instanceId !== undefined && { instanceId }),
      }),
    ),
    ...points,
  ]
}

function splitInName(path: string): Split | undefined {
  const word = /(?:^|[_\-/])(train|val|valid|test)/.exec(path.toLowerCase())?.[1]
  return splitSchema.safeParse(word === 'valid' ? 'val' : word).data
}

/** COCO counts joints from 1; a file that counts from 0 shows it by a 0. Edges to nowhere are dropped. */
function readSkeleton(edges: readonly [number, number][], count: number): [number, number][] {
  const first = edges.some((edge) => edge.includes(0)) ? 0 : 1
  const isJoint = (index: number) => Number.isInteger(index) && index >= 0 && index < count
  return edges
    .map(([a, b]): [number, number] => [a - first, b - first])
    .filter((edge) => edge.every(isJoint))
}

export function readCoco(
  path: string,
  json: unknown,
  context: ImportContext,
  result: ImportResult,
): void {
  const parsed = cocoSchema.safeParse(json)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    throw new FormatError(issue.path.join('.') || '(whole file)', `is not COCO: ${issue.message}`)
  }
  const { data } = parsed
  const categories = new Map(data.categories.map((category) => [category.id, category]))
  for (const { name, keypoints, skeleton } of data.categories) {
    result.classes = withClassNames(result.classes, [name])
    const single = keypoints?.length === 1 && keypoints[0] === name
    if (!keypoints?.length || single) continue
    const target = result.classes.find((item) => item.name === name) as AnnotationClass
    target.skeleton = {
      nodes: keypoints.map((node) => ({ name: node })),
      edges: readSkeleton(skeleton ?? [], keypoints.length),
    }
    result.classes = withClassNames(result.classes, keypoints)
  }
  const split = splitInName(fileNameOf(path))
  const images = new Map<number | string, ImportedImage>()
  for (const { id, file_name, width, height } of data.images) {
    const known = context.images.find(file_name)
    images.set(id, {
      file: path,
      path: known?.path ?? file_name,
      matched: known !== null,
      reference: file_name,
      annotations: [],
      ...(width && height && { size: { width, height } }),
      ...(split && { split }),
    })
  }
  const nextInstance = instanceIds(
    data.annotations.map((value) => ({
      instanceId: annotationSchema.safeParse(value).data?.instance_id ?? undefined,
    })),
  )
  data.annotations.forEach((value, index) => {
    try {
      const read = annotationSchema.safeParse(value)
      if (!read.success) {
        const [issue] = read.error.issues
        throw new FormatError(issue.path.join('.'), issue.message)
      }
      const image = images.get(read.data.image_id)
      const category = categories.get(read.data.category_id)
      if (!image) throw new FormatError('image_id', `no image has the id ${read.data.image_id}`)
      if (!category)
        throw new FormatError('category_id', `no category has the id ${read.data.category_id}`)
      if (read.data.iscrowd)
        context.losses.add('crowd regions become ordinary polygons', image.path)
      image.annotations.push(...readOne(read.data, category, nextInstance))
    } catch (error) {
      const { field, message } = failureOf(path, error)
      const owner = images.get(annotationSchema.safeParse(value).data?.image_id ?? '')
      if (owner) owner.incomplete = true
      result.failed.push({ file: path, field: `annotations[${index}].${field}`, message })
    }
  })
  result.images.push(...images.values())
}
