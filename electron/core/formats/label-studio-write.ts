import type { Annotation } from '#shared/model/annotation.ts'
import { givenOf, isJsonObject, sameJson } from './carry.ts'
import { type Control, INSTANCE, writeValue } from './label-studio-value.ts'
import type { LossLog } from './loss-log.ts'
import type { Json, JsonObject, Size } from './types.ts'

// The layout: https://labelstud.io/guide/predictions

/** Names of the controls in a project's labeling setup. */
export interface Names {
  /** By the kind of control. */
  fromNames: Partial<Record<string, string>>
  toName: string
}

const DEFAULT_NAMES: Record<Control, string> = {
  rectangle: 'rectangle',
  polygon: 'polygon',
  polyline: 'polygon',
  ellipse: 'ellipse',
  keypoint: 'keypoint',
  brush: 'brush',
  bitmask: 'bitmask',
  vector: 'vector',
}

/** How a value of an attribute is said of a region. */
function saidOf(value: Json): { type: string; said: JsonObject } {
  if (typeof value === 'number') return { type: 'number', said: { number: value } }
  if (Array.isArray(value)) return { type: 'choices', said: { choices: value } }
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return { type: 'textarea', said: { text: [text] } }
}

/** The results that say a region: its shape with its class, and one for each attribute. `losses`: null while reading. */
export function regionResults(
  annotation: Annotation,
  size: Size,
  { fromNames, toName }: Names,
  losses: LossLog | null,
  where: string,
): JsonObject[] {
  const { id, className, shape, attributes, confidence, instanceId } = annotation
  const { control, value } = writeValue(shape, size, losses, where)
  const type = `${control}labels`
  const common = {
    original_width: size.width,
    original_height: size.height,
    image_rotation: 0,
  }
  const region: JsonObject = {
    ...common,
    value: { ...value, [type]: [className] },
    id,
    from_name: fromNames[type] ?? DEFAULT_NAMES[control],
    to_name: toName,
    type,
    origin: 'manual',
    ...(confidence !== 1 && { score: confidence }),
    ...(instanceId !== undefined && { meta: { [INSTANCE]: instanceId } }),
  }
  const said = Object.entries(attributes).map(([name, own]): JsonObject => {
    const { type: kind, said: words } = saidOf(own)
    return {
      ...common,
      value: { ...value, ...words },
      id,
      from_name: name,
      to_name: toName,
      type: kind,
      origin: 'manual',
    }
  })
  return [region, ...said]
}

/** As the file had it, if nothing of the region has changed since; null: it has. */
export function resultsBefore(members: readonly Annotation[]): JsonObject[] | null {
  const given = givenOf(members, 'label_studio')
  if (!given || !Array.isArray(given.results)) return null
  const isSame = members.every(
    ({ className, attributes, confidence, instanceId }) =>
      className === given.className &&
      confidence === given.confidence &&
      (instanceId ?? null) === given.instanceId &&
      sameJson(attributes as Json, given.attributes),
  )
  return isSame ? given.results.filter(isJsonObject) : null
}
