import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { dirname, join, relative, sep } from 'node:path'
import { writeFileAtomic } from '#core/atomic-file.ts'
import type { DatasetRepository, StoredDataset } from '#core/cache/dataset-repository.ts'
import type { EditStore, Outcome } from '#core/cache/edit-store.ts'
import type { ImageRepository } from '#core/cache/image-repository.ts'
import type { LabelFileRepository } from '#core/cache/label-file-repository.ts'
import type { EventBus } from '#core/event-bus.ts'
import { uniqueStems } from '#core/formats/common.ts'
import {
  labelFileChanges,
  labelFilePath,
  readLabelFile,
  writeLabelFile,
} from '#core/formats/label-file-codec.ts'
import type { Log } from '#core/ports.ts'
import { toUserError } from '#core/user-error.ts'
import { newId } from '#shared/model/annotation.ts'
import { isEmptyChangeSet } from '#shared/model/change-set.ts'
import type { DatasetImage, LabelFiles } from '#shared/model/dataset.ts'
import { fileNameOf } from '#shared/model/paths.ts'
import { type FolderChange, watchFolder } from './folder-watcher.ts'

interface Deps {
  datasets: DatasetRepository
  images: ImageRepository
  edits: EditStore
  labelFiles: LabelFileRepository
  events: EventBus
  log: Log
  /** Tells the windows, and whoever else listens, what an edit did. */
  publish: (outcome: Outcome) => void
}

interface Places {
  /** Absolute label file of each image, and back. */
  fileOf: Map<string, string>
  imageOf: Map<string, string>
}

const hashOf = (content: string) => createHash('sha256').update(content).digest('hex')

async function readIfThere(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null
    throw error
  }
}

/**
 * Label files in step: after each edit the image's labels are also written as a file, and what another
 * program changes there comes back as one undoable edit. The file we last wrote is the common ancestor.
 */
export class LabelFileSync {
  readonly #deps: Deps
  readonly #places = new Map<string, Places>()
  readonly #watches = new Map<string, AsyncDisposable>()
  /** One after another, so that a file is never written twice at once. */
  #work: Promise<void> = Promise.resolve()

  constructor(deps: Deps) {
    this.#deps = deps
  }

  /** The edit's images, if their dataset keeps label files, are written soon. */
  onEdit({ datasetId, effects }: Outcome): void {
    const dataset = this.#deps.datasets.find(datasetId)
    if (!dataset?.labelFiles) return
    for (const { imageId, changes } of effects)
      if (!isEmptyChangeSet(changes)) this.#queue(dataset.id, imageId, true)
  }

  /** The dataset was opened, or label files were switched on: reads what is there, writes what is not. */
  async start(datasetId: string): Promise<void> {
    await this.#unwatch(datasetId)
    const dataset = this.#deps.datasets.get(datasetId)
    this.#places.delete(datasetId)
    if (!dataset.labelFiles) return
    const { folder } = dataset.labelFiles
    if (folder !== null) {
      const watch = await watchFolder(
        folder,
        (changes) => this.#onFiles(datasetId, folder, changes),
        (error) =>
          this.#deps.log.warn('watching label files failed', { folder, error: String(error) }),
      ).catch(() => null)
      if (watch) this.#watches.set(datasetId, watch)
    }
    for (const { id, annotationCount } of this.#deps.images.list(datasetId))
      this.#queue(datasetId, id, annotationCount > 0)
  }

  /** Files beside the images changed. */
  onFiles(dataset: StoredDataset, changes: readonly FolderChange[]): void {
    if (dataset.labelFiles && dataset.labelFiles.folder === null)
      this.#onFiles(dataset.id, dataset.root, changes)
  }

  /** Images that came since the places were worked out may share a stem, or bring labels along. */
  onImages(datasetId: string, upserted: readonly DatasetImage[]): void {
    const places = this.#places.get(datasetId)
    const fresh = upserted.filter(({ id, width }) => width !== null && !places?.fileOf.has(id))
    if (!places || fresh.length === 0) return
    this.#places.delete(datasetId)
    for (const { id } of fresh) this.#queue(datasetId, id, false)
  }

  /** When everything queued so far is on disk. */
  idle(): Promise<void> {
    return this.#work
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#watches.keys()].map((id) => this.#unwatch(id)))
    await this.#work
  }

  async #unwatch(datasetId: string): Promise<void> {
    const watch = this.#watches.get(datasetId)
    this.#watches.delete(datasetId)
    await watch?.[Symbol.asyncDispose]()
  }

