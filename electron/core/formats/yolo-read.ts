import { parse as parseYaml } from 'yaml'
import { z } from 'zod'
import { boundsOfPoints } from '#shared/geometry/box.ts'
import { shapeBounds } from '#shared/geometry/shape.ts'
import { orientedBoxFromCorners } from '#shared/geometry/shapes/oriented-box.ts'
import { type Annotation, newAnnotation, type Point, type Shape } from '#shared/model/annotation.ts'
import type { AnnotationClass } from '#shared/model/annotation-class.ts'
import type { FormatId } from '#shared/model/format.ts'
import { unbridgeRing } from './bridge.ts'
import { FormatError, failureOf, instanceIds, textOf } from './common.ts'
import type { ImportResult, InputFile, KnownImage } from './types.ts'

// The layout: https://docs.ultralytics.com/datasets/

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
