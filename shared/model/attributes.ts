import type { Annotation } from './annotation.ts'
import type { AnnotationClass, AttributeSchema } from './annotation-class.ts'

type AttributeValue = Annotation['attributes'][string]

/** The default attributes of a new annotation. */
export function defaultAttributes(item: AnnotationClass | undefined): Annotation['attributes'] {
  const entries = (item?.attributes ?? []).flatMap(
    ({ name, default: value }): [string, AttributeValue][] =>
      value === undefined ? [] : [[name, value]],
  )
  return Object.fromEntries(entries)
}

/** Why a value is invalid for the attribute; null if it is valid. */
export function attributeProblem(schema: AttributeSchema, value: unknown): string | null {
  if (value === undefined || value === '') return schema.required ? 'is required' : null
  if (schema.type === 'number')
    return typeof value === 'number' && Number.isFinite(value) ? null : 'must be a number'
  if (schema.type === 'checkbox') return typeof value === 'boolean' ? null : 'must be yes or no'
  if (typeof value !== 'string') return 'must be text'
  if (schema.type === 'select' && !schema.values?.includes(value))
    return `must be one of: ${schema.values?.join(', ')}`
  return null
}

/** Missing required attributes and invalid values, as `name problem`. */
export function attributeProblems(
  annotation: Annotation,
  item: AnnotationClass | undefined,
): string[] {
  return (item?.attributes ?? []).flatMap((schema) => {
    const problem = attributeProblem(schema, annotation.attributes[schema.name])
    return problem ? [`${schema.name} ${problem}`] : []
  })
}

/** Parses typed text as a value of the attribute; null if invalid. Empty text means no value: undefined. */
export function parseAttribute(
  schema: AttributeSchema,
  text: string,
): { value: string | number | undefined } | null {
  if (text.trim() === '') return { value: undefined }
  if (schema.type !== 'number') return { value: text }
  const value = Number(text.replace(',', '.'))
  return Number.isFinite(value) ? { value } : null
}

/** The attributes with one changed; undefined removes it. */
export function withAttribute(
  annotation: Annotation,
  name: string,
  value: AttributeValue | undefined,
): Annotation {
  const { [name]: _old, ...others } = annotation.attributes
  return { ...annotation, attributes: value === undefined ? others : { ...others, [name]: value } }
}
