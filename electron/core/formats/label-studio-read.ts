import { type Annotation, newAnnotation } from '#shared/model/annotation.ts'
import { carrying, isJsonObject, sameJson } from './carry.ts'
import { instanceIds } from './common.ts'
import { confidenceOf, numberOf, shown, textOfField } from './fields.ts'
import { FormatError } from './format-error.ts'
import { type Control, INSTANCE, readValue } from './label-studio-value.ts'
import { regionResults } from './label-studio-write.ts'
import type { LossLog } from './loss-log.ts'
import type { Json, JsonObject, OnFault, Size } from './types.ts'

// The layout: https://labelstud.io/guide/export

const CONTROLS: Record<string, Control> = {
  rectangle: 'rectangle',
  polygon: 'polygon',
  ellipse: 'ellipse',
  keypoint: 'keypoint',
  brush: 'brush',
  bitmask: 'bitmask',
  vector: 'vector',
}

/** The drawing control of a result: `rectanglelabels` and `rectangle` are the same. */
function controlOf(type: unknown): Control | null {
  return typeof type === 'string' ? (CONTROLS[type.replace(/labels$/, '')] ?? null) : null
}

const isLabels = (type: unknown): type is string => typeof type === 'string' && /labels$/.test(type)

/** Kinds of regions that an image, or a frame of a video, has and we have not. */
const UNDRAWN = /^(?:video|cuboid|magicwand|custom)/

/** The class of regions without a label. */
const NAMELESS = 'region'

/** An attribute of a region, from a result with a single choice, text or number. */
function attributeOf({ type, value, from_name: name }: JsonObject): [string, Json] | null {
  if (typeof type !== 'string' || typeof name !== 'string' || !isJsonObject(value)) return null
  const said = value[type === 'textarea' ? 'text' : type]
  if (typeof said === 'number' || typeof said === 'string') return [name, said]
  if (!Array.isArray(said) || said.length === 0) return null
  if (said.length > 1) return [name, said]
  return typeof said[0] === 'string' ? [name, said[0]] : null
}

function instanceOf(results: readonly JsonObject[]): number | null {
  for (const { meta } of results) {
    const number = numberOf(isJsonObject(meta) ? meta[INSTANCE] : undefined)
    if (number !== null && Number.isInteger(number) && number > 0) return number
  }
  return null
}

/** One region: a result with a shape, and those of the same id that say more of it. Throws a FormatError. */
function readRegion(
  results: readonly JsonObject[],
  control: Control,
  size: Size,
  nextInstance: () => number,
): Annotation[] {
  const main = results.find(({ type }) => controlOf(type) !== null) ?? results[0]
  const { value } = main
  if (!isJsonObject(value)) throw new FormatError('value', `must be an object, not ${shown(value)}`)
  const labels = results.flatMap(({ type, value: said }) => {
    const list = isLabels(type) && isJsonObject(said) ? said[type] : undefined
    return Array.isArray(list) ? list : []
  })
  const className = textOfField(labels[0]) ?? NAMELESS
  const attributes = Object.fromEntries(
    results.flatMap((result) => {
      const found = controlOf(result.type) || isLabels(result.type) ? null : attributeOf(result)
      return found ? [found] : []
    }),
  )
  const shapes = readValue(control, value, size)
  const instanceId = instanceOf(results) ?? (shapes.length > 1 ? nextInstance() : undefined)
  const id = textOfField(main.id)
  const members = shapes.map((shape, index) =>
    newAnnotation(shape, className, {
      ...(id !== null && { id: index === 0 ? id : `${id}#${index}` }),
      attributes,
      confidence: confidenceOf(main.score) ?? 1,
      ...(instanceId !== undefined && { instanceId }),
    }),
  )
  const [lead] = members
  const written = regionResults(lead, size, { fromNames: {}, toName: 'image' }, null, '')
  if (members.length === 1 && sameJson([...results], written)) return members
  // How the file said it holds as long as nothing of it changes.
  const more = labels.slice(1)
  return carrying(members, 'label_studio', more.length > 0 ? { labels: more } : {}, {
    shape_type: control,
    results: [...results],
    className,
    attributes: attributes as Json,
    confidence: lead.confidence,
    instanceId: instanceId ?? null,
  })
}

/** The content of a list of results. */
export interface ReadResults {
  annotations: Annotation[]
  /** Choices that are made for the whole image. */
  tags: string[]
  /** Results without a region, as they are. */
  others: JsonObject[]
}

export function readResults(
  list: readonly Json[],
  size: Size,
  fail: OnFault,
  losses: LossLog,
  where: string,
): ReadResults {
  const found: ReadResults = { annotations: [], tags: [], others: [] }
  const results = list.filter(isJsonObject)
  const nextInstance = instanceIds(
    results.map((result) => ({ instanceId: instanceOf([result]) ?? undefined })),
  )
  const groups = Map.groupBy(results, (result) => textOfField(result.id) ?? result)
  for (const group of groups.values()) {
    const main = group.find(({ type }) => controlOf(type) !== null)
    const control = controlOf(main?.type)
    if (!main || !control) {
      found.others.push(...group)
      for (const { type } of group)
        if (UNDRAWN.test(String(type)))
          losses.add(`regions of type “${type}” go back to Label Studio alone`, where)
      for (const { type, value } of group)
        if (type === 'choices' && isJsonObject(value) && Array.isArray(value.choices))
          found.tags.push(...value.choices.flatMap((choice) => textOfField(choice) ?? []))
      continue
    }
    if ((numberOf(main.image_rotation) ?? 0) % 360 !== 0)
      losses.add(
        'images that were turned in Label Studio: coordinates are taken as they are',
        where,
      )
    try {
      const region = readRegion(group, control, size, nextInstance)
      for (const annotation of region) found.annotations.push(annotation)
    } catch (error) {
      fail(`result[${list.indexOf(main)}]`, error)
    }
  }
  return found
}

/** The size that results give; null: none does. */
export function sizeInResults(list: readonly Json[]): { width: unknown; height: unknown } {
  for (const result of list)
    if (isJsonObject(result) && numberOf(result.original_width) !== null)
      return { width: result.original_width, height: result.original_height }
  return { width: null, height: null }
}