  #onFiles(datasetId: string, folder: string, changes: readonly FolderChange[]): void {
    const dataset = this.#deps.datasets.find(datasetId)
    if (!dataset?.labelFiles) return
    const { imageOf } = this.#placesOf(dataset, dataset.labelFiles)
    for (const { path, kind } of changes) {
      const imageId = imageOf.get(join(folder, path))
      // A label file that was deleted is no wish to delete labels; the next edit writes it again.
      if (imageId && kind !== 'delete') this.#queue(datasetId, imageId, false)
    }
  }

  #placesOf(dataset: StoredDataset, { format, folder }: LabelFiles): Places {
    const known = this.#places.get(dataset.id)
    if (known) return known
    const images = this.#deps.images.list(dataset.id)
    const stems = uniqueStems(
      images.map(({ path }) => ({ path, width: 0, height: 0, annotations: [] })),
    )
    const entries = images.map(({ id, path }, index) => {
      const file = join(folder ?? dataset.root, labelFilePath(format, path, stems[index]))
      return [id, file] as const
    })
    const places = {
      fileOf: new Map(entries),
      imageOf: new Map(entries.map(([id, file]) => [file, id])),
    }
    this.#places.set(dataset.id, places)
    return places
  }

  #queue(datasetId: string, imageId: string, write: boolean): void {
    this.#work = this.#work.then(async () => {
      const dataset = this.#deps.datasets.find(datasetId)
      const image = this.#deps.images.find(imageId)
      if (!dataset?.labelFiles || !image || image.width === null || image.height === null) return
      const file = this.#placesOf(dataset, dataset.labelFiles).fileOf.get(imageId)
      if (!file) return
      try {
        await this.#sync(dataset, dataset.labelFiles, image, file, write)
      } catch (error) {
        this.#deps.log.error('label file failed', { file, error: String(error) })
        this.#deps.events.publish({
          type: 'notice',
          message: `The label file ${file} is out of step. ${toUserError(error).message}. The labels are safe in the library.`,
        })
      }
    })
  }

  async #sync(
    dataset: StoredDataset,
    labelFiles: LabelFiles,
    image: DatasetImage,
    file: string,
    write: boolean,
  ): Promise<void> {
    const { edits, labelFiles: records } = this.#deps
    const { format } = labelFiles
    const size = { path: image.path, width: image.width ?? 0, height: image.height ?? 0 }
    const now = await readIfThere(file)
    const stored = records.find(image.id)
    const record = stored?.path === file ? stored : null
    if (now !== null && hashOf(now) !== record?.contentHash) {
      const read = readLabelFile(format, file, now, size, dataset.classes)
      const changes = labelFileChanges(format, record?.base ?? [], read)
      const outcome = edits.commit({
        commitId: newId(),
        imageId: image.id,
        baseRevision: null,
        changes,
        label: `Read ${fileNameOf(file.split(sep).join('/'))}`,
        origin: 'label_file',
      })
      this.#deps.publish(outcome)
      records.set(image.id, { path: file, contentHash: hashOf(now), base: read })
      // Something drawn here as well is not in the file yet.
      if (!write) return
    }
    if (!write) return
    const { annotations } = edits.annotations(image.id)
    const { classes } = this.#deps.datasets.get(dataset.id)
    const imagePath =
      labelFiles.folder === null
        ? fileNameOf(image.path)
        : relative(dirname(file), join(dataset.root, image.path)).split(sep).join('/')
    const labelled = { ...size, annotations, stage: image.stage }
    const content = writeLabelFile(format, labelled, classes, imagePath, now)
    if (content !== now) await writeFileAtomic(file, content)
    if (format === 'yolo') await this.#writeClassNames(dataset, labelFiles)
    const base = readLabelFile(format, file, content, size, classes)
    const written = format === 'yolo' ? withWrittenIds(labelled.annotations, base) : base
    records.set(image.id, { path: file, contentHash: hashOf(content), base: written })
  }

  /** YOLO's numbers mean nothing without the list of names. */
  async #writeClassNames(dataset: StoredDataset, { folder }: LabelFiles): Promise<void> {
    const file = join(folder ?? dataset.root, 'classes.txt')
    const { classes } = this.#deps.datasets.get(dataset.id)
    const content = classes.map(({ name }) => `${name}\n`).join('')
    if ((await readIfThere(file)) !== content) await writeFileAtomic(file, content)
  }
}

/** The lines of a YOLO file stand in the order of the annotations that it can hold. */
function withWrittenIds<T extends { id: string; shape: { kind: string } }>(
  written: readonly T[],
  read: readonly T[],
): T[] {
  const held = written.filter(({ shape }) => shape.kind !== 'polyline' && shape.kind !== 'keypoint')
  return read.map((annotation, index) => ({ ...annotation, id: held[index]?.id ?? annotation.id }))
}
