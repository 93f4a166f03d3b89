import { createHash } from 'node:crypto'
import { stat } from 'node:fs/promises'
import { dirname, join, relative, sep } from 'node:path'
import { setImmediate, setTimeout } from 'node:timers/promises'
import { writeFileAtomic } from '#core/atomic-file.ts'
import type { DatasetRepository, StoredDataset } from '#core/cache/dataset-repository.ts'
import type { EditStore, Outcome } from '#core/cache/edit-store.ts'
import type { ImageRepository } from '#core/cache/image-repository.ts'
import type { LabelFileRepository } from '#core/cache/label-file-repository.ts'
import type { CoreEvents, FileChange } from '#core/core-events.ts'
import type { EventBus } from '#core/event-bus.ts'
import {
  firstContact,
  matchIds,
  namedImage,
  readLabelFile,
  writeLabelFile,
} from '#core/formats/label-file-codec.ts'
import { decodeText } from '#core/formats/text.ts'
import { LabelProcess } from '#core/labels/label-process.ts'
import type { Log, StartProcess } from '#core/ports.ts'
import { readRegularFile } from '#core/regular-file.ts'
import { codeOf, toUserError } from '#core/user-error.ts'
import { type Annotation, newId } from '#shared/model/annotation.ts'
import type { AnnotationClass } from '#shared/model/annotation-class.ts'
import { diffAnnotations, isEmptyChangeSet } from '#shared/model/change-set.ts'
import type { DatasetImage, LabelFiles } from '#shared/model/dataset.ts'
import { directoryOf, fileNameOf, joinPath } from '#shared/model/paths.ts'
import { watchFolder } from './folder-watcher.ts'
import { LabelFilePlaces, placeOf } from './label-file-places.ts'
import { yoloNumbering } from './yolo-numbering.ts'

/** Maximum time that waiting files may delay closing the app; other parts close meanwhile. Milliseconds. */
const ENDING_MS = 1_000

/** Of a label file: labelme's may hold the picture. Larger ones are told, and left alone. */
const MOST_BYTES = 64_000_000
/** Longer ones are read in a process of their own: others made them. Characters. */
const MOST_INLINE = 200_000

interface Deps {
  datasets: DatasetRepository
  images: ImageRepository
  edits: EditStore
  labelFiles: LabelFileRepository
  events: EventBus
  coreEvents: CoreEvents
  log: Log
  startProcess: StartProcess
}

const hashOf = (content: string) => createHash('sha256').update(content).digest('hex')

const isFolder = (path: string): Promise<boolean> =>
  stat(path).then(
    (info) => info.isDirectory(),
    () => false,
  )

/** Throws a FormatError if it is not text in a known encoding, because writing it back would change it. */
async function readIfThere(path: string): Promise<string | null> {
  try {
    return decodeText(await readRegularFile(path, MOST_BYTES))
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null
    throw error
  }
}

/**
 * Synced label files. After each edit the image's labels are also written to a file, and another program's changes of
 * the file come back as one undoable edit. The common ancestor is the file as last written; after a crash, its stored
 * revision shows what must still be written.
 */
export class LabelFileSync {
  readonly #deps: Deps
  readonly #places: LabelFilePlaces
  readonly #watches = new Map<string, AsyncDisposable>()
  /** Datasets whose files wait until the images have been read, or are back. */
  readonly #unread = new Set<string>()
  /** By dataset: images whose files were checked, or are queued for it. */
  readonly #seen = new Map<string, Set<string>>()
  /** Images (with their datasets) whose files must be synced; edited ones first. */
  readonly #edited = new Map<string, string>()
  readonly #waiting = new Map<string, string>()
  /** Runs one sync at a time, so that a file is never written twice at once; null: nothing waits. */
  #work: Promise<void> | null = null
  /** The app is closing: after this time nothing new starts. Milliseconds since 1970. */
  #endsAtMs = Number.POSITIVE_INFINITY
  #isClosed = false

