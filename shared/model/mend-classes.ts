import { z } from 'zod'
import {
  type AnnotationClass,
  type AttributeSchema,
  annotationClassSchema,
  attributeSchema,
  ClassList,
  instructionsSchema,
  type Skeleton,
} from './annotation-class.ts'

const recordSchema = z.record(z.string(), z.unknown())
const indexPairSchema = z.tuple([z.number().int().min(0), z.number().int().min(0)])

const recordOf = (value: unknown) => recordSchema.safeParse(value).data
const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : [])

/** Drops invalid parts; null if nothing usable is left. */
function mendAttribute(value: unknown): AttributeSchema | null {
  const given = recordOf(value)
  const name = attributeSchema.shape.name.safeParse(given?.name)
  if (!given || !name.success) return null
  const preset = attributeSchema.shape.default.safeParse(given.default).data
  const required = attributeSchema.shape.required.safeParse(given.required).data
  return {
    name: name.data,
    // A text can hold the values of any unknown type.
    type: attributeSchema.shape.type.catch('text').parse(given.type),
    ...(Array.isArray(given.values) && {
      values: given.values.flatMap((item) =>
        ['string', 'number', 'boolean'].includes(typeof item) ? [String(item)] : [],
      ),
    }),
    ...(preset !== undefined && { default: preset }),
    ...(required !== undefined && { required }),
  }
}

function mendSkeleton(value: unknown): Skeleton | null {
  const given = recordOf(value)
  if (!given) return null
  const numberOf = (item: unknown) => z.number().safeParse(item).data
  const nodes = listOf(given.nodes).map((item) => {
    const node = recordOf(item)
    const name = typeof node?.name === 'string' ? node.name : ''
    const [x, y] = [numberOf(node?.x), numberOf(node?.y)]
    return { name, ...(x !== undefined && { x }), ...(y !== undefined && { y }) }
  })
  // Edges refer to joints by index, so no joint can be left out.
  if (nodes.length === 0 || nodes.some(({ name }) => name === '')) return null
  const pairsOf = (list: unknown) =>
    listOf(list).flatMap((item) => {
      const pair = indexPairSchema.safeParse(item).data
      return pair?.every((index) => index < nodes.length) ? [pair] : []
    })
  const pairs = pairsOf(given.pairs)
  return { nodes, edges: pairsOf(given.edges), ...(pairs.length > 0 && { pairs }) }
}

function firstOfEach<T extends { name: string }>(items: readonly T[]): T[] {
  return [...new Map(items.toReversed().map((item) => [item.name, item])).values()].toReversed()
}

/**
 * Repairs classes from the service, a file or an older library: keeps as much of each invalid part as possible, drops
 * a class without a name, and keeps the first of two with the same name. Never throws.
 */
export function mendClasses(values: unknown): AnnotationClass[] {
  const result = new ClassList()
  for (const value of listOf(values)) {
    const given = recordOf(value)
    const name = annotationClassSchema.shape.name.safeParse(given?.name).data
    if (!given || name === undefined || result.has(name)) continue
    const color = annotationClassSchema.shape.color.safeParse(given.color).data
    const attributes = firstOfEach(
      listOf(given.attributes).flatMap((item) => mendAttribute(item) ?? []),
    )
    const skeleton = mendSkeleton(given.skeleton)
    const instructions = instructionsSchema.safeParse(given.instructions).data
    result.add(name, {
      ...(color && { color }),
      ...(attributes.length > 0 && { attributes }),
      ...(skeleton && { skeleton }),
      ...(instructions && { instructions }),
    })
  }
  return result.all
}
