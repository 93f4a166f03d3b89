import { readFile, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { Client } from '#core/api/client.ts'
import { fromWireAnnotation } from '#core/api/wire-annotation.ts'
import { classesOf } from '#core/api/wire-dataset.ts'
import { replaceFile } from '#core/atomic-file.ts'
import type { LossLog } from '#core/formats/loss-log.ts'
import { FORMAT_BY_ID } from '#core/formats/registry.ts'
import type { LabelledImage, LabelSet } from '#core/formats/types.ts'
import { wholeFiles, writeLabels } from '#core/formats/write-labels.ts'
import type { Annotation } from '#shared/model/annotation.ts'
import { withClassNames } from '#shared/model/annotation-class.ts'
import { fileNameOf } from '#shared/model/paths.ts'
import type { DownloadOptions } from '#shared/model/transfer.ts'
import { eachOfExport, orOneByOne } from './dataset-export.ts'
import { type DownloadFacts, type DownloadItem, labelsMode, targetsOf } from './download-plan.ts'
import type { JobContext } from './job.ts'
import { markedAs, type OwnFiles } from './own-files.ts'
import type { SafeFolder } from './safe-folder.ts'

interface Parts {
  context: JobContext
  options: DownloadOptions
  folder: SafeFolder
  own: OwnFiles
  /** Folder for labels until they are written in their format, relative to the download folder. */
  staging: string
  losses: LossLog
}

/** Fetches the labels of a download, together or one by one, and writes them in the requested format. */
export class DownloadLabels {
  readonly #context: JobContext
  readonly #options: DownloadOptions
  readonly #folder: SafeFolder
  readonly #staging: string
  readonly #losses: LossLog
  readonly #own: OwnFiles
  /**
   * Label files that the user changed, and the paths of the service's versions; both relative to the download folder.
   */
  readonly besides: { path: string; beside: string }[] = []
  /** Queue positions of the images whose labels are written. */
  readonly #written = new Set<number>()

  constructor({ context, options, folder, own, staging, losses }: Parts) {
    this.#own = own
    this.#context = context
    this.#options = options
    this.#folder = folder
    this.#staging = staging
    this.#losses = losses
  }

  get isWanted(): boolean {
    return this.#options.what !== 'images_only' || this.#options.layout !== 'files'
  }

  /** Paths of images with an annotation of a wanted class. */
  async pathsWithClasses(): Promise<Set<string>> {
    const { classes } = this.#options
    const paths = new Set<string>()
    await this.#export((path, annotations) => {
      const isOne = annotations.some((value) => {
        const parsed = fromWireAnnotation(value)
        return parsed.ok && classes.includes(parsed.annotation.className)
      })
      if (isOne) paths.add(path)
    })
    return paths
  }

  /** Fetches all annotations in one export if that costs fewer requests than a file each. */
  async fromExport(): Promise<void> {
    if (!this.isWanted) return
    const { transfers, transfer, run, setDoing } = this.#context
    const open = transfers.items<DownloadFacts>(transfer.id, 'waiting')
    const missing: DownloadItem[] = []
    for (const item of open) if (!(await this.#has(item))) missing.push(item)
    const labelled = missing.filter(({ facts }) => facts.count > 0)
    const asPlanned = labelled.map(({ facts }) => ({ annotationCount: facts.count }))
    const dataset = await run((client) => client.datasets.get(transfer.remoteId))
    const isCold = dataset.storage_class === 'coldline'
    if (labelsMode(asPlanned, this.#options, isCold) !== 'export') return
    setDoing('Downloading the annotations as an export')
    const byPath = new Map(missing.map((item) => [item.facts.path, item]))
    await orOneByOne(this.#context, () =>
      this.#export(async (path, annotations) => {
        const item = byPath.get(path)
        if (item) await this.#write(item, annotations)
      }),
    )
  }

  async #export(
    onImage: (path: string, annotations: readonly unknown[]) => void | Promise<void>,
  ): Promise<void> {
    const path = `${this.#staging}/labels.zip`
    const archive = await this.#folder.place(path)
    const mark = this.#folder.markFor(path)
    const request = { archive, mark, includeImages: false, stage: null }
    await eachOfExport(this.#context, request, async ({ name, bytes }) => {
      if (!name.endsWith('.json')) return
      const json = JSON.parse((await bytes()).toString('utf8')) as { annotations?: unknown }
      if (Array.isArray(json.annotations))
        await onImage(name.slice(0, -'.json'.length), json.annotations)
    })
  }

  /** Path of an image's labels in the download folder: temporary until they are written in their format, or final. */
  placeOf({ seq, target }: Pick<DownloadItem, 'seq' | 'target'>): string {
    return this.#options.layout === 'files' ? `${target}.json` : `${this.#staging}/${seq}.json`
  }

  #fileOf(item: Pick<DownloadItem, 'seq' | 'target'>): Promise<string> {
    return this.#folder.place(this.placeOf(item))
  }

  async #has(item: DownloadItem): Promise<boolean> {
    if (this.#options.layout === 'files') return false
    return (await stat(await this.#fileOf(item)).catch(() => null)) !== null
  }

  async #write(item: DownloadItem, annotations: readonly unknown[]): Promise<void> {
    const { classes } = this.#options
    if (!this.isWanted) return
    const kept =
      classes.length === 0
        ? annotations
        : annotations.filter((value) => {
            const parsed = fromWireAnnotation(value)
            return !parsed.ok || classes.includes(parsed.annotation.className)
          })
    const content = `${JSON.stringify({ image: fileNameOf(item.facts.path), annotations: kept }, null, 1)}\n`
    if (this.#options.layout === 'files') await this.#put(this.placeOf(item), content, item.source)
    else await this.#replace(this.placeOf(item), content)
    this.#written.add(item.seq)
  }

  /**
   * Writes a label file to its path, or beside a version that the user changed. `path` is relative to the download
   * folder.
   */
  async #put(path: string, content: string | Uint8Array, remoteId: string): Promise<void> {
    const isThere = async (place: string) => {
      const there = await readFile(await this.#folder.place(place)).catch(() => null)
      return there?.equals(Buffer.from(content)) ?? false
    }
    // Leave an identical file untouched, including its time.
    if (!(await isThere(path))) {
      const place = await this.#own.placeFor(path)
      if (place !== path) this.besides.push({ path, beside: place })
      if (!(await isThere(place))) await this.#replace(place, content)
      await this.#own.keep(place, { remoteId, stamp: 'labels' })
      return
    }
    await this.#own.keep(path, { remoteId, stamp: 'labels' })
  }

  /** Writes to a temporary name like that of a partial image, then renames it. */
  async #replace(path: string, content: string | Uint8Array): Promise<void> {
    const name = basename(await this.#folder.place(path))
    using held = this.#folder.hold(path)
    await replaceFile(held.pathOf(name), content, undefined, held.pathOf(`${name}.part`))
  }

  /** Fetches the labels of one image. */
  async fetch(item: DownloadItem): Promise<void> {
    if (!this.isWanted || this.#written.has(item.seq) || (await this.#has(item))) return
    const { run, signal } = this.#context
    const annotations =
      item.facts.count === 0
        ? []
        : await run((client: Client) =>
            client.annotations.getById(item.source, { signal, retries: 0 }),
          )
    await this.#write(item, annotations)
  }

  /** Writes the label files of the format. The fetched labels stay, because failed images may be retried. */
  async writeFormat(): Promise<void> {
    const { transfers, transfer, run, setDoing } = this.#context
    const { layout } = this.#options
    if (layout === 'files') return
    setDoing('Writing labels')
    const dataset = await run((client) => client.datasets.get(transfer.remoteId))
    const images: LabelledImage[] = []
    const items = [
      ...transfers.items<DownloadFacts>(transfer.id, 'done'),
      ...transfers.items<DownloadFacts>(transfer.id, 'skipped'),
    ].sort((a, b) => a.seq - b.seq)
    const targets = targetsOf(
      items.map(({ facts, source, sizeBytes }) => ({
        ...facts,
        remoteId: source,
        sizeBytes,
        annotationCount: facts.count,
      })),
      { layout: 'files' },
    )
    for (const [index, item] of items.entries()) {
      const size = await this.#sizeOf(item)
      if (!size) {
        this.#losses.add('images without a readable size are left out of the labels', item.title)
        continue
      }
      const { stage, split, tags } = item.facts
      const annotations = await this.#stagedLabels(item)
      const path =
        item.facts.movedFrom === undefined ? targets[index] : markedAs(targets[index], item.target)
      images.push({ path, ...size, stage, split, tags, annotations })
    }
    const names = images.flatMap(({ annotations }) => annotations.map(({ className }) => className))
    const set: LabelSet = {
      name: transfer.name,
      classes: withClassNames(classesOf(dataset), names),
      images,
    }
    const options = { clampToImage: false, vocPixelOrigin: 0 as const }
    for (const { path, content } of wholeFiles(
      writeLabels(FORMAT_BY_ID[layout], set, options, this.#losses),
    ))
      await this.#put(path, content, transfer.remoteId)
  }

  async #stagedLabels(item: DownloadItem): Promise<Annotation[]> {
    const text = await readFile(await this.#fileOf(item), 'utf8').catch(() => '{}')
    const { annotations = [] } = JSON.parse(text) as { annotations?: unknown[] }
    return annotations.flatMap((value) => {
      const parsed = fromWireAnnotation(value)
      if (parsed.ok) return [parsed.annotation]
      this.#losses.add(
        `an annotation cannot be read: ${parsed.field} ${parsed.message}`,
        item.title,
      )
      return []
    })
  }

  async #sizeOf({
    facts,
    target,
  }: DownloadItem): Promise<{ width: number; height: number } | null> {
    if (facts.width && facts.height) return { width: facts.width, height: facts.height }
    const { width, height } = await this.#context.probe(join(this.#folder.root, target))
    return width && height ? { width, height } : null
  }
}
