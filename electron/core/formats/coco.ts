import { z } from 'zod'
import { boundsOfPoints } from '#shared/geometry/box.ts'
import {
  decodeRle,
  decodeRleString,
  encodeRle,
  rasterise,
  traceMask,
} from '#shared/geometry/raster.ts'
import { openRing } from '#shared/geometry/ring.ts'
import { shapeArea, shapeBounds } from '#shared/geometry/shape.ts'
import { orientedCorners } from '#shared/geometry/shapes/oriented-box.ts'
import { type Annotation, newAnnotation, type Point, type Shape } from '#shared/model/annotation.ts'
import { type AnnotationClass, withClassNames } from '#shared/model/annotation-class.ts'
import { type Split, splitSchema } from '#shared/model/dataset.ts'
import { fileNameOf } from '#shared/model/paths.ts'
import {
  FormatError,
  failureOf,
  instanceIds,
  parseJson,
  reportCommonLosses,
  rounded,
  textOf,
} from './common.ts'
import type { LossLog } from './loss-log.ts'
import { isOccluded, type Pose, posesOf } from './poses.ts'
import type {
  Format,
  ImportContext,
  ImportedImage,
  ImportResult,
  LabelledImage,
  LabelSet,
} from './types.ts'

// The layout: https://cocodataset.org/#format-data

interface CocoCategory {
  id: number
  name: string
  supercategory: string
  keypoints?: string[]
  skeleton?: [number, number][]
}

type CocoAnnotation = Record<string, unknown>

function categoriesOf(set: LabelSet): CocoCategory[] {
  return set.classes.map(({ name, skeleton }, index) => ({
    id: index + 1,
    name,
    supercategory: '',
    ...(skeleton && {
      keypoints: skeleton.nodes.map((node) => node.name),
      // COCO counts a skeleton's joints from 1.
      skeleton: skeleton.edges.map(([a, b]): [number, number] => [a + 1, b + 1]),
    }),
  }))
}

const flat = (ring: readonly Point[]) => ring.flatMap(({ x, y }) => [rounded(x), rounded(y)])

function boxOf(shape: Shape): number[] {
  const { x, y, w, h } = shapeBounds(shape)
  return [x, y, w, h].map(rounded)
}

interface Written {
  segmentation: unknown
  area: number
  bbox: number[]
}

function writeShape(shape: Shape, image: LabelledImage, losses: LossLog): Written | null {
  const bbox = boxOf(shape)
  const area = rounded(shapeArea(shape))
  switch (shape.kind) {
    case 'bbox':
      return { segmentation: [], area, bbox }
    case 'oriented_box':
      losses.add('oriented boxes are written as four-cornered polygons', image.path)
      return { segmentation: [flat(orientedCorners(shape))], area, bbox }
    case 'polygon': {
      if (shape.rings.length === 1) return { segmentation: [flat(shape.rings[0])], area, bbox }
      losses.add('polygons with holes are written as RLE, to whole pixels', image.path)
      const mask = rasterise(shape.rings, image.width, image.height)
      const counts = encodeRle(mask)
      return { segmentation: { size: [image.height, image.width], counts }, area, bbox }
    }
    case 'polyline':
      losses.leaveOut('polylines have no place in COCO and are left out', image.path)
      return null
    case 'keypoint':
      return null
  }
}

function extras({ attributes, confidence, instanceId }: Annotation): CocoAnnotation {
  return {
    ...(Object.keys(attributes).length > 0 && { attributes }),
    ...(confidence !== 1 && { score: confidence }),
    ...(instanceId !== undefined && { instance_id: instanceId }),
  }
}

