import { z } from 'zod'
import { suppress } from '#shared/assist/suppress.ts'
import { shapeOverlap } from '#shared/geometry/overlap.ts'
import { type Annotation, newAnnotation, shapeSchema } from './annotation.ts'
import type { AnnotationClass } from './annotation-class.ts'

const share = z.number().min(0).max(1)

/** What an object of a model is, apart from its class. */
export const proposalDataSchema = z.object({
  shape: shapeSchema,
  /** Joints that the model saw, by its names and by their place among all. Image pixels. */
  keypoints: z.array(
    z.object({
      name: z.string(),
      index: z.number().int(),
      x: z.number(),
      y: z.number(),
      confidence: share,
    }),
  ),
})

/** What a model found in an image. It is no annotation, and goes nowhere, until somebody accepts it. */
export const proposalSchema = proposalDataSchema.extend({
  id: z.string(),
  /** As the model calls it. */
  className: z.string(),
  confidence: share,
  model: z.string(),
  version: z.string(),
})
export type Proposal = z.infer<typeof proposalSchema>

/** What a person chose for a model in a dataset. */
export const modelChoiceSchema = z.object({
  /** Proposals below it are not shown, 0..1. */
  confidence: share,
  /** Of proposals of one class that overlap more only the surest is shown, IoU 0..1. */
  overlap: share,
  /** The dataset's class of the model's classes; null: it is not wanted. A class without an entry keeps its name. */
  classes: z.record(z.string(), z.string().nullable()),
})
export type ModelChoice = z.infer<typeof modelChoiceSchema>

export const USUAL_CHOICE: ModelChoice = { confidence: 0.25, overlap: 0.7, classes: {} }

/** How a class of a model is called in the dataset; null: it is not wanted. */
export function mappedClass({ classes }: ModelChoice, className: string): string | null {
  const mapped = classes[className]
  return mapped === undefined ? className : mapped
}

/**
 * Those of an image's proposals that a person sees: sure enough, of a class that is wanted, and the surest of those that
 * lie over each other. `choices`: by model.
 */
export function shownProposals(
  proposals: readonly Proposal[],
  choices: Readonly<Record<string, ModelChoice>>,
): Proposal[] {
  const byModel = Map.groupBy(proposals, ({ model }) => model)
  return [...byModel].flatMap(([model, own]) => {
    const choice = choices[model] ?? USUAL_CHOICE
    const wanted = own.filter(
      ({ className, confidence }) =>
        confidence >= choice.confidence && mappedClass(choice, className) !== null,
    )
    return suppress(wanted, choice.overlap)
  })
}

/** The attribute of an accepted proposal that says which model found it; formats and the service keep attributes. */
export const FOUND_BY = 'found_by'

export const originOf = ({ model, version }: Pick<Proposal, 'model' | 'version'>): string =>
  version === '' ? model : `${model} ${version}`

/** Above it a proposal is taken for what is there already, IoU 0..1. */
const SAME = 0.5

/** The annotation that covers the same place as a proposal; null when there is none. */
export function coveredBy(
  { shape }: Pick<Proposal, 'shape'>,
  annotations: readonly Annotation[],
): Annotation | null {
  let most = SAME
  let found: Annotation | null = null
  for (const annotation of annotations) {
    const overlap = shapeOverlap(shape, annotation.shape)
    if (overlap >= most) [most, found] = [overlap, annotation]
  }
  return found
}

/**
 * The annotations that a proposal becomes: its shape, and its joints as keypoints of the same object. Joints are called
 * as the class's skeleton calls them, where it has as many or knows their names.
 */
export function acceptedAs(
  proposal: Proposal,
  className: string,
  classes: readonly AnnotationClass[],
  nextInstance: () => number,
): Annotation[] {
  const { id, shape, confidence, keypoints } = proposal
  const attributes = { [FOUND_BY]: originOf(proposal) }
  const fields = { confidence, attributes }
  // The same id: accepted twice, it is there once.
  if (keypoints.length === 0) return [newAnnotation(shape, className, { ...fields, id })]
  const nodes = classes.find(({ name }) => name === className)?.skeleton?.nodes ?? []
  const instanceId = nextInstance()
  const joints = keypoints.map(({ name, index, x, y }) => {
    const joint = nodes.some((node) => node.name === name) ? name : (nodes[index]?.name ?? name)
    return newAnnotation({ kind: 'keypoint', x, y }, joint, {
      ...fields,
      instanceId,
      id: `${id}-${index}`,
    })
  })
  return [newAnnotation(shape, className, { ...fields, instanceId, id }), ...joints]
}
