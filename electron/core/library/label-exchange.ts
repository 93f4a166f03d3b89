import { resolve } from 'node:path'
import type { CoreEvents } from '#core/core-events.ts'
import { LossLog } from '#core/formats/loss-log.ts'
import { LabelProcess } from '#core/labels/label-process.ts'
import type { StartProcess } from '#core/ports.ts'
import type { Store } from '#core/store.ts'
import type { WorkInHand } from '#core/work-in-hand.ts'
import type { Works } from '#core/works.ts'
import type { FoundLabels } from '#shared/contract/formats.ts'
import { BegunExports } from './begun-exports.ts'
import { type ExportJob, type ExportStep, runExport } from './export-job.ts'
import { ImportPlans } from './import-plans.ts'
import { hasLabelInput } from './label-input.ts'
import { labelSetOf, type Selection } from './label-set.ts'
import { presentImages } from './present-images.ts'

/** Which images to export with their labels, and in which format. */
type ExportWish = Selection &
  Pick<ExportJob, 'folder' | 'format' | 'images' | 'options'> & { datasetId: string }

/** Imports labels from other tools' formats, and exports them. */
export class LabelExchange {
  readonly #store: Store
  readonly #works: Works
  readonly #startProcess: StartProcess
  readonly imports: ImportPlans
  readonly #begun: BegunExports

  constructor({
    store,
    coreEvents,
    works,
    startProcess,
    inHand,
  }: {
    store: Store
    coreEvents: CoreEvents
    works: Works
    startProcess: StartProcess
    inHand: Pick<WorkInHand, 'begin'>
  }) {
    const { datasets, images, edits, labelExtras } = store
    this.#store = store
    this.#begun = new BegunExports(store.settings)
    this.#works = works
    this.#startProcess = startProcess
    this.imports = new ImportPlans({
      datasets,
      images,
      edits,
      labelExtras,
      works,
      startProcess,
      inHand,
      publish: (outcome) => coreEvents.publish({ type: 'edited', outcome, by: 'person' }),
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.imports[Symbol.asyncDispose]()
  }

  /** Counts the label files in a dataset's folder, in a process of its own. Empty if there are none. */
  async find(datasetId: string, signal?: AbortSignal): Promise<FoundLabels> {
    const { datasets, images } = this.#store
    const { root, remote } = datasets.get(datasetId)
    if (remote || !(await hasLabelInput(root, signal)) || signal?.aborted) return []
    await using reader = new LabelProcess(this.#startProcess, signal)
    const present = await presentImages(images, datasetId, signal)
    await reader.know(
      [...present.keys()].map((path) => ({ path, width: null, height: null, file: null })),
    )
    return await reader.count(root)
  }

  /** Deletes temporary files of exports that an earlier run did not end. Throws the system's error. */
  sweep(): Promise<void> {
    return this.#begun.sweep()
  }

  /** Throws a UserError if there is nothing to export, or the folder cannot be written. */
  export(wish: ExportWish, signal: AbortSignal | undefined): AsyncGenerator<ExportStep> {
    const losses = new LossLog()
    const { set, files } = labelSetOf(this.#store, wish.datasetId, wish, losses)
    const { folder, format, images, options } = wish
    this.#store.settings.set('lastExportFolder', folder)
    const work = {
      datasetId: wish.datasetId,
      label: `Export to ${folder}`,
      ifCutOff: `The export to ${folder} is not complete, because the app ended. Export again: each file in the folder is whole, and is replaced.`,
    }
    const job = { set, files, folder, format, images, options }
    return this.#works.follow(work, signal, (stop) => this.#run(job, losses, stop))
  }

  async *#run(job: ExportJob, losses: LossLog, signal: AbortSignal): AsyncGenerator<ExportStep> {
    using begun = this.#begun.begin(resolve(job.folder))
    yield* runExport({ ...job, mark: begun.mark }, losses, signal)
  }
}
