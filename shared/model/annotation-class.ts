import { z } from 'zod'

/** What a class asks of each of its annotations. */
export const attributeSchema = z.object({
  name: z.string().trim().min(1),
  type: z.enum(['text', 'number', 'select', 'checkbox']),
  /** Of a select, in the order in which they are offered. */
  values: z.array(z.string()).optional(),
  /** What a newly drawn annotation has. The service knows none: it stays here. */
  default: z.union([z.string(), z.number(), z.boolean()]).optional(),
  /** An annotation without it is incomplete. Stays here too. */
  required: z.boolean().optional(),
})
export type AttributeSchema = z.infer<typeof attributeSchema>

export const skeletonSchema = z.object({
  /** x and y: the template's layout, in units of the template's own square. */
  nodes: z.array(
    z.object({ name: z.string().min(1), x: z.number().optional(), y: z.number().optional() }),
  ),
  /** Pairs of 0-based node indices. */
  edges: z.array(z.tuple([z.number().int().min(0), z.number().int().min(0)])),
  /** Left and right of the same joint, as node indices. The service knows none: it stays here. */
  pairs: z.array(z.tuple([z.number().int().min(0), z.number().int().min(0)])).optional(),
})
export type Skeleton = z.infer<typeof skeletonSchema>

export const annotationClassSchema = z.object({
  name: z.string().trim().min(1, 'a class needs a name').max(120, 'at most 120 characters'),
  /** #rrggbb */
  color: z.string().regex(/^#[0-9a-f]{6}$/i, 'must look like #e6194b'),
  attributes: z.array(attributeSchema).optional(),
  skeleton: skeletonSchema.optional(),
})
export type AnnotationClass = z.infer<typeof annotationClassSchema>

/**
 * First Okabe and Ito's eight (Color Universal Design, 2008; black left out, it drowns in photographs),
 * which people with any common colour blindness can tell apart; then Tol's "muted" and "light" schemes
 * (SRON/EPS/TN/09-002), which continue the same property as far as colour alone can.
 */
export const CLASS_COLORS = [
  '#e69f00',
  '#56b4e9',
  '#009e73',
  '#f0e442',
  '#0072b2',
  '#d55e00',
  '#cc79a7',
  '#88ccee',
  '#44aa99',
  '#117733',
  '#999933',
  '#ddcc77',
  '#cc6677',
  '#882255',
  '#aa4499',
  '#332288',
  '#77aadd',
  '#99ddff',
  '#44bb99',
  '#bbcc33',
  '#aaaa00',
  '#eedd88',
  '#ee8866',
  '#ffaabb',
] as const

/** The palette's first colour that no class has yet; when all are taken, the least used. */
export function nextClassColor(classes: readonly Pick<AnnotationClass, 'color'>[]): string {
  const uses = new Map<string, number>(CLASS_COLORS.map((color) => [color, 0]))
  for (const { color } of classes) {
    const key = color.toLowerCase()
    const count = uses.get(key)
    if (count !== undefined) uses.set(key, count + 1)
  }
  let best: string = CLASS_COLORS[0]
  let bestUses = Number.POSITIVE_INFINITY
  for (const [color, count] of uses) {
    if (count < bestUses) {
      best = color
      bestUses = count
    }
  }
  return best
}

/** `classes` plus a class, with a colour of its own, for every name that is not there yet. */
export function withClassNames(
  classes: readonly AnnotationClass[],
  names: Iterable<string>,
): AnnotationClass[] {
  const result = [...classes]
  const known = new Set(classes.map((item) => item.name))
  for (const name of names) {
    if (known.has(name)) continue
    known.add(name)
    result.push({ name, color: nextClassColor(result) })
  }
  return result
}
