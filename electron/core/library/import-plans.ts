import { setImmediate } from 'node:timers/promises'
import type { DatasetRepository } from '#core/cache/dataset-repository.ts'
import type { EditStore, Outcome } from '#core/cache/edit-store.ts'
import { imageFile } from '#core/cache/image-file.ts'
import type { ImageRepository } from '#core/cache/image-repository.ts'
import { reportExtra, reportHeadExtra } from '#core/formats/carry.ts'
import { LossLog } from '#core/formats/loss-log.ts'
import type { FoundImage, OpenLabels } from '#core/formats/read-labels.ts'
import { FORMAT_BY_ID } from '#core/formats/registry.ts'
import type { ReadImage } from '#core/formats/types.ts'
import { UserError } from '#core/user-error.ts'
import type { ImportPlan } from '#shared/contract/formats.ts'
import { shapeVertices } from '#shared/geometry/shape.ts'
import { type Annotation, newId } from '#shared/model/annotation.ts'
import { type AnnotationClass, withClassNames } from '#shared/model/annotation-class.ts'
import { type ChangeSet, diffAnnotations } from '#shared/model/change-set.ts'
import type { FormatId } from '#shared/model/format.ts'
import type { Progress } from './export-job.ts'
import { readLabels } from './label-reading.ts'

interface Plan {
  datasetId: string
  format: FormatId
  classes: AnnotationClass[]
  labels: OpenLabels
  /** By image id. The labels stay in their files until they are wanted. */
  images: Map<string, FoundImage>
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

/** Only the last few are kept: a plan holds where everything is in the files. */
const MAX_PLANS = 3
/** Annotations take along what the model has no place for; images and datasets do not yet. */
const NOT_KEPT = 'is not kept with the images here'
/** How long a plan is made before others get their turn, milliseconds. */
const TURN_MS = 20
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
    const images = this.#deps.images.list(datasetId)
    const byPath = new Map(images.map((image) => [image.path, image]))
    const losses = new LossLog()
    const fileOf = (imagePath: string) => {
      const image = byPath.get(imagePath)
      return image ? imageFile(dataset, image) : null
    }
    const wish = { path, format: wanted, images, imageRoot: dataset.root, fileOf }
    const { labels, format, files, skipped } = await readLabels(wish, losses)
    reportHeadExtra(labels.extra, '', losses, NOT_KEPT)
    const planned = new Map<string, FoundImage>()
    const counts = { annotations: 0, identical: 0, incomplete: 0, existing: 0 }
    const used = new Set<string>()
    const unmatched: string[] = []
    let turnEnds = Date.now() + TURN_MS
    for (const found of labels.images) {
      // Images that no label file speaks of.
      if (found.entries.every(({ file }) => file === '')) continue
      const known = found.known ? byPath.get(found.known.path) : undefined
      if (!known) {
        unmatched.push(found.path)
        continue
      }
      const { annotations, incomplete, extra, path: imagePath } = labels.read(found)
      reportExtra(extra, '', imagePath, losses, NOT_KEPT)
      planned.set(known.id, found)
      for (const { className } of annotations) used.add(className)
      counts.annotations += annotations.length
      counts.existing += known.annotationCount
      if (incomplete) counts.incomplete++
      if (known.annotationCount > 0) {
        const isThere = alreadyThere(this.#deps.edits.annotations(known.id).annotations)
        counts.identical += annotations.filter(isThere).length
      }
      if (Date.now() < turnEnds) continue
      await setImmediate()
      turnEnds = Date.now() + TURN_MS
    }
    const known = new Set(dataset.classes.map(({ name }) => name))
    const newClasses = withClassNames(labels.classes, used).filter(({ name }) => !known.has(name))
    const planId = newId()
    this.#plans.set(planId, { datasetId, format, classes: newClasses, labels, images: planned })
    for (const old of [...this.#plans.keys()].slice(0, -MAX_PLANS)) this.#plans.delete(old)
    return {
      planId,
      format,
      files,
      matchedImages: planned.size,
      annotations: counts.annotations,
      identical: counts.identical,
      incompleteImages: counts.incomplete,
      existingAnnotations: counts.existing,
      unmatched,
      newClasses: this.#coloured(datasetId, newClasses),
      failed: [...labels.failed, ...skipped],
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
    for (const [imageId, found] of plan.images) {
      // What is lost was said by the plan.
      const imported = plan.labels.read(found, new LossLog())
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
        await setImmediate()
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
  { annotations }: ReadImage,
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
