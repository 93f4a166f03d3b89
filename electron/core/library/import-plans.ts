import { resolve } from 'node:path'
import type { DatasetRepository } from '#core/cache/dataset-repository.ts'
import type { EditStore, Outcome } from '#core/cache/edit-store.ts'
import type { ImageRepository } from '#core/cache/image-repository.ts'
import { imageLookup } from '#core/formats/image-lookup.ts'
import { LossLog } from '#core/formats/loss-log.ts'
import { detectFormat, FORMAT_BY_ID } from '#core/formats/registry.ts'
import { settleImport } from '#core/formats/settle-import.ts'
import type { ImportedImage } from '#core/formats/types.ts'
import { UserError } from '#core/user-error.ts'
import type { ImportPlan } from '#shared/contract/formats.ts'
import { shapeVertices } from '#shared/geometry/shape.ts'
import { type Annotation, newId } from '#shared/model/annotation.ts'
import { type AnnotationClass, withClassNames } from '#shared/model/annotation-class.ts'
import { type ChangeSet, diffAnnotations } from '#shared/model/change-set.ts'
import type { FormatId } from '#shared/model/format.ts'
import type { Progress } from './export-job.ts'
import { labelInput } from './label-input.ts'

interface Plan {
  datasetId: string
  format: FormatId
  classes: AnnotationClass[]
  /** By image id. */
  images: Map<string, ImportedImage>
}

interface Deps {
  datasets: DatasetRepository
  images: ImageRepository
  edits: EditStore
  publish: (outcome: Outcome) => void
}

export type ImportStep =
  | Progress
  | { type: 'done'; report: { images: number; annotations: number } }

/** Only the last few are kept: a plan holds all that was read. */
const MAX_PLANS = 3
/** Images between two breaths for the rest of the process. */
const APPLY_BATCH = 20

/** Imports in two steps: a plan that says what would happen, then its application. */
export class ImportPlans {
  readonly #deps: Deps
  readonly #plans = new Map<string, Plan>()

  constructor(deps: Deps) {
    this.#deps = deps
  }

