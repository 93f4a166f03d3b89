import { hash } from 'node:crypto'
import { realpath, stat } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import type { Clock } from '#core/api/retry.ts'
import type { DatasetRepository, StoredDataset } from '#core/cache/dataset-repository.ts'
import type { FileFacts, ImageRepository } from '#core/cache/image-repository.ts'
import type { CoreEvents, FileChange } from '#core/core-events.ts'
import type { EventBus } from '#core/event-bus.ts'
import { mayBeMask } from '#core/formats/label-file-name.ts'
import { makeFolder } from '#core/make-folder.ts'
import { type Facts, probeImage } from '#core/media/probe.ts'
import type { Log } from '#core/ports.ts'
import type { SetAside } from '#core/set-aside.ts'
import { toUserError, UserError } from '#core/user-error.ts'
import type { WorkInHand } from '#core/work-in-hand.ts'
import type { Dataset, LabelFiles } from '#shared/model/dataset.ts'
import { hasImageExtension } from '#shared/model/dataset.ts'
import { confirmGone } from './confirm-gone.ts'
import { describeDataset } from './describe-dataset.ts'
import { areImageFiles, watchFolder } from './folder-watcher.ts'
import { MaskLooks } from './mask-looks.ts'
import { presentImages } from './present-images.ts'
import { fileFacts, scanFolder } from './scan.ts'
import { NO_MASKS, type ScanMasks, withMasks } from './scan-masks.ts'

/** Number of images to read in one transaction and between two checks of the clock. */
const PROBE_BATCH = 64
const PROBE_PARALLEL = 4

/** How long changes must pause before a scan looks for masks among them, and the longest time that it waits. */
const SCAN_PAUSE_MS = 2_000
const LONGEST_PAUSE_MS = 60_000

const SAMPLE_NAME = 'Sample dataset'

interface OpenFolder {
  datasetId: string
  name: string
  root: string
  abort: AbortController
  /** Scans and reads run one after another. */
  work: Promise<void>
  watch: AsyncDisposable | null
  problems: string[]
  masks: ScanMasks
  /** Some pictures lie where masks may lie, so other pictures tell whether they are listed. */
  hasMaskPlaces: boolean
  /** What the system's watcher saw deleted before a scan that has not begun; null: no scan waits. */
  waitingScan: Set<string> | null
  /** The scan that begins when changes pause; `sinceMs`: when the first of them came. */
  soon: { sinceMs: number; abort: AbortController } | null
}

interface Deps {
  datasets: DatasetRepository
  images: ImageRepository
  events: EventBus
  coreEvents: CoreEvents
  log: Log
  inHand: Pick<WorkInHand, 'begin'>
  setAside: SetAside
  clock: Clock
}

/** Local folders as datasets: scanned, read in the background, watched; never written to. */
export class Folders {
  readonly #deps: Deps
  readonly #open = new Map<string, OpenFolder>()
  readonly #maskLooks: MaskLooks

