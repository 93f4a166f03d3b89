import { z } from 'zod'

/** An attribute that the annotations of a class have. */
export const attributeSchema = z.object({
  name: z.string().trim().min(1),
  type: z.enum(['text', 'number', 'select', 'checkbox']),
  /** The options of a select, in display order. */
  values: z.array(z.string()).optional(),
  /** The value of a newly drawn annotation. Local only: the service has no such field. */
  default: z.union([z.string(), z.number(), z.boolean()]).optional(),
  /** An annotation without it is incomplete. Local only, too. */
  required: z.boolean().optional(),
})
export type AttributeSchema = z.infer<typeof attributeSchema>

export const skeletonSchema = z.object({
  /** x and y: the layout, in units of the template's square. */
  nodes: z.array(
    z.object({ name: z.string().min(1), x: z.number().optional(), y: z.number().optional() }),
  ),
  /** Pairs of 0-based node indices. */
  edges: z.array(z.tuple([z.number().int().min(0), z.number().int().min(0)])),
  /** Left and right joints of a pair, as node indices. Local only: the service has no such field. */
  pairs: z.array(z.tuple([z.number().int().min(0), z.number().int().min(0)])).optional(),
})
export type Skeleton = z.infer<typeof skeletonSchema>

/** How to label: a text and an image of the same dataset as an example. The service knows none: they stay here. */
export const instructionsSchema = z.object({
  text: z.string().max(20_000),
  imageId: z.string().nullable(),
})
export type Instructions = z.infer<typeof instructionsSchema>

export const annotationClassSchema = z.object({
  name: z.string().trim().min(1, 'a class needs a name').max(120, 'at most 120 characters'),
  /** #rrggbb */
  color: z.string().regex(/^#[0-9a-f]{6}$/i, 'must look like #e6194b'),
  attributes: z.array(attributeSchema).optional(),
  skeleton: skeletonSchema.optional(),
  instructions: instructionsSchema.optional(),
})
export type AnnotationClass = z.infer<typeof annotationClassSchema>

/**
 * First Okabe and Ito's eight colours (Color Universal Design, 2008; without black, which disappears in photographs),
 * distinguishable with any common colour blindness; then Tol's "muted" and "light" schemes (SRON/EPS/TN/09-002),
 * which extend that as far as colour alone can.
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

/** The palette's first unused colour; if all are used, the least used. */
export function nextClassColor(classes: readonly Pick<AnnotationClass, 'color'>[]): string {
  return new ColorUses(classes).next()
}

/** How many classes have each colour of the palette. */
class ColorUses {
  readonly #uses = new Map<string, number>(CLASS_COLORS.map((color) => [color, 0]))

  constructor(classes: readonly Pick<AnnotationClass, 'color'>[]) {
    for (const { color } of classes) this.add(color)
  }

  add(color: string): void {
    const key = color.toLowerCase()
    const count = this.#uses.get(key)
    if (count !== undefined) this.#uses.set(key, count + 1)
  }

  next(): string {
    let best: string = CLASS_COLORS[0]
    let bestUses = Number.POSITIVE_INFINITY
    for (const [color, count] of this.#uses) {
      if (count < bestUses) {
        best = color
        bestUses = count
      }
    }
    return best
  }
}

/** Classes that names are added to, each with a colour of its own. Adding takes the same time however many there are. */
export class ClassList {
  readonly all: AnnotationClass[] = []
  readonly #byName = new Map<string, AnnotationClass>()
  readonly #uses: ColorUses

  constructor(classes: readonly AnnotationClass[] = []) {
    this.#uses = new ColorUses(classes)
    for (const item of classes) {
      this.all.push(item)
      if (!this.#byName.has(item.name)) this.#byName.set(item.name, item)
    }
  }

  has(name: string): boolean {
    return this.#byName.has(name)
  }

  /** The class of that name, made where there is none. `rest`: what it has where it is made. */
  add(name: string, rest: Partial<AnnotationClass> = {}): AnnotationClass {
    const there = this.#byName.get(name)
    if (there) return there
    const item = { name, color: this.#uses.next(), ...rest }
    this.#uses.add(item.color)
    this.#byName.set(name, item)
    this.all.push(item)
    return item
  }
}

/** Lists of classes are never changed in place: each is gone over once. */
const byNames = new WeakMap<readonly AnnotationClass[], Map<string, AnnotationClass>>()

export function classByName(
  classes: readonly AnnotationClass[],
  name: string,
): AnnotationClass | undefined {
  let known = byNames.get(classes)
  if (!known) {
    known = new Map(classes.toReversed().map((item) => [item.name, item]))
    byNames.set(classes, known)
  }
  return known.get(name)
}

/** Adds a class with a new colour for every name that is missing. */
export function withClassNames(
  classes: readonly AnnotationClass[],
  names: Iterable<string>,
): AnnotationClass[] {
  const list = new ClassList(classes)
  for (const name of names) list.add(name)
  return list.all
}

/** Pure: the classes with another colour of one, or in another order; classes that the order does not name come last. */
export function withClassLook(
  classes: readonly AnnotationClass[],
  edit: { kind: 'recolor'; name: string; color: string } | { kind: 'reorder'; names: string[] },
): AnnotationClass[] {
  if (edit.kind === 'recolor')
    return classes.map((item) => (item.name === edit.name ? { ...item, color: edit.color } : item))
  const place = new Map(edit.names.map((name, index) => [name, index]))
  const placeOf = ({ name }: AnnotationClass) => place.get(name) ?? place.size
  return classes.toSorted((a, b) => placeOf(a) - placeOf(b))
}
