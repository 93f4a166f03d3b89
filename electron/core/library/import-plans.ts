import { setImmediate } from 'node:timers/promises'
import type { DatasetRepository } from '#core/cache/dataset-repository.ts'
import type { EditStore, Outcome } from '#core/cache/edit-store.ts'
import { imageFile } from '#core/cache/image-file.ts'
import type { ImageRepository } from '#core/cache/image-repository.ts'
import type { LabelExtraRepository } from '#core/cache/label-extra-repository.ts'
import { LossLog } from '#core/formats/loss-log.ts'
import { FORMAT_BY_ID } from '#core/formats/registry.ts'
import type { Extra, ReadImage } from '#core/formats/types.ts'
import type { LabelLimits } from '#core/labels/label-limits.ts'
import { LabelProcess } from '#core/labels/label-process.ts'
import type { StartProcess } from '#core/ports.ts'
import { UserError } from '#core/user-error.ts'
import type { WorkInHand } from '#core/work-in-hand.ts'
import type { Works } from '#core/works.ts'
import type { ImportPlan } from '#shared/contract/formats.ts'
import { shapeVertices } from '#shared/geometry/shape.ts'
import { type Annotation, newId } from '#shared/model/annotation.ts'
import { type AnnotationClass, withClassNames } from '#shared/model/annotation-class.ts'
import { type ChangeSet, diffAnnotations } from '#shared/model/change-set.ts'
import type { FormatId } from '#shared/model/format.ts'
import type { Progress } from './export-job.ts'

interface Plan {
  datasetId: string
  format: FormatId
  classes: AnnotationClass[]
  /** The labels stay in their files, which it holds open, until they are wanted. */
  reader: LabelProcess
  /** Ids of images, by their numbers in the reader. */
  images: Map<number, string>
  /** Of the files as a whole. */
  extra: Extra | undefined
}

interface Deps {
  datasets: DatasetRepository
  images: ImageRepository
  edits: EditStore
  labelExtras: LabelExtraRepository
  publish: (outcome: Outcome) => void
  works: Works
  startProcess: StartProcess
  inHand: Pick<WorkInHand, 'begin'>
  limits?: Partial<LabelLimits>
}

export type ImportStep =
  | Progress
  | { type: 'done'; report: { images: number; annotations: number } }

export type PlanStep = Progress | { type: 'plan'; plan: ImportPlan }

/** Only the last one is kept: a plan holds where everything is in the files. */
const MAX_PLANS = 1
/** How long labels are written before others get their turn, milliseconds. */
const TURN_MS = 20

/** Imports in two steps: a plan that shows the result, and its application. */
export class ImportPlans {
  readonly #deps: Deps
  readonly #plans = new Map<string, Plan>()

  constructor(deps: Deps) {
    this.#deps = deps
  }

  /**
   * Reads label files; writes nothing. `signal` ends it. Throws a UserError when there is nothing to read, or it takes
   * too much memory or time.
   */
  async *plan(
    datasetId: string,
    path: string,
    wanted: FormatId | null,
    signal?: AbortSignal,
  ): AsyncGenerator<PlanStep> {
    using _work = this.#begin(datasetId)
    const reader = new LabelProcess(this.#deps.startProcess, signal, this.#deps.limits)
    let isKept = false
    try {
      const plan = yield* this.#read(reader, datasetId, path, wanted)
      isKept = true
      // The call ends, and what it planned is kept.
      reader.detach()
      yield { type: 'plan', plan }
    } finally {
      if (!isKept) await reader[Symbol.asyncDispose]()
    }
  }

  async *#read(
    reader: LabelProcess,
    datasetId: string,
    path: string,
    wanted: FormatId | null,
  ): AsyncGenerator<PlanStep, ImportPlan> {
    const dataset = this.#deps.datasets.get(datasetId)
    const images = this.#deps.images.list(datasetId)
    const byPath = new Map(images.map((image) => [image.path, image]))
    yield { type: 'progress', done: 0, total: 0, doing: path }
    await reader.know(
      images.map((image) => ({
        path: image.path,
        width: image.width,
        height: image.height,
        file: imageFile(dataset, image),
      })),
    )
    const opened = await reader.open({ path, imageRoot: dataset.root, format: wanted })
    const losses = new LossLog()
    const planned = new Map<number, string>()
    const unmatched: string[] = []
    for (const [number, found] of opened.images.entries()) {
      if (!found.isSpokenOf) continue
      const known = found.known === null ? undefined : byPath.get(found.known)
      if (known) planned.set(number, known.id)
      else unmatched.push(found.path)
    }
    const counts = { annotations: 0, identical: 0, incomplete: 0, existing: 0 }
    const used = new Set<string>()
    const failed = [...opened.skipped]
    let done = 0
    for await (const batch of reader.read([...planned.keys()])) {
      for (const { number, image } of batch.images) {
        const { annotations, incomplete } = image
        for (const { className } of annotations) used.add(className)
        const known = byPath.get(opened.images[number].known ?? '')
        counts.annotations += annotations.length
        counts.existing += known?.annotationCount ?? 0
        if (incomplete) counts.incomplete++
        if (known && known.annotationCount > 0) {
          const isThere = alreadyThere(this.#deps.edits.annotations(known.id).annotations)
          counts.identical += annotations.filter(isThere).length
        }
      }
      done += batch.images.length
      const doing = batch.images.at(-1)?.image.path ?? ''
      yield { type: 'progress', done, total: planned.size, doing }
      if (!batch.end) continue
      failed.unshift(...batch.end.failed)
      losses.addReport(batch.end.losses)
    }
    const known = new Set(dataset.classes.map(({ name }) => name))
    const newClasses = withClassNames(opened.classes, used).filter(({ name }) => !known.has(name))
    const { format, files } = opened
    const planId = newId()
    const { extra } = opened
    const plan = { datasetId, format, classes: newClasses, reader, images: planned, extra }
    await this.#keep(planId, plan)
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
      failed,
      losses: losses.report(),
    }
  }

