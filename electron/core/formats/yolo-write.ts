import { Document, YAMLMap } from 'yaml'
import type { AnnotationClass, Skeleton } from '#shared/model/annotation-class.ts'
import type { Split } from '#shared/model/dataset.ts'
import { guessPairs, hasSkeleton, mirroredJoint } from '#shared/model/pose.ts'
import { fieldsOf, givenOf, isJsonObject } from './carry.ts'
import { clampImage } from './clamp.ts'
import { decimal } from './common.ts'
import { withoutKeys } from './fields.ts'
import { isCrowd, jointClasses, type LabelObject, leadOf, objectsOf } from './objects.ts'
import type { Json, JsonObject, LabelHead, LabelledImage, WriteContext } from './types.ts'
import { ClassNumbers, numberedClass } from './write-labels.ts'
import { lineValues, type YoloKind } from './yolo-lines.ts'

// The layout: https://docs.ultralytics.com/datasets/

/** Twelve decimals: what was read from a file comes out the same, whatever the size of the image. */
const DIGITS = 12

/** One layout of joints for all classes, as YOLO pose needs it: the first skeleton's. */
export function poseSkeleton(classes: readonly AnnotationClass[]): Skeleton | null {
  return classes.find(hasSkeleton)?.skeleton ?? null
}

/** The numbers that classes had in the files they come from, and new ones for the others. */
export function yoloNumbers(head: LabelHead, kind: YoloKind): ClassNumbers {
  const joints = jointClasses(head.classes)
  const own = fieldsOf(head.extra, 'yolo')
  const before = isJsonObject(own.numbers) ? own.numbers : {}
  const isPose = kind === 'yolo_pose'
  const wanted = head.classes.filter(
    (item) =>
      before[item.name] !== undefined || (!joints.has(item.name) && (!isPose || hasSkeleton(item))),
  )
  const names: string[] = []
  const rest: string[] = []
  for (const { name } of wanted) {
    const number = before[name] ?? numberInName(name, head)
    const isFree = typeof number === 'number' && names[number] === undefined && number < 100_000
    if (isFree) names[number] = name
    else rest.push(name)
  }
  for (let number = 0; number < names.length; number++)
    names[number] ??= rest.shift() ?? numberedClass(number)
  return new ClassNumbers([...names, ...rest])
}

/** The number of a class that YOLO files knew by its number alone; null: it has a name, or comes from elsewhere. */
function numberInName(name: string, { extra }: LabelHead): number | null {
  const number = /^class (\d{1,5})$/.exec(name)?.[1]
  return extra?.yolo === undefined || number === undefined ? null : Number(number)
}

const WORDS = {
  cut: 'shapes over the border are cut at it: YOLO has no coordinates outside the image',
  turned: 'corners of oriented boxes outside the image are moved to its border',
}

/** Values as they are written: inside the image, to the last digit. */
const text = (value: number) => decimal(Math.min(1, Math.max(0, value)), DIGITS)

interface LineWriting {
  kind: YoloKind
  head: LabelHead
  numbers: ClassNumbers
  losses: WriteContext['losses']
}

function line(object: LabelObject, image: LabelledImage, writing: LineWriting): string {
  const { kind, head, numbers, losses } = writing
  const { width, height, path } = image
  if (width === null || height === null) return ''
  if (isCrowd(object)) {
    losses.leaveOut('crowd regions (iscrowd) are left out: they are not one object', path)
    return ''
  }
  const skeleton = poseSkeleton(head.classes)
  const yolo = fieldsOf(head.extra, 'yolo')
  const jointDimensions = jointDimensionsOf(yolo)
  const { values: spelt, kind: spelling } = givenOf(object.members, 'yolo') ?? {}
  const isOurs = spelling === kind && Array.isArray(spelt)
  const context = { size: { width, height }, losses, where: path, skeleton, jointDimensions }
  const own = isOurs ? (spelt as number[]) : lineValues(object, kind, context)
  if (!own) return ''
  const { confidence, track_id: track } = fieldsOf(leadOf(object).extra, 'yolo')
  const words = own.map((value, index) =>
    // How visible a joint is is no fraction.
    kind === 'yolo_pose' && jointDimensions === 3 && index >= 4 && (index - 4) % 3 === 2
      ? String(value)
      : text(value),
  )
  const more = [confidence, track].filter((value) => typeof value === 'number')
  const number = numbers.of(object.className, numberInName(object.className, head))
  return `${[number, ...words, ...more].join(' ')}\n`
}

