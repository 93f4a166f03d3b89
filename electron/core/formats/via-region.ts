import { type Annotation, newAnnotation } from '#shared/model/annotation.ts'
import { carrying, fieldsOf, givenOf, isJsonObject, sameJson } from './carry.ts'
import { objectAt, textOfField, withoutKeys } from './fields.ts'
import type { LossLog } from './loss-log.ts'
import type { Json, JsonObject } from './types.ts'
import { readViaShape, writeViaShape } from './via-shape.ts'

// The layout: VGG Image Annotator 2, https://www.robots.ox.ac.uk/~vgg/software/via/

/** A family of its own in `extra`: how the class was spelt, which is no loss elsewhere. */
const SPELLING = 'via_class'

/** What regions are called where no attribute of theirs says it. */
export const NAMELESS = 'region'

/** The attribute in which we write, and look for, the number of an object that has several regions. */
const INSTANCE = 'instance_id'

/** Attributes that are likely to name the class, likeliest first. */
const USUAL = ['class', 'label', 'name', 'category', 'type', 'object', 'object_name', 'class_name']

/** What an attribute calls something: its text, or the only box of several that is ticked. */
export function nameIn(value: Json | undefined): string | null {
  if (!isJsonObject(value)) return textOfField(value)
  const ticked = Object.keys(value).filter((key) => value[key] === true)
  return ticked.length === 1 && ticked[0].trim() !== '' ? ticked[0].trim() : null
}

/** The attribute that names the classes; null where none does. `wanted`: those that the project's settings speak for. */
export function classKeyOf(
  regions: Iterable<JsonObject>,
  wanted: readonly string[],
): string | null {
  const counts = new Map<string, number>()
  let all = 0
  for (const { region_attributes: attributes } of regions) {
    all++
    if (!isJsonObject(attributes)) continue
    for (const key of Object.keys(attributes))
      if (key !== INSTANCE && nameIn(attributes[key]) !== null)
        counts.set(key, (counts.get(key) ?? 0) + 1)
  }
  const lower = new Map([...counts.keys()].map((key) => [key.toLowerCase(), key]))
  const known = [...wanted, ...USUAL.map((key) => lower.get(key) ?? key)]
  const often = known.find((key) => (counts.get(key) ?? 0) * 2 >= all && counts.has(key))
  if (often !== undefined) return often
  const [first] = [...counts].sort(([, a], [, b]) => b - a)
  return first?.[0] ?? null
}

/** The number of an object, as we write it. */
function instanceOf(value: Json | undefined): number | null {
  const number = typeof value === 'string' && /^[1-9]\d{0,8}$/.test(value) ? Number(value) : null
  return number
}

/** A region as an annotation. Throws a FormatError. */
export function readRegion(
  value: unknown,
  key: string | null,
  headKey: string | null,
  losses: LossLog,
  where: string,
): Annotation {
  const raw = objectAt(value, '')
  const said = objectAt(raw.shape_attributes, 'shape_attributes')
  const shape = readViaShape(said)
  const attributes = isJsonObject(raw.region_attributes) ? { ...raw.region_attributes } : {}
  const named = key === null ? undefined : attributes[key]
  const name = nameIn(named)
  if (name === null) losses.add(`regions that name no class are read as “${NAMELESS}”`, where)
  else if (key !== null) delete attributes[key]
  const instanceId = instanceOf(attributes[INSTANCE])
  if (instanceId !== null) delete attributes[INSTANCE]
  const className = name ?? NAMELESS
  const annotation = newAnnotation(shape, className, {
    attributes,
    ...(instanceId !== null && { instanceId }),
  })
  const isPlain = named === className && key === (headKey ?? 'class')
  const spelt: JsonObject = { className, key, ...(name !== null && { value: named ?? null }) }
  if (!isPlain) annotation.extra = { [SPELLING]: spelt }
  const given: JsonObject = sameJson(said, writeViaShape(shape, null, ''))
    ? {}
    : { element: said.name ?? '', shape: said }
  const others = withoutKeys(raw, ['shape_attributes', 'region_attributes'])
  return carrying([annotation], 'via', others, given)[0]
}

/** An annotation as a region. `headKey`: the attribute that names classes. */
export function writeRegion(
  annotation: Annotation,
  headKey: string,
  losses: LossLog,
  where: string,
): JsonObject {
  const { className, attributes, instanceId, extra, shape } = annotation
  const given = givenOf([annotation], 'via')
  const spelling = extra?.[SPELLING]
  const spelt = isJsonObject(spelling) && spelling.className === className ? spelling : null
  const key = typeof spelt?.key === 'string' ? spelt.key : headKey
  const named: JsonObject = { [key]: className }
  if (attributes[key] !== undefined && !spelt)
    losses.add(`attributes called “${key}” give way to the class`, where)
  return {
    ...fieldsOf(extra, 'via'),
    shape_attributes: isJsonObject(given?.shape)
      ? given.shape
      : writeViaShape(shape, losses, where),
    region_attributes: {
      ...attributes,
      ...(spelt ? spelt.value !== undefined && { [key]: spelt.value } : named),
      ...(instanceId !== undefined && { [INSTANCE]: String(instanceId) }),
    },
  }
}