function writePose(pose: Pose, category: CocoCategory): CocoAnnotation {
  const names = category.keypoints ?? [category.name]
  const keypoints = names.flatMap((name) => {
    const joint = pose.joints.get(name)
    if (!joint) return [0, 0, 0]
    return [rounded(joint.shape.x), rounded(joint.shape.y), isOccluded(joint) ? 1 : 2]
  })
  const around = pose.box
    ? shapeBounds(pose.box.shape)
    : boundsOfPoints([...pose.joints.values()].map(({ shape }) => shape))
  const [first] = pose.joints.values()
  const box = [around.x, around.y, around.w, around.h].map(rounded)
  return {
    category_id: category.id,
    iscrowd: 0,
    segmentation: [],
    area: rounded(around.w * around.h),
    bbox: box,
    keypoints,
    num_keypoints: pose.joints.size,
    ...extras(pose.box ?? { ...first, attributes: {} }),
  }
}

function writeImage(
  image: LabelledImage,
  set: LabelSet,
  categories: Map<string, CocoCategory>,
  losses: LossLog,
): CocoAnnotation[] {
  const { poses, rest } = posesOf(image, set.classes)
  const result: CocoAnnotation[] = []
  for (const annotation of rest) {
    const category = categories.get(annotation.className)
    const written = writeShape(annotation.shape, image, losses)
    if (category && written)
      result.push({ category_id: category.id, iscrowd: 0, ...written, ...extras(annotation) })
  }
  for (const pose of poses) {
    const [first] = pose.joints.values()
    const category = categories.get(pose.owner?.name ?? first.className)
    if (!category) continue
    if (!pose.owner) {
      if (pose.joints.size > 1)
        losses.add("keypoints that no class's skeleton joins are written one by one", image.path)
      category.keypoints ??= [category.name]
      category.skeleton ??= []
      for (const [name, joint] of pose.joints) {
        const own = categories.get(name)
        if (!own) continue
        own.keypoints ??= [own.name]
        own.skeleton ??= []
        result.push(writePose({ ...pose, joints: new Map([[name, joint]]) }, own))
      }
      continue
    }
    for (const [name, joint] of pose.joints) {
      const { occluded: _occluded, ...others } = joint.attributes
      if (Object.keys(others).length > 0)
        losses.add(
          `a joint's attributes other than "occluded" have no place in COCO`,
          `${image.path}: ${name}`,
        )
    }
    result.push(writePose(pose, category))
  }
  return result
}

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

function readFile(path: string, json: unknown, context: ImportContext, result: ImportResult): void {
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

export const coco: Format = {
  id: 'coco',
  label: 'COCO',
  imagePaths: (set) => set.images.map(({ path }) => `images/${path}`),

  *export(set, _options, losses) {
    reportCommonLosses(
      set,
      { attributes: true, confidence: true, instances: true, split: true },
      losses,
    )
    const categories = categoriesOf(set)
    const byName = new Map(categories.map((category) => [category.name, category]))
    const groups = Map.groupBy(set.images, ({ split }) => split ?? null)
    let imageId = 0
    let annotationId = 0
    // Categories gain a keypoint list while annotations are written, so all files are built first.
    const files = [...groups].map(([split, members]) => {
      const images: unknown[] = []
      const annotations: unknown[] = []
      for (const image of members) {
        imageId++
        images.push({
          id: imageId,
          file_name: image.path,
          width: image.width,
          height: image.height,
        })
        for (const annotation of writeImage(image, set, byName, losses)) {
          annotations.push({ id: ++annotationId, image_id: imageId, ...annotation })
        }
      }
      return { split: split ?? 'default', images, annotations }
    })
    for (const { split, images, annotations } of files) {
      yield {
        path: `annotations/instances_${split}.json`,
        content: JSON.stringify({
          info: { description: set.name },
          images,
          annotations,
          categories,
        }),
      }
    }
  },

  import(files, context) {
    const result: ImportResult = { images: [], classes: [], failed: [] }
    for (const file of files) {
      if (!file.path.toLowerCase().endsWith('.json')) continue
      try {
        readFile(file.path, parseJson(textOf(file)), context, result)
      } catch (error) {
        result.failed.push(failureOf(file.path, error))
      }
    }
    return result
  },
}