  /** Reads label files; writes nothing. Throws a UserError when there is nothing to read. */
  async plan(datasetId: string, path: string, wanted: FormatId | null): Promise<ImportPlan> {
    const dataset = this.#deps.datasets.get(datasetId)
    const files = await labelInput(path)
    const format = wanted ?? detectFormat(files)
    if (!format || files.length === 0)
      throw new UserError(
        'no_labels',
        `${resolve(path)} has no label files of a known format (JSON, XML or TXT). Choose the file or the folder that holds them.`,
      )
    const images = this.#deps.images.list(datasetId)
    const losses = new LossLog()
    const result = settleImport(
      FORMAT_BY_ID[format].import(files, { images: imageLookup(images), losses }),
    )
    const byPath = new Map(images.map((image) => [image.path, image]))
    const planned = new Map<string, ImportedImage>()
    for (const image of result.images) {
      const known = image.matched ? byPath.get(image.path) : undefined
      if (!known) continue
      const earlier = planned.get(known.id)
      planned.set(
        known.id,
        earlier ? { ...image, annotations: [...earlier.annotations, ...image.annotations] } : image,
      )
    }
    const used = new Set(
      [...planned.values()].flatMap(({ annotations }) =>
        annotations.map(({ className }) => className),
      ),
    )
    const known = new Set(dataset.classes.map(({ name }) => name))
    const all = withClassNames(result.classes, used)
    const newClasses = all.filter(({ name }) => !known.has(name))
    const planId = newId()
    this.#plans.set(planId, { datasetId, format, classes: newClasses, images: planned })
    for (const old of [...this.#plans.keys()].slice(0, -MAX_PLANS)) this.#plans.delete(old)
    const count = (items: Iterable<ImportedImage>) =>
      [...items].reduce((sum, { annotations }) => sum + annotations.length, 0)
    return {
      planId,
      format,
      files: files.length,
      matchedImages: planned.size,
      annotations: count(planned.values()),
      identical: [...planned].reduce((sum, [id, { annotations }]) => {
        const isThere = alreadyThere(this.#deps.edits.annotations(id).annotations)
        return sum + annotations.filter(isThere).length
      }, 0),
      incompleteImages: [...planned.values()].filter(({ incomplete }) => incomplete).length,
      existingAnnotations: images.reduce(
        (sum, image) => sum + (planned.has(image.id) ? image.annotationCount : 0),
        0,
      ),
      unmatched: result.images.filter(({ matched }) => !matched).map(({ path: name }) => name),
      newClasses: this.#coloured(datasetId, newClasses),
      failed: result.failed,
      losses: losses.report(),
    }
  }

  /** One undoable edit an image. Throws a UserError when the plan is too old. */
  async *apply(planId: string, mode: 'add' | 'replace'): AsyncGenerator<ImportStep> {
    const plan = this.#plans.get(planId)
    if (!plan)
      throw new UserError(
        'plan_gone',
        'This import was prepared too long ago. Choose the labels again.',
      )
    const { datasets, images, edits, publish } = this.#deps
    datasets.addClasses(plan.datasetId, this.#coloured(plan.datasetId, plan.classes))
    publish({ datasetId: plan.datasetId, label: '', effects: [], classesChanged: true })
    let done = 0
    let annotations = 0
    for (const [imageId, imported] of plan.images) {
      // Half of what a file says must not take the place of what is there.
      const own = mode === 'replace' && imported.incomplete ? 'add' : mode
      const changes = importChanges(edits.annotations(imageId).annotations, imported, own)
      const label = `Import ${FORMAT_BY_ID[plan.format].label}`
      publish(
        edits.commit({
          commitId: `${planId}/${mode}/${imageId}`,
          imageId,
          changes,
          label,
          origin: 'import',
        }),
      )
      const { stage, split, tags } = imported
      if (stage || split || tags) images.patch([imageId], { stage, split, tags })
      annotations += imported.annotations.length
      done++
      if (done % APPLY_BATCH === 0) {
        yield { type: 'progress', done, total: plan.images.size, doing: imported.path }
        await new Promise((next) => setImmediate(next))
      }
    }
    this.#plans.delete(planId)
    yield { type: 'done', report: { images: done, annotations } }
  }

  /** New classes in colours that the dataset does not use yet. */
  #coloured(datasetId: string, added: readonly AnnotationClass[]): AnnotationClass[] {
    const { classes } = this.#deps.datasets.get(datasetId)
    const known = new Set(classes.map(({ name }) => name))
    // Another import, an edit or a label file may have brought one meanwhile.
    const missing = added.filter(({ name }) => !known.has(name))
    const taken = new Set(classes.map(({ color }) => color.toLowerCase()))
    const result = withClassNames(
      classes,
      missing.map(({ name }) => name),
    ).slice(classes.length)
    return missing.map((item, index) =>
      taken.has(item.color.toLowerCase()) ? { ...item, color: result[index].color } : item,
    )
  }
}

/** Tells annotations of the same class and the same points. */
function alreadyThere(current: readonly Annotation[]): (annotation: Annotation) => boolean {
  const content = ({ className, shape }: Annotation) =>
    JSON.stringify([className, shape.kind, shapeVertices(shape).map(({ x, y }) => [x, y])])
  const there = new Set(current.map(content))
  return (annotation) => there.has(content(annotation))
}

/** Ids are kept where they are free; in `add`, what is already there to the letter is not added again. */
function importChanges(
  current: ReturnType<EditStore['annotations']>['annotations'],
  { annotations }: ImportedImage,
  mode: 'add' | 'replace',
): ChangeSet {
  const seen = new Set<string>()
  const unique = annotations.map((annotation) => {
    const fresh = seen.has(annotation.id) ? { ...annotation, id: newId() } : annotation
    seen.add(fresh.id)
    return fresh
  })
  if (mode === 'replace') return diffAnnotations(current, unique)
  const ids = new Set(current.map(({ id }) => id))
  const isThere = alreadyThere(current)
  const created = unique
    .filter((annotation) => !isThere(annotation))
    .map((annotation) => (ids.has(annotation.id) ? { ...annotation, id: newId() } : annotation))
  return { created, updated: [], deleted: [] }
}
