import { isMap, isScalar, isSeq, type Node, parseDocument, type YAMLMap } from 'yaml'
import type { AnnotationClass } from '#shared/model/annotation-class.ts'
import { isJsonObject } from './carry.ts'
import { distinctNames, numberOf } from './fields.ts'
import { FormatError } from './format-error.ts'
import type { LossLog } from './loss-log.ts'
import type { Json, JsonObject } from './types.ts'

// The layout: https://docs.ultralytics.com/datasets/

/** What the numbers of label files mean. */
export interface YoloNames {
  byNumber: ReadonlyMap<number, string>
  /** Names of the joints of a class, in the order of their values. */
  jointsOf(number: number): readonly string[]
  jointCount: number
  /** 2: x and y; 3: how visible, too. */
  jointDimensions: number
  edges: [number, number][]
  /** Left and right of the same joint; null: the file does not say. */
  pairs: [number, number][] | null
}

const NO_JOINTS: Omit<YoloNames, 'byNumber'> = {
  jointsOf: () => [],
  jointCount: 0,
  jointDimensions: 3,
  edges: [],
  pairs: null,
}

export const namesOfList = (names: ReadonlyMap<number, string>): YoloNames => ({
  byNumber: names,
  ...NO_JOINTS,
})

export function namesOfClasses(classes: readonly AnnotationClass[]): YoloNames {
  return namesOfList(new Map(classes.map(({ name }, index) => [index, name])))
}

/** A data.yaml. */
export interface YoloYaml {
  names: YoloNames
  /** All of it, as values. */
  values: JsonObject
  /** Names of the file whose classes are called otherwise here: two of one name are kept apart. */
  called: JsonObject
}

/** A class name as it is written: what YAML takes for a number, a truth or a map is a name here. null: there is none. */
function nameOfNode(node: unknown, text: string): string | null {
  if (isScalar(node)) {
    if (node.value === null || node.value === undefined) return null
    const plain = typeof node.value === 'string' ? node.value : (node.source ?? String(node.value))
    return plain.trim() === '' ? null : plain.trim()
  }
  const range = (node as Node | null)?.range
  const source = range ? text.slice(range[0], range[1]).trim() : ''
  return source === '' ? null : source.replace(/\s+/g, ' ')
}

function namedNumbers(
  names: unknown,
  text: string,
  onFault: (error: FormatError) => void,
): [number, string][] {
  const items: [unknown, unknown][] = isSeq(names)
    ? names.items.map((node, index) => [index, node])
    : isMap(names)
      ? (names as YAMLMap).items.map(({ key, value }) => [isScalar(key) ? key.value : key, value])
      : []
  return items.flatMap(([key, node]): [number, string][] => {
    const number = numberOf(key)
    const name = nameOfNode(node, text)
    if (number === null || !Number.isInteger(number) || number < 0)
      onFault(new FormatError(`names.${String(key)}`, 'must be the number of a class'))
    else if (name === null)
      onFault(new FormatError(`names[${number}]`, 'is empty: give the class a name'))
    else return [[number, name]]
    return []
  })
}

const edgesOf = (value: Json | undefined): [number, number][] =>
  (Array.isArray(value) ? value : []).flatMap((edge): [number, number][] => {
    if (!Array.isArray(edge) || edge.length !== 2) return []
    const [a, b] = edge.map(numberOf)
    return a === null || b === null ? [] : [[a, b]]
  })

/** `flip_idx[i]` is the joint that joint i becomes in a mirror. */
function pairsOf(value: Json | undefined): [number, number][] | null {
  if (!Array.isArray(value)) return null
  return value.flatMap((other, index): [number, number][] =>
    typeof other === 'number' && other > index && value[other] === index ? [[index, other]] : [],
  )
}

function jointNames(value: Json | undefined, number: number, count: number): string[] {
  const own = isJsonObject(value)
    ? (value[String(number)] ?? value['0'] ?? Object.values(value)[0])
    : value
  if (Array.isArray(own) && own.length === count) return own.map(String)
  return Array.from({ length: count }, (_, index) => `keypoint ${index + 1}`)
}

/** Whether a YAML file says what numbers mean: settings of a training do not. */
export function namesClasses(text: string): boolean {
  return /^['"]?names['"]?\s*:\s*(?:[[{#].*|\r?)$/m.test(text)
}

/** Throws a FormatError. Single faults go to `onFault`. */
export function readYoloYaml(
  text: string,
  onFault: (error: FormatError) => void,
  losses: LossLog,
  path: string,
): YoloYaml {
  const document = parseDocument(text, { prettyErrors: true })
  const [error] = document.errors
  if (error)
    throw new FormatError(
      `line ${error.linePos?.[0].line ?? 1}`,
      `is not YAML: ${error.message.split('\n')[0]}`,
    )
  const contents = document.contents
  const names = isMap(contents) ? contents.get('names', true) : null
  const values = document.toJS() as JsonObject
  if (!isSeq(names) && !isMap(names))
    throw new FormatError('names', 'is missing: data.yaml must list the names of the classes')
  const numbered = namedNumbers(names, text, onFault)
  const own = distinctNames(numbered.map(([, name]) => name))
  const called: JsonObject = {}
  for (const [index, [number, name]] of numbered.entries()) {
    if (own[index] === name) continue
    called[own[index]] = name
    losses.add(
      `several classes are named “${name}”: number ${number} is told apart as “${own[index]}”`,
      path,
    )
  }
  const shape = Array.isArray(values.kpt_shape) ? values.kpt_shape.map(numberOf) : []
  const jointCount = shape[0] ?? 0
  return {
    values,
    called,
    names: {
      byNumber: new Map(numbered.map(([number], index) => [number, own[index]])),
      jointsOf: (number) => jointNames(values.kpt_names, number, jointCount),
      jointCount,
      jointDimensions: shape[1] === 2 ? 2 : 3,
      edges: edgesOf(values.skeleton),
      pairs: pairsOf(values.flip_idx),
    },
  }
}

/** A list of classes, one a line. */
export function readClassList(text: string): YoloNames {
  const lines = text.split(/\r\n|\n|\r/).map((line) => line.trim())
  const numbered = lines.flatMap((name, index) => (name ? [[index, name] as const] : []))
  const own = distinctNames(numbered.map(([, name]) => name))
  return namesOfList(new Map(numbered.map(([number], index) => [number, own[index]])))
}
