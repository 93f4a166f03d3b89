import type { AnnotationClass } from '#shared/model/annotation-class.ts'

/** Keeps the class fields that only this app knows: order, instructions, defaults, required attributes, pairs of joints. */
export function withOurs(
  theirs: readonly AnnotationClass[],
  ours: readonly AnnotationClass[],
): AnnotationClass[] {
  const known = new Map(ours.map((item) => [item.name, item]))
  const place = new Map(ours.map(({ name }, index) => [name, index]))
  const placeOf = ({ name }: AnnotationClass) => place.get(name) ?? place.size
  const inOurOrder = theirs.toSorted((a, b) => placeOf(a) - placeOf(b))
  return inOurOrder.map((item) => {
    const own = known.get(item.name)
    if (!own) return item
    const fields = new Map(own.attributes?.map((field) => [field.name, field]))
    const pairs = own.skeleton?.pairs
    return {
      ...item,
      ...(own.instructions && { instructions: own.instructions }),
      ...(item.attributes && {
        attributes: item.attributes.map((field) => {
          const { default: preset, required } = fields.get(field.name) ?? {}
          return {
            ...field,
            ...(preset !== undefined && { default: preset }),
            ...(required !== undefined && { required }),
          }
        }),
      }),
      ...(item.skeleton && {
        skeleton: {
          ...item.skeleton,
          ...(pairs && item.skeleton.nodes.length === own.skeleton?.nodes.length && { pairs }),
        },
      }),
    }
  })
}