  constructor(deps: Deps) {
    this.#deps = deps
    this.#places = new LabelFilePlaces(deps.images, deps.labelFiles)
    deps.events.on((event) => {
      if (event.type === 'images') this.#onImages(event.datasetId, event.upserted)
    })
    deps.coreEvents.on((event) => {
      if (event.type === 'edited' && event.by !== 'label-files') this.#onEdit(event.outcome)
      else if (event.type === 'other-files') this.#onOtherFiles(event.dataset, event.changes)
    })
  }

  /** Queues the label files of edited images. */
  #onEdit({ datasetId, effects, images = [] }: Outcome): void {
    const dataset = this.#deps.datasets.find(datasetId)
    if (!dataset?.labelFiles) return
    for (const { imageId, changes } of effects)
      if (!isEmptyChangeSet(changes)) this.#queue(dataset.id, imageId, this.#edited)
    for (const imageId of images) this.#queue(dataset.id, imageId, this.#edited)
  }

  /**
   * The dataset was opened or moved, or label files were switched on: reads existing files and writes outdated ones.
   */
  async start(datasetId: string): Promise<void> {
    await this.stop(datasetId)
    const dataset = this.#deps.datasets.find(datasetId)
    if (!dataset?.labelFiles) return
    const { folder } = dataset.labelFiles
    if (folder !== null) {
      const watch = await watchFolder(
        folder,
        (changes) => this.#onFiles(datasetId, changes),
        (error) =>
          this.#deps.log.warn('watching label files failed', { folder, error: String(error) }),
      ).catch(() => null)
      if (watch) this.#watches.set(datasetId, watch)
    }
    const ids = this.#deps.images.list(datasetId).map(({ id }) => id)
    this.#seen.set(datasetId, new Set(ids))
    for (const id of ids) this.#queue(datasetId, id)
  }

  /** The dataset was closed, moved or removed. */
  async stop(datasetId: string): Promise<void> {
    this.#places.forget(datasetId)
    this.#seen.delete(datasetId)
    const watch = this.#watches.get(datasetId)
    this.#watches.delete(datasetId)
    await watch?.[Symbol.asyncDispose]()
  }

  /** Files beside the images changed. */
  #onOtherFiles(dataset: StoredDataset, changes: readonly FileChange[]): void {
    if (dataset.labelFiles?.folder === null) this.#onFiles(dataset.id, changes)
  }

  /** New images may have label files; images that waited to be read can be written now. */
  #onImages(datasetId: string, upserted: readonly DatasetImage[]): void {
    const seen = this.#seen.get(datasetId)
    if (!seen) return
    const read = upserted.filter(({ width }) => width !== null)
    const fresh = read.filter(({ id }) => !seen.has(id))
    if (fresh.length > 0) this.#places.forget(datasetId)
    for (const { id } of fresh) {
      seen.add(id)
      this.#queue(datasetId, id)
    }
    for (const { id } of read) if (this.#unread.delete(id)) this.#queue(datasetId, id)
  }

  /** Resolves when everything queued so far is on disk. */
  async idle(): Promise<void> {
    while (this.#work) await this.#work
  }

  /**
   * Writes as much as possible within a second. The rest is written at the next start, because each record stores the
   * revision of its file.
   */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#endsAtMs = Date.now() + ENDING_MS
    await Promise.all([...this.#watches.keys()].map((id) => this.stop(id)))
    const limit = new AbortController()
    await Promise.race([
      this.idle(),
      // A file on a network drive may never finish.
      setTimeout(ENDING_MS, undefined, { signal: limit.signal }).catch(() => {}),
    ])
    limit.abort()
    this.#isClosed = true
  }

  #onFiles(datasetId: string, changes: readonly FileChange[]): void {
    const dataset = this.#deps.datasets.find(datasetId)
    if (!dataset?.labelFiles) return
    for (const { path, kind } of changes) {
      const imageId = this.#places.imageOf(dataset.id, dataset.labelFiles, path)
      // Deleting a label file does not delete labels; the next edit writes it again.
      if (imageId && kind !== 'delete') this.#queue(datasetId, imageId)
    }
  }

  #queue(datasetId: string, imageId: string, queue = this.#waiting): void {
    if (this.#endsAtMs !== Number.POSITIVE_INFINITY) return
    queue.set(imageId, datasetId)
    this.#work ??= this.#run().finally(() => {
      this.#work = null
    })
  }

  async #run(): Promise<void> {
    // Return to the caller first, so that a long queue does not delay it.
    await setImmediate()
    for (;;) {
      const queue = this.#edited.size > 0 ? this.#edited : this.#waiting
      const [next] = queue
      if (!next || Date.now() >= this.#endsAtMs) return
      const [imageId, datasetId] = next
      queue.delete(imageId)
      await this.#syncImage(datasetId, imageId)
    }
  }

  /** Never throws, so that one image's error does not stop the others. */
  async #syncImage(datasetId: string, imageId: string): Promise<void> {
    let file = ''
    try {
      const dataset = this.#deps.datasets.find(datasetId)
      const image = this.#deps.images.find(imageId)
      if (!dataset?.labelFiles || !image || image.problem !== null) return
      // Writing would recreate a folder that was moved away, and the app would take the new one for it.
      const isAway = image.missing || !(await isFolder(dataset.labelFiles.folder ?? dataset.root))
      if (isAway || image.width === null) {
        this.#unread.add(imageId)
        return
      }
      const path = this.#places.fileOf(datasetId, dataset.labelFiles, imageId)
      if (path === null) return
      file = join(dataset.labelFiles.folder ?? dataset.root, path)
      await this.#sync(dataset, dataset.labelFiles, image, path, file)
    } catch (error) {
      if (this.#isClosed) return
      this.#deps.log.error('label file failed', { file, error: String(error) })
      this.#deps.events.publish({
        type: 'notice',
        message: `The label file ${file} is out of sync. ${toUserError(error).message}. The labels are safe in the library.`,
      })
    }
  }

  async #sync(
    dataset: StoredDataset,
    labelFiles: LabelFiles,
    image: DatasetImage,
    path: string,
    file: string,
  ): Promise<void> {
    const { edits, labelFiles: records } = this.#deps
    const place = placeOf(labelFiles)
    const record = records.find(image.id, place)
    const content = await readIfThere(file)
    const changed = content !== null && hashOf(content) !== record?.contentHash
    // What we wrote is ours: it is not looked into again.
    const isOurs = !changed || !(await this.#isAnothers(dataset, labelFiles, image, content))
    if (!isOurs) return
    if (changed) await this.#read(dataset, labelFiles, image, path, file, content)
    // Check only now, because an edit may have happened while the file was read.
    const shown = records.find(image.id, place)?.revision
    const now = edits.annotations(image.id)
    const isBehind = shown === undefined ? now.annotations.length > 0 : shown < now.revision
    if (isBehind) await this.#write(dataset, labelFiles, image, path, file, content)
  }

  /** Ignores a file that names another image of the folder. */
  async #isAnothers(
    dataset: StoredDataset,
    { format }: LabelFiles,
    image: DatasetImage,
    content: string,
  ): Promise<boolean> {
    let name: string | null = null
    try {
      name =
        content.length <= MOST_INLINE
          ? namedImage(format, content)
          : await this.#elsewhere((reader) => reader.named(format, content))
    } catch {
      // The file is unreadable; reading it reports that.
    }
    if (name === null || name === fileNameOf(image.path)) return false
    const path = joinPath(directoryOf(image.path), name)
    return this.#deps.images.findByPath(dataset.id, path) !== null
  }

  async #read(
    dataset: StoredDataset,
    labelFiles: LabelFiles,
    image: DatasetImage,
    path: string,
    file: string,
    content: string,
  ): Promise<void> {
    const { edits, labelFiles: records } = this.#deps
    const place = placeOf(labelFiles)
    const classes = await this.#classes(dataset, labelFiles)
    const { format } = labelFiles
    const size = sizeOf(image)
    const found =
      content.length <= MOST_INLINE
        ? readLabelFile(format, file, content, size, classes)
        : await this.#elsewhere((reader) => reader.labelFile(format, file, content, size, classes))
    const record = records.find(image.id, place)
    const before = edits.annotations(image.id)
    const { base, read } = record
      ? { base: record.base, read: matchIds(labelFiles.format, record.base, found) }
      : firstContact(before.annotations, found)
    // Without local changes since the file was written, the merge result is the file's content.
    const wasShown = record ? record.revision === before.revision : before.annotations.length === 0
    const outcome = edits.commit({
      commitId: newId(),
      imageId: image.id,
      changes: diffAnnotations(base, read),
      label: `Read ${fileNameOf(path)}`,
      origin: 'label_file',
    })
    const revision = wasShown ? outcome.effects[0].revision : (record?.revision ?? 0)
    records.set(image.id, place, { path, contentHash: hashOf(content), base: read, revision })
    this.#deps.coreEvents.publish({ type: 'edited', outcome, by: 'label-files' })
  }

  async #elsewhere<T>(work: (reader: LabelProcess) => Promise<T>): Promise<T> {
    await using reader = new LabelProcess(this.#deps.startProcess)
    return await work(reader)
  }

  async #write(
    dataset: StoredDataset,
    labelFiles: LabelFiles,
    image: DatasetImage,
    path: string,
    file: string,
    previous: string | null,
  ): Promise<void> {
    const { edits, labelFiles: records } = this.#deps
    const { format, folder } = labelFiles
    const { annotations, revision } = edits.annotations(image.id)
    const classes = await this.#classes(dataset, labelFiles)
    const imagePath =
      folder === null
        ? fileNameOf(image.path)
        : relative(dirname(file), join(dataset.root, image.path)).split(sep).join('/')
    const size = sizeOf(image)
    const attempt = (list: readonly Annotation[]) => {
      const labelled = { ...size, annotations: list, stage: image.stage }
      const content = writeLabelFile(format, labelled, classes, imagePath, previous)
      return { list, content, read: readLabelFile(format, file, content, size, classes) }
    }
    const { list, content, read } = readableOf(annotations, attempt)
    if (list.length < annotations.length)
      this.#deps.log.warn('shapes left out of a label file', {
        file,
        count: annotations.length - list.length,
      })
    if (content !== previous) await writeFileAtomic(file, content)
    const base = format === 'yolo' ? withWrittenIds(list, read) : read
    records.set(image.id, placeOf(labelFiles), {
      path,
      contentHash: hashOf(content),
      base,
      revision,
    })
  }

  /** The dataset's classes; for YOLO, in the order of the numbers in its files. */
  async #classes(
    dataset: StoredDataset,
    { format, folder }: LabelFiles,
  ): Promise<AnnotationClass[]> {
    const { classes } = this.#deps.datasets.get(dataset.id)
    return format === 'yolo' ? yoloNumbering(folder ?? dataset.root, classes) : classes
  }
}

function sizeOf({ path, width, height }: DatasetImage) {
  return { path, width: width ?? 0, height: height ?? 0 }
}

/**
 * What can be written and read again: everything, or all except shapes that the format cannot hold (such as shapes of
 * no width). Those stay in the library.
 */
function readableOf<T>(
  annotations: readonly Annotation[],
  attempt: (list: readonly Annotation[]) => T,
): T {
  try {
    return attempt(annotations)
  } catch {
    return attempt(
      annotations.filter((annotation) => {
        try {
          attempt([annotation])
          return true
        } catch {
          return false
        }
      }),
    )
  }
}

/** The lines of a YOLO file follow the order of the annotations that it can hold. */
function withWrittenIds<T extends { id: string; shape: { kind: string } }>(
  written: readonly T[],
  read: readonly T[],
): T[] {
  const held = written.filter(({ shape }) => shape.kind !== 'polyline' && shape.kind !== 'keypoint')
  return read.map((annotation, index) => ({ ...annotation, id: held[index]?.id ?? annotation.id }))
}