function jointDimensionsOf(yolo: JsonObject): number {
  const top = isJsonObject(yolo.values) ? yolo.values : {}
  return Array.isArray(top.kpt_shape) && top.kpt_shape[1] === 2 ? 2 : 3
}

/** One image's lines. */
export function yoloLines(image: LabelledImage, writing: LineWriting): string {
  const inside = clampImage(image, writing.losses, WORDS)
  return objectsOf(inside.annotations, writing.head.classes)
    .map((object) => line(object, inside, writing))
    .join('')
}

/** Keys of a data.yaml that are written anew. */
const OWN_KEYS = [
  'path',
  'train',
  'val',
  'valid',
  'test',
  'names',
  'nc',
  'kpt_shape',
  'flip_idx',
  'kpt_names',
  'skeleton',
]

/** `folder`: where it will lie, absolute. */
export function dataYaml(
  head: LabelHead,
  kind: YoloKind,
  numbers: ClassNumbers,
  splits: ReadonlySet<Split>,
  folder: string | undefined,
): string {
  const yolo = fieldsOf(head.extra, 'yolo')
  const values = isJsonObject(yolo.values) ? yolo.values : {}
  const called = isJsonObject(yolo.called) ? yolo.called : {}
  const names = new Map(
    numbers.names.map((name, number): [number, Json] => [number, called[name] ?? name]),
  )
  const train = (['train', 'val', 'test'] as const).find((split) => splits.has(split)) ?? 'train'
  const document = {
    ...(folder !== undefined && { path: folder }),
    train: `images/${train}`,
    // Ultralytics refuses a data.yaml without `val`; the training images stand in where there are none.
    val: splits.has('val') ? 'images/val' : `images/${train}`,
    ...(splits.has('test') && { test: 'images/test' }),
    ...(values.nc !== undefined && { nc: names.size }),
    names,
    ...(kind === 'yolo_pose' && poseKeys(head, numbers, values)),
    ...withoutKeys(values, OWN_KEYS),
  }
  // In YAML 1.1, which trainers read, `no` and `1_0` are no texts: they are quoted.
  const yaml = new Document({}, { version: '1.1' })
  for (const [key, value] of Object.entries(document))
    yaml.set(
      key,
      value instanceof Map
        ? numberedMap(yaml, value)
        : yaml.createNode(value, { flow: isShort(value) }),
    )
  return yaml.toString({ lineWidth: 0 }).replace(/^%YAML.*\n---\n/, '')
}

/** Lists of numbers stand in one line. */
const isShort = (value: unknown) =>
  Array.isArray(value) && value.every((item) => typeof item !== 'object' || Array.isArray(item))

/** A map with numbers for keys, as trainers want it: texts would be sorted as 0, 1, 10, 2. */
function numberedMap(yaml: Document, values: ReadonlyMap<number, unknown>): YAMLMap {
  const map = new YAMLMap()
  // `add` looks for an equal key among all others.
  for (const [number, value] of values)
    map.items.push(yaml.createPair(number, yaml.createNode(value, { flow: true })))
  return map
}

function poseKeys(head: LabelHead, numbers: ClassNumbers, values: JsonObject): JsonObject {
  const skeleton = poseSkeleton(head.classes)
  if (!skeleton) return {}
  const joints = skeleton.nodes.map(({ name }) => name)
  // Where nobody said which joints are left and right of each other, their names do.
  const sided: Skeleton = { ...skeleton, pairs: skeleton.pairs ?? guessPairs(skeleton.nodes) }
  const jointsOf = new Map(
    numbers.names.map((name, number) => {
      const own = head.classes.find((item) => item.name === name)?.skeleton ?? skeleton
      return [number, own.nodes.map((node) => node.name)] as const
    }),
  )
  const isNumbered = values.kpt_shape !== undefined && values.kpt_names === undefined
  return {
    kpt_shape: [
      joints.length,
      Array.isArray(values.kpt_shape) && values.kpt_shape[1] === 2 ? 2 : 3,
    ],
    flip_idx: joints.map((name) => joints.indexOf(mirroredJoint(sided, name))),
    ...(!isNumbered && { kpt_names: jointsOf as unknown as Json }),
    ...((skeleton.edges.length > 0 || !isNumbered) && { skeleton: skeleton.edges }),
  }
}
