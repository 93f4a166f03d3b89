import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { isJsonObject } from '#core/formats/carry.ts'
import { withoutKeys } from '#core/formats/fields.ts'
import { FormatError } from '#core/formats/format-error.ts'
import { LossLog } from '#core/formats/loss-log.ts'
import { decodeText } from '#core/formats/text.ts'
import type { Extra, Json, LabelledImage } from '#core/formats/types.ts'
import { readYoloYaml } from '#core/formats/yolo-names.ts'
import { toUserError, UserError } from '#core/user-error.ts'
import type { AnnotationClass } from '#shared/model/annotation-class.ts'
import type { Split } from '#shared/model/dataset.ts'

/** The order and the new names of classes; several classes can become one. */
export interface ClassPlan {
  names: string[]
  /** New names by old names. */
  renamed: Map<string, string>
}

/**
 * Reads a class file: one name per line, in the order of their numbers; `new = old, other` renames and merges. Also
 * accepts a data.yaml. Throws a UserError.
 */
export function readClassPlan(file: string): ClassPlan {
  try {
    const text = decodeText(readFileSync(file))
    if (/\.ya?ml$/i.test(file)) {
      const stop = (error: FormatError) => {
        throw error
      }
      const { byNumber } = readYoloYaml(text, stop, new LossLog(), file).names
      return {
        names: [...byNumber].sort(([a], [b]) => a - b).map(([, name]) => name),
        renamed: new Map(),
      }
    }
    const plan: ClassPlan = { names: [], renamed: new Map() }
    for (const line of text.split(/\r\n|\n|\r/)) {
      const [name, ...rest] = line.split('=').map((part) => part.trim())
      if (name === '' || name.startsWith('#')) continue
      if (!plan.names.includes(name)) plan.names.push(name)
      for (const old of rest.join('=').split(','))
        if (old.trim() !== '') plan.renamed.set(old.trim(), name)
    }
    return plan
  } catch (error) {
    if (error instanceof FormatError)
      throw new UserError('usage', `--classes ${file}: ${error.field} ${error.message}`)
    throw toUserError(error, file)
  }
}

/** The classes in the plan's order, then the others. */
export function plannedClasses(
  classes: readonly AnnotationClass[],
  { names, renamed }: ClassPlan,
  colored: (names: string[]) => AnnotationClass[],
): AnnotationClass[] {
  const byName = new Map<string, AnnotationClass>()
  for (const item of classes) {
    const name = renamed.get(item.name) ?? item.name
    if (!byName.has(name)) byName.set(name, { ...item, name })
  }
  const order = [...new Set([...names, ...byName.keys()])]
  return colored(order).map((fresh) => byName.get(fresh.name) ?? fresh)
}

/** What files said of the dataset, without the numbers that classes had there: the plan gives them new ones. */
export function withoutNumbers(extra: Extra | undefined): Extra | undefined {
  if (!extra) return undefined
  const { yolo, coco, ...others } = extra
  const categories = isJsonObject(coco) && isJsonObject(coco.categories) ? coco.categories : {}
  const unnumbered = Object.entries(categories).map(([name, category]): [string, Json] => [
    name,
    isJsonObject(category) ? withoutKeys(category, ['id']) : category,
  ])
  return {
    ...others,
    ...(yolo !== undefined && { yolo: isJsonObject(yolo) ? withoutKeys(yolo, ['numbers']) : yolo }),
    ...(isJsonObject(coco) && { coco: { ...coco, categories: Object.fromEntries(unnumbered) } }),
  }
}

export function withRenamed(image: LabelledImage, { renamed }: ClassPlan): LabelledImage {
  if (renamed.size === 0) return image
  return {
    ...image,
    annotations: image.annotations.map((annotation) => {
      const className = renamed.get(annotation.className)
      return className === undefined ? annotation : { ...annotation, className }
    }),
  }
}

/** The split for images that have none. */
export type SplitPlan = (path: string) => Split

/** `val`, or shares such as `80/20` and `80/10/10` for train, val and test. Throws a UserError. */
export function readSplitPlan(text: string): SplitPlan {
  if (text === 'train' || text === 'val' || text === 'test') return () => text
  const shares = text.split(/[/,:]/).map(Number)
  const sum = shares.reduce((all, share) => all + share, 0)
  if (shares.length < 2 || shares.length > 3 || !shares.every((share) => share >= 0) || !(sum > 0))
    throw new UserError(
      'usage',
      `--split ${text}: must be train, val or test, or shares such as 80/20 or 80/10/10`,
    )
  return (path) => {
    // An image always goes to the same split, whatever other images there are.
    const place = createHash('sha256').update(path).digest().readUInt32BE(0) / 2 ** 32
    let end = 0
    for (const [index, share] of shares.entries()) {
      end += share / sum
      if (place < end) return (['train', 'val', 'test'] as const)[index]
    }
    return 'train'
  }
}
