import { isMap, isScalar, isSeq, type Node, parseDocument, type YAMLMap } from 'yaml'
import type { AnnotationClass } from '#shared/model/annotation-class.ts'
import { isJsonObject } from './carry.ts'
import { distinctNames, numberOf, shown } from './fields.ts'
import { FormatError, WHOLE_FILE } from './format-error.ts'
import { LIMITS, requireAtMost } from './limits.ts'
import type { LossLog } from './loss-log.ts'
import { linesOf } from './text.ts'
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
    if (number !== null && number >= LIMITS.classes)
      onFault(
        new FormatError(
          `names[${number}]`,
          `is beyond the highest class number that is read, ${LIMITS.classes - 1}`,
        ),
      )
    else if (number === null || !Number.isInteger(number) || number < 0)
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

/** Whether a YAML file says what numbers mean: settings of a training do not. An anchor or a tag may stand before the names. */
export function namesClasses(text: string): boolean {
  return /^['"]?names['"]?[ \t]*:[ \t]*(?:[&!]\S*[ \t]*){0,2}(?:[[{#].*|\r?)$/m.test(text)
}

/** YAML 1.2, 3.2.1.1. Throws a FormatError with the line. */
function requireUniqueKeys(node: unknown, text: string): void {
  if (!isMap(node)) return
  const seen = new Set<unknown>()
  for (const { key } of (node as YAMLMap).items) {
    const value = isScalar(key) ? key.value : key
    if (seen.has(value)) {
      const at = (key as Node | null)?.range?.[0] ?? 0
      throw new FormatError(
        `line ${linesOf(text.slice(0, at)).length}`,
        `is not YAML: it has ${shown(value)} a second time`,
      )
    }
    seen.add(value)
  }
}

/** Throws a FormatError. Single faults go to `onFault`. */
export function readYoloYaml(
  text: string,
  onFault: (error: FormatError) => void,
  losses: LossLog,
  path: string,
): YoloYaml {
  // Whether keys are unique is looked at here: the library compares each with each.
  const document = parseDocument(text, { prettyErrors: true, uniqueKeys: false })
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
  requireAtMost(names.items.length, LIMITS.classes, 'classes', 'names')
  requireUniqueKeys(contents, text)
  requireUniqueKeys(names, text)
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
  if (!Number.isInteger(jointCount) || jointCount < 0)
    throw new FormatError('kpt_shape', `must begin with a number of joints, not ${jointCount}`)
  requireAtMost(jointCount, LIMITS.joints, 'joints', 'kpt_shape')
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
  const lines = linesOf(text).map((line) => line.trim())
  requireAtMost(lines.length, LIMITS.classes, 'lines', WHOLE_FILE)
  const numbered = lines.flatMap((name, index) => (name ? [[index, name] as const] : []))
  const own = distinctNames(numbered.map(([, name]) => name))
  return namesOfList(new Map(numbered.map(([number], index) => [number, own[index]])))
}