  async #keep(planId: string, plan: Plan): Promise<void> {
    this.#plans.set(planId, plan)
    for (const old of [...this.#plans.keys()].slice(0, -MAX_PLANS)) await this.#drop(old)
  }

  async #drop(planId: string): Promise<void> {
    const plan = this.#plans.get(planId)
    this.#plans.delete(planId)
    await plan?.reader[Symbol.asyncDispose]()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const planId of [...this.#plans.keys()]) await this.#drop(planId)
  }

  /**
   * One undoable edit an image. `signal` ends it after the image that it is at. Throws a UserError when the plan is too
   * old.
   */
  apply(planId: string, mode: 'add' | 'replace', signal?: AbortSignal): AsyncGenerator<ImportStep> {
    const plan = this.#plans.get(planId)
    if (!plan) throw new UserError('plan_gone', 'This import has expired. Choose the labels again.')
    const { datasets, works } = this.#deps
    const { datasetId, format } = plan
    const { name } = datasets.get(datasetId)
    const work = {
      datasetId,
      label: `Import ${FORMAT_BY_ID[format].label}`,
      ifCutOff: `The import into ${name} is not complete, because the app ended. Import again: what is already there is not added twice.`,
    }
    return works.follow(work, signal, (stop) => this.#apply(planId, plan, mode, stop))
  }

  async *#apply(
    planId: string,
    plan: Plan,
    mode: 'add' | 'replace',
    signal: AbortSignal,
  ): AsyncGenerator<ImportStep> {
    const { datasets, labelExtras, publish } = this.#deps
    if (plan.extra) labelExtras.addToDataset(plan.datasetId, plan.extra)
    datasets.addClasses(plan.datasetId, this.#coloured(plan.datasetId, plan.classes))
    publish({ datasetId: plan.datasetId, label: '', effects: [], classesChanged: true })
    let done = 0
    let annotations = 0
    // What is lost was said by the plan.
    for await (const { images, end } of plan.reader.read([...plan.images.keys()])) {
      let turnEnds = Date.now() + TURN_MS
      for (const { number, image } of images) {
        signal.throwIfAborted()
        const imageId = plan.images.get(number)
        if (imageId === undefined) continue
        this.#take(plan, `${planId}/${mode}/${imageId}`, imageId, image, mode)
        annotations += image.annotations.length
        done++
        if (Date.now() < turnEnds) continue
        yield { type: 'progress', done, total: plan.images.size, doing: image.path }
        await setImmediate()
        turnEnds = Date.now() + TURN_MS
      }
      const doing = images.at(-1)?.image.path ?? ''
      if (!end) yield { type: 'progress', done, total: plan.images.size, doing }
    }
    await this.#drop(planId)
    yield { type: 'done', report: { images: done, annotations } }
  }

  #begin(datasetId: string): Disposable {
    const { name } = this.#deps.datasets.get(datasetId)
    return this.#deps.inHand.begin({ kind: 'import', id: datasetId, name })
  }

  #take(
    plan: Plan,
    commitId: string,
    imageId: string,
    imported: ReadImage,
    mode: 'add' | 'replace',
  ): void {
    const { edits, images, labelExtras, publish } = this.#deps
    // Half of what a file says must not take the place of what is there.
    const own = mode === 'replace' && imported.incomplete ? 'add' : mode
    const changes = importChanges(edits.annotations(imageId).annotations, imported, own)
    const label = `Import ${FORMAT_BY_ID[plan.format].label}`
    publish(edits.commit({ commitId, imageId, changes, label, origin: 'import' }))
    const { stage, split, tags, extra = {}, isLabelled = false } = imported
    const isEmpty = isLabelled && imported.annotations.length === 0
    if (isEmpty || Object.keys(extra).length > 0)
      labelExtras.addToImage(imageId, { extra, isLabelled: isEmpty })
    if (stage || split || tags) images.patch([imageId], { stage, split, tags })
  }

  /** Gives new classes colours that the dataset does not use yet. */
  #coloured(datasetId: string, added: readonly AnnotationClass[]): AnnotationClass[] {
    const { classes } = this.#deps.datasets.get(datasetId)
    const known = new Set(classes.map(({ name }) => name))
    // Another import, an edit or a label file may have added a class meanwhile.
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

/** Finds annotations with the same class and the same points. */
function alreadyThere(current: readonly Annotation[]): (annotation: Annotation) => boolean {
  const content = ({ className, shape }: Annotation) =>
    JSON.stringify([className, shape.kind, shapeVertices(shape).map(({ x, y }) => [x, y])])
  const there = new Set(current.map(content))
  return (annotation) => there.has(content(annotation))
}

/** Keeps ids that are free; in `add` mode, skips annotations that already exist exactly. */
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