  constructor(deps: Deps) {
    this.#deps = deps
    this.#maskLooks = new MaskLooks((file) => {
      const id = hash('sha1', file)
      if (deps.setAside.isOnly('picture', id)) return null
      return deps.inHand.begin({
        kind: 'picture',
        id,
        name: join(basename(dirname(file)), basename(file)),
      })
    })
  }

  describe(dataset: StoredDataset): Promise<Dataset> {
    return describeDataset(this.#deps.datasets, dataset)
  }

  async list(): Promise<Dataset[]> {
    return Promise.all(this.#deps.datasets.list().map((dataset) => this.describe(dataset)))
  }

  /** Returns the dataset of a folder; creates it if needed. Throws a UserError if the folder cannot be read. */
  async openFolder(path: string, kind: Dataset['kind'] = 'folder'): Promise<Dataset> {
    const root = await this.#folder(path)
    const { datasets } = this.#deps
    const dataset =
      datasets.findByRoot(root) ??
      datasets.create({
        name: kind === 'sample' ? SAMPLE_NAME : basename(root) || root,
        kind,
        root,
        classes: [],
      })
    return this.open(dataset.id)
  }

  /** Rescans the folder and watches it from now on. A missing folder opens with its last known images. */
  async open(datasetId: string): Promise<Dataset> {
    const { datasets, setAside } = this.#deps
    setAside.refuseOnce(
      'folder',
      datasetId,
      'Open it again to retry, or first look for a damaged image or label file in it.',
    )
    datasets.touch(datasetId)
    const dataset = await this.describe(datasets.get(datasetId))
    if (dataset.missing) return dataset
    const folder = this.#open.get(datasetId) ?? this.#start(dataset)
    this.#queueScan(folder)
    return dataset
  }

  /** Points a dataset to its folder's new path. Labels stay with the images' relative paths. */
  async relocate(datasetId: string, path: string): Promise<Dataset> {
    const { datasets } = this.#deps
    const root = await this.#folder(path)
    const other = datasets.findByRoot(root)
    if (other && other.id !== datasetId)
      throw new UserError(
        'folder_taken',
        `${root} is already in the library as "${other.name}". Remove that one first, or open it instead.`,
      )
    await this.close(datasetId)
    datasets.setRoot(datasetId, root)
    return this.open(datasetId)
  }

  async forget(datasetId: string): Promise<void> {
    await this.close(datasetId)
    this.#deps.datasets.remove(datasetId)
  }

  async close(datasetId: string): Promise<void> {
    const folder = this.#open.get(datasetId)
    if (!folder) return
    this.#open.delete(datasetId)
    folder.abort.abort()
    await folder.work
    await folder.watch?.[Symbol.asyncDispose]()
  }

  /** Reads an image before its turn, because it is about to be shown. */
  async ensureRead(imageId: string): Promise<void> {
    const { images, datasets } = this.#deps
    const image = images.get(imageId)
    if (image.remote) return
    if (image.width !== null || image.problem !== null || image.missing) return
    const { root } = datasets.get(image.datasetId)
    const facts = await this.#probe(image, root)
    const upserted = images.setFacts([{ id: imageId, ...facts }])
    this.#deps.events.publish({ type: 'images', datasetId: image.datasetId, upserted })
  }

  /** Resolves when all queued scans and reads are done. */
  async settled(datasetId: string): Promise<void> {
    const folder = this.#open.get(datasetId)
    for (let work = folder?.work; work !== undefined; ) {
      await work
      const now = folder?.work
      work = now === work ? undefined : now
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#open.keys()].map((id) => this.close(id)))
  }

  async setLabelFiles(datasetId: string, labelFiles: LabelFiles | null): Promise<Dataset> {
    const { datasets } = this.#deps
    if (labelFiles?.folder) {
      const folder = resolve(labelFiles.folder)
      await makeFolder(folder).catch((error) => {
        throw toUserError(error, folder)
      })
    }
    datasets.setLabelFiles(datasetId, labelFiles)
    return this.describe(datasets.get(datasetId))
  }

  async #folder(path: string): Promise<string> {
    try {
      const root = await realpath(resolve(path))
      const info = await stat(root)
      if (!info.isDirectory())
        throw new UserError('not_a_folder', `${root} is a file. Choose its folder.`)
      return root
    } catch (error) {
      throw toUserError(error, resolve(path))
    }
  }

  #start(dataset: StoredDataset): OpenFolder {
    const folder: OpenFolder = {
      datasetId: dataset.id,
      name: dataset.name,
      root: dataset.root,
      abort: new AbortController(),
      work: Promise.resolve(),
      watch: null,
      problems: [],
      masks: NO_MASKS,
      hasMaskPlaces: false,
      waitingScan: null,
      soon: null,
    }
    this.#open.set(dataset.id, folder)
    return folder
  }

  #queue(folder: OpenFolder, work: () => Promise<void>): void {
    const inHand = async () => {
      const { datasetId: id, name } = folder
      using _work = this.#deps.inHand.begin({ kind: 'folder', id, name })
      await work()
    }
    folder.work = folder.work.then(inHand).catch((error: unknown) => {
      if (folder.abort.signal.aborted) return
      this.#deps.log.error('folder work failed', { root: folder.root, error: String(error) })
      folder.problems.push(toUserError(error, folder.root).message)
      this.#tell(folder, 'done')
    })
  }

  /** Changes that come while a scan waits need no other scan. */
  #queueScan(folder: OpenFolder, deleted: Iterable<string> = []): void {
    if (folder.waitingScan) {
      for (const path of deleted) folder.waitingScan.add(path)
      return
    }
    const allDeleted = new Set(deleted)
    folder.waitingScan = allDeleted
    this.#queue(folder, async () => {
      folder.waitingScan = null
      folder.soon?.abort.abort()
      folder.soon = null
      folder.problems = []
      // Start watching before scanning, so that no change is missed in between.
      folder.watch ??= await this.#watch(folder)
      await this.#scan(folder, allDeleted)
      await this.#readImages(folder)
      this.#tell(folder, 'done')
    })
  }

  /**
   * Scans when changes pause, or at the latest after a while: whether a picture is a mask is only known together with the
   * others, and a scan for each of many changes would take too long.
   */
  #scanSoon(folder: OpenFolder): void {
    const { clock, log } = this.#deps
    const now = clock.now()
    folder.soon?.abort.abort()
    const soon = { sinceMs: folder.soon?.sinceMs ?? now, abort: new AbortController() }
    folder.soon = soon
    const waitMs = Math.min(SCAN_PAUSE_MS, Math.max(0, soon.sinceMs + LONGEST_PAUSE_MS - now))
    clock
      .sleep(waitMs, AbortSignal.any([soon.abort.signal, folder.abort.signal]))
      .then(() => this.#queueScan(folder))
      .catch((error: unknown) => {
        if (!soon.abort.signal.aborted && !folder.abort.signal.aborted)
          log.error('a scan did not begin', { root: folder.root, error: String(error) })
      })
  }

  async #watch(folder: OpenFolder): Promise<AsyncDisposable | null> {
    const lost = (error: unknown) => {
      this.#deps.log.warn('watching failed', { root: folder.root, error: String(error) })
      this.#deps.events.publish({
        type: 'notice',
        message: `Changes in ${folder.root} don’t show up automatically, because the system can’t watch it. Open the folder again to see them.`,
      })
    }
    try {
      return await watchFolder(folder.root, (changes) => this.#onChanges(folder, changes), lost)
    } catch (error) {
      lost(error)
      return null
    }
  }

  async #scan(folder: OpenFolder, deleted: ReadonlySet<string>): Promise<void> {
    // Those that are not found again are gone.
    const known = await presentImages(this.#deps.images, folder.datasetId, folder.abort.signal)
    this.#tell(folder, 'scanning')
    let masks = NO_MASKS
    let hasMaskPlaces = false
    const options = {
      signal: folder.abort.signal,
      looks: this.#maskLooks,
      parallel: this.#parallel,
      // What somebody did on a mask stays in sight.
      imagesOf: (paths: readonly string[]) => this.#deps.images.workedOn(folder.datasetId, paths),
    }
    for await (const batch of scanFolder(folder.root, options)) {
      folder.problems.push(...batch.problems)
      for (const { path } of batch.files) known.delete(path)
      this.#upsert(folder, batch.files)
      masks = withMasks(masks, batch.masks)
      hasMaskPlaces ||= batch.masks.length > 0 || batch.files.some(({ path }) => mayBeMask(path))
      this.#leaveOut(folder, batch.masks, known)
      this.#tell(folder, 'scanning')
    }
    folder.masks = masks
    folder.hasMaskPlaces = hasMaskPlaces
    if (folder.abort.signal.aborted) return
    await this.#markGone(folder, [...known.keys()], known, deleted)
  }

  /** Masks that were listed before they were known as masks are listed no more. Their files need not be gone for that. */
  #leaveOut(folder: OpenFolder, masks: readonly string[], known: Map<string, string>): void {
    const ids = masks.flatMap((path) => known.get(path) ?? [])
    for (const path of masks) known.delete(path)
    if (ids.length > 0) this.#publish(folder, this.#deps.images.markMissing(ids))
  }

  /** Marks images as missing only if their absence is certain; what cannot be checked now stays unchanged. */
  async #markGone(
    folder: OpenFolder,
    paths: readonly string[],
    known: ReadonlyMap<string, string>,
    deleted?: ReadonlySet<string>,
  ): Promise<void> {
    const { gone, problem } = await confirmGone(folder.root, paths, deleted)
    if (folder.abort.signal.aborted) return
    if (problem !== null) folder.problems.push(problem)
    const ids = gone.flatMap((path) => known.get(path) ?? [])
    if (ids.length > 0) this.#publish(folder, this.#deps.images.markMissing(ids))
  }

  #upsert(folder: OpenFolder, files: readonly FileFacts[]): void {
    const upserted = this.#deps.images.upsertFiles(folder.datasetId, files)
    if (upserted.length > 0) this.#publish(folder, upserted)
  }

  /** Pictures read at the same time; after a crash one, so that the one that causes another crash is known. */
  get #parallel(): number {
    return this.#deps.setAside.isAfterCrash ? 1 : PROBE_PARALLEL
  }

  async #readImages(folder: OpenFolder): Promise<void> {
    const { images } = this.#deps
    for (;;) {
      const unread = images.unread(folder.datasetId, PROBE_BATCH)
      if (unread.length === 0 || folder.abort.signal.aborted) return
      const queue = unread.values()
      const facts: Parameters<ImageRepository['setFacts']>[0][number][] = []
      const readSome = async () => {
        for (const { id, path } of queue)
          facts.push({ id, ...(await this.#probe({ id, path }, folder.root)) })
      }
      await Promise.all(Array.from({ length: this.#parallel }, readSome))
      if (folder.abort.signal.aborted) return
      this.#publish(folder, images.setFacts(facts))
      this.#tell(folder, 'reading')
    }
  }

  /** Reads a picture; one that alone was being read when the app crashed is not read again. */
  async #probe({ id, path }: { id: string; path: string }, root: string): Promise<Facts> {
    const { inHand, setAside } = this.#deps
    if (setAside.isOnly('picture', id))
      return { width: null, height: null, problem: setAside.pictureProblem }
    using _work = inHand.begin({ kind: 'picture', id, name: path })
    return await probeImage(join(root, path))
  }

  #onChanges(folder: OpenFolder, changes: FileChange[]): void {
    if (folder.abort.signal.aborted) return
    const dataset = this.#deps.datasets.find(folder.datasetId)
    if (!dataset) return
    const others = changes.filter(({ path }) => !hasImageExtension(path))
    if (others.length > 0)
      this.#deps.coreEvents.publish({ type: 'other-files', dataset, changes: others })
    const relevant = changes.filter(
      ({ path }) => hasImageExtension(path) || !/\.[a-z0-9]+$/i.test(path),
    )
    if (relevant.length === 0) return
    const deleted = new Set(relevant.flatMap(({ path, kind }) => (kind === 'delete' ? [path] : [])))
    if (!areImageFiles(relevant)) {
      this.#queueScan(folder, deleted)
      return
    }
    const paths = [...new Set(relevant.map(({ path }) => path))]
    this.#queue(folder, async () => {
      await this.#takeFiles(folder, paths, deleted)
      await this.#readImages(folder)
      this.#tell(folder, 'done')
    })
  }

  /** Lists new and changed files at once. Only a scan can tell masks, so new files that may be masks wait for it. */
  async #takeFiles(
    folder: OpenFolder,
    paths: readonly string[],
    deleted: ReadonlySet<string>,
  ): Promise<void> {
    const listed = this.#deps.images.presentAt(folder.datasetId, paths)
    const present: FileFacts[] = []
    const absent = new Map<string, string>()
    let mayChangeMasks = false
    for (const path of paths) {
      const facts = await fileFacts(folder.root, path)
      const id = listed.get(path)
      if (facts && (id !== undefined || !mayBeMask(path))) present.push(facts)
      if (!facts && id !== undefined) absent.set(path, id)
      const comesOrGoes = (facts === null) !== (id === undefined)
      mayChangeMasks ||= mayBeMask(path) || (folder.hasMaskPlaces && comesOrGoes)
    }
    this.#upsert(folder, present)
    await this.#markGone(folder, [...absent.keys()], absent, deleted)
    if (mayChangeMasks) this.#scanSoon(folder)
  }

  #publish(
    folder: OpenFolder,
    upserted: Extract<Parameters<EventBus['publish']>[0], { type: 'images' }>['upserted'],
  ): void {
    this.#deps.events.publish({ type: 'images', datasetId: folder.datasetId, upserted })
  }

  #tell(folder: OpenFolder, state: 'scanning' | 'reading' | 'done'): void {
    const { found, unread } = this.#deps.images.count(folder.datasetId)
    this.#deps.events.publish({
      type: 'scan',
      datasetId: folder.datasetId,
      state,
      found,
      read: found - unread,
      problems: folder.problems,
      masks: folder.masks,
    })
  }
}
