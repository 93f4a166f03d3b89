import { createWriteStream } from 'node:fs'
import { readFile, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { type Client, getStorage, isExpired, type StorageBody } from '#core/api/client.ts'
import { fromWireAnnotation, toWireAnnotation } from '#core/api/wire-annotation.ts'
import { classesOf } from '#core/api/wire-dataset.ts'
import { writeFileAtomic } from '#core/atomic-file.ts'
import type { TransferItem } from '#core/cache/transfer-repository.ts'
import { LossLog } from '#core/formats/loss-log.ts'
import { FORMAT_BY_ID } from '#core/formats/registry.ts'
import type { LabelledImage, LabelSet } from '#core/formats/types.ts'
import { loadSharp } from '#core/media/load-sharp.ts'
import { toUserError } from '#core/user-error.ts'
import type { ZipEntry } from '#core/zip-file.ts'
import type { Annotation } from '#shared/model/annotation.ts'
import { withClassNames } from '#shared/model/annotation-class.ts'
import { counted } from '#shared/model/counted.ts'
import { fileNameOf } from '#shared/model/paths.ts'
import { type DownloadOptions, downloadOptionsSchema } from '#shared/model/transfer.ts'
import { runPool } from './concurrency.ts'
import { eachOfExport, forgetExports } from './dataset-export.ts'
import {
  type DownloadFacts,
  isExportWorthIt,
  LISTING_LIMIT,
  labelsMode,
  type PlannedImage,
  packsWholeStages,
  targetsOf,
  wantedImages,
} from './download-plan.ts'
import {
  BrokenFileError,
  type FetchedFile,
  fetchFile,
  SMALL_BYTES,
  writeWhole,
} from './fetch-file.ts'
import type { JobContext } from './job.ts'
import { SafeFolder } from './safe-folder.ts'
import { isWhole, isWholeImage } from './whole-image.ts'

type Item = TransferItem<DownloadFacts>

/** Tries of one file before it counts as failed; what is general (no network) does not count. */
const ATTEMPTS = 8
/** Files taken from the queue at a time, and written back together. */
const QUEUE = 200
const STAGES = ['new', 'annotate', 'review', 'complete'] as const
/** What a file costs besides its bytes, as bytes, for the controller. */
const FILE_COST = 20_000
/** A part larger than this is worth a note of where it can go on after a crash. Bytes. */
const NOTED_BYTES = 1_000_000

/** Where labels lie until they are written in their format; below the folder. */
const stagingOf = (id: string) => `.pictograph-${id.slice(0, 8)}`

/** Whether an image can be decoded to its end. What no decoder is here for counts as whole. */
async function decodes(title: string, bytes: Buffer): Promise<boolean> {
  try {
    const sharp = await loadSharp()
    const input = sharp(bytes, { limitInputPixels: false, failOn: 'truncated' })
    const { format, compression } = await input.metadata()
    if (format === 'heif' && compression !== 'av1') return true
    await input.stats()
    return true
  } catch {
    return /\.(bmp|hei[cf])$/i.test(title)
  }
}

/** By what a file that was fetched is known to be the service's as it is now. */
const stampOf = ({ source, sizeBytes, facts }: Item) =>
  `${source} ${sizeBytes} ${facts.createdAtMs}`

/** A dataset, or a part of it, onto this disk. Run again it goes on where it ended. */
export class DownloadJob {
  readonly #context: JobContext
  readonly #options: DownloadOptions
  readonly #folder: SafeFolder
  #addresses: ReadonlyMap<string, string> = new Map()
  #renewing: Promise<void> | null = null
  readonly #losses = new LossLog()

  constructor(context: JobContext) {
    this.#context = context
    this.#options = downloadOptionsSchema.parse(context.transfer.options)
    this.#folder = new SafeFolder(context.transfer.place)
  }

  async run(): Promise<string[]> {
    const context = this.#context
    await this.#folder.place('folder')
    // Neither list needs the other.
    const addresses = this.#wantsImages ? this.#renewAddresses() : Promise.resolve()
    addresses.catch(() => {})
    if (!context.transfer.isPlanned) await this.#plan()
    if (this.#wantsLabels) await this.#labelsFromExport()
    await addresses
    // What has an address first: the rest takes a while to be packed.
    if (this.#wantsImages) {
      await this.#fetchAll((item) => this.#addresses.has(item.source))
      await this.#imagesFromExport()
    }
    await this.#fetchAll(() => true)
    const { files } = context.transfers.counts(context.transfer.id)
    if (this.#options.layout !== 'files') {
      context.setDoing('Writing labels')
      await this.#writeFormat()
    }
    return this.#report(files.skipped)
  }

  /** Nothing half-done stays. */
  async clean(): Promise<void> {
    const { transfers, transfer } = this.#context
    for (const state of ['waiting', 'failed'] as const)
      for (const { target } of transfers.items<DownloadFacts>(transfer.id, state))
        await rm(`${join(this.#folder.root, target)}.part`, { force: true })
    await forgetExports(this.#context, this.#staging)
    await rm(this.#staging, { recursive: true, force: true })
  }

  get #wantsImages(): boolean {
    return this.#options.what !== 'annotations_only'
  }

  get #wantsLabels(): boolean {
    return this.#options.what !== 'images_only' || this.#options.layout !== 'files'
  }

  get #staging(): string {
    return join(this.#folder.root, stagingOf(this.#context.transfer.id))
  }

  async #plan(): Promise<void> {
    const { transfers, transfer, run, signal, setDoing } = this.#context
    setDoing('Listing the images')
    let images = await run((client) =>
      wantedImages(client, transfer.remoteId, this.#options, signal),
    )
    if (this.#options.classes.length > 0) {
      setDoing('Looking for the classes')
      const having = await this.#pathsWithClasses()
      images = images.filter(({ path }) => having.has(path))
    }
    const targets = targetsOf(images, this.#options)
    const itemOf = (image: PlannedImage, seq: number) => ({
      seq,
      source: image.remoteId,
      target: targets[seq],
      title: image.path,
      state: 'waiting' as const,
      sizeBytes: this.#wantsImages ? image.sizeBytes : 0,
      facts: {
        path: image.path,
        count: image.annotationCount,
        width: image.width,
        height: image.height,
        stage: image.stage,
        split: image.split,
        tags: image.tags,
        createdAtMs: image.createdAtMs,
      } satisfies DownloadFacts,
    })
    // One after the other: a large dataset's would otherwise be held twice.
    const items = function* () {
      for (const [seq, image] of images.entries()) yield itemOf(image, seq)
    }
    transfers.addItems(transfer.id, items())
    transfers.setPlanned(transfer.id)
  }

  /** Paths of images that have an annotation of a wanted class. */
  async #pathsWithClasses(): Promise<Set<string>> {
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

  /** All annotations in a handful of requests, where that costs less than a file each. */
  async #labelsFromExport(): Promise<void> {
    const { transfers, transfer, run, setDoing } = this.#context
    const open = transfers.items<DownloadFacts>(transfer.id, 'waiting')
    const missing: Item[] = []
    for (const item of open) if (!(await this.#hasLabels(item))) missing.push(item)
    const labelled = missing.filter(({ facts }) => facts.count > 0)
    const asPlanned = labelled.map(({ facts }) => ({ annotationCount: facts.count }))
    const dataset = await run((client) => client.datasets.get(transfer.remoteId))
    const isCold = dataset.storage_class === 'coldline'
    if (labelsMode(asPlanned as never, this.#options, isCold) !== 'export') return
    setDoing('Fetching the annotations as an export')
    const byPath = new Map(missing.map((item) => [item.facts.path, item]))
    await this.#orOneByOne(() =>
      this.#export(async (path, annotations) => {
        const item = byPath.get(path)
        if (item) await this.#writeLabels(item, annotations)
      }),
    )
  }

  /** What a plan or a role without exports does not give comes one by one afterwards; other faults are the job's. */
  async #orOneByOne(work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      if (this.#context.isGeneral(error) || this.#context.signal.aborted) throw error
      this.#context.log.warn('no export', { error: String(error) })
    }
  }

  async #export(
    onImage: (path: string, annotations: readonly unknown[]) => void | Promise<void>,
  ): Promise<void> {
    const archive = join(this.#staging, 'labels.zip')
    const request = { archive, includeImages: false, stages: null }
    await eachOfExport(this.#context, request, async ({ name, bytes }) => {
      if (!name.endsWith('.json')) return
      const json = JSON.parse((await bytes()).toString('utf8')) as { annotations?: unknown }
      if (Array.isArray(json.annotations))
        await onImage(name.slice(0, -'.json'.length), json.annotations)
    })
  }

  /**
   * Images for which the listing has no address: where there are many, packed by the service. Each by itself would
   * cost a request, and a large dataset days of them.
   */
  async #imagesFromExport(): Promise<void> {
    const { run, transfer, transfers, settle, setDoing, requestsLeft } = this.#context
    // Only some images of a stage: most of its archive would be for nothing.
    if (!packsWholeStages(this.#options)) return
    const missing = new Map<string, Item>()
    for (const item of transfers.each<DownloadFacts>(transfer.id, 'waiting'))
      if (!this.#addresses.has(item.source) && !(await this.#isThere(item, stampOf(item))))
        missing.set(item.facts.path, item)
    const stages = new Set([...missing.values()].map(({ facts }) => facts.stage))
    const packed = missing.size + stages.size * LISTING_LIMIT
    if (!isExportWorthIt({ missing: missing.size, packed, requestsLeft: requestsLeft() })) return
    const dataset = await run((client) => client.datasets.get(transfer.remoteId))
    if (dataset.storage_class === 'coldline') return
    setDoing('Fetching images as an export')
    const archive = join(this.#staging, 'images.zip')
    const request = { archive, includeImages: true, stages: [...stages] }
    const unpack = async (entry: ZipEntry) => {
      const item = missing.get(entry.name)
      if (!item) return
      const stamp = stampOf(item)
      const kept = await this.#unpack(item, entry)
      if (!kept) return
      const file = await this.#folder.place(item.target)
      this.#context.keep({ file, ...kept, remoteId: item.source, stamp })
      if (this.#wantsLabels && !this.#labelled.has(item.seq)) await this.#fetchLabels(item)
      settle({ seq: item.seq, state: 'done', sizeBytes: kept.sizeBytes })
    }
    await this.#orOneByOne(() =>
      // One that cannot be unpacked is left waiting, and is fetched by itself: there its fault is told.
      eachOfExport(this.#context, request, (entry) => this.#orOneByOne(() => unpack(entry))),
    )
    this.#context.flush()
  }

  /** One image of an archive, to its place. null: it is not whole, and is fetched by itself. */
  async #unpack(item: Item, entry: ZipEntry): Promise<FetchedFile | null> {
    const file = await this.#folder.place(item.target)
    const judge = (bytes: Buffer) => decodes(item.target, bytes)
    if (entry.sizeBytes <= SMALL_BYTES) {
      const bytes = await entry.bytes()
      return (await isWhole([bytes], judge)) ? writeWhole(file, [bytes]) : null
    }
    const part = `${file}.part`
    await rm(part, { recursive: true, force: true })
    await pipeline(await entry.stream(), createWriteStream(part, { flags: 'wx' }), {
      signal: this.#context.signal,
    })
    if (!(await isWholeImage(part, judge))) {
      await rm(part, { force: true })
      return null
    }
    await rename(part, file)
    const { size, mtimeMs } = await stat(file)
    return { sizeBytes: size, modifiedAtMs: mtimeMs }
  }

  /** The file that holds an image's labels, while they wait for their format or for good. */
  async #labelFile({ seq, target }: Pick<Item, 'seq' | 'target'>): Promise<string> {
    return this.#options.layout === 'files'
      ? this.#folder.place(`${target}.json`)
      : join(this.#staging, `${seq}.json`)
  }

  async #hasLabels(item: Item): Promise<boolean> {
    if (this.#options.layout === 'files') return false
    return (await stat(await this.#labelFile(item)).catch(() => null)) !== null
  }

  async #writeLabels(item: Item, annotations: readonly unknown[]): Promise<void> {
    const { classes, what } = this.#options
    if (what === 'images_only' && this.#options.layout === 'files') return
    const kept =
      classes.length === 0
        ? annotations
        : annotations.filter((value) => {
            const parsed = fromWireAnnotation(value)
            return !parsed.ok || classes.includes(parsed.annotation.className)
          })
    const file = await this.#labelFile(item)
    const content = `${JSON.stringify({ image: fileNameOf(item.facts.path), annotations: kept }, null, 1)}\n`
    this.#labelled.add(item.seq)
    // What is the same is left as it is, with its time.
    if ((await readFile(file, 'utf8').catch(() => null)) === content) return
    await writeFileAtomic(file, content)
  }

  readonly #labelled = new Set<number>()

  /** Signed addresses of the images, fresh. */
  #renewAddresses(): Promise<void> {
    this.#renewing ??= this.#readAddresses().finally(() => {
      this.#renewing = null
    })
    return this.#renewing
  }

  async #readAddresses(): Promise<void> {
    const { run, transfer, signal, setDoing } = this.#context
    setDoing('Asking for addresses')
    const ask = (status?: string) =>
      run((client) =>
        client.datasets.downloadListing(transfer.remoteId, {
          mode: 'images_only',
          signal,
          ...(status && { status }),
        }),
      )
    const fresh = new Map<string, string>()
    const read = async (status?: string) => {
      const { items } = await ask(status)
      for (const { id, image_url } of items) if (image_url) fresh.set(id, image_url)
      return items.length
    }
    // Exactly that many means that there are more: each stage has a list of its own.
    if ((await read()) >= LISTING_LIMIT) for (const stage of STAGES) await read(stage)
    // The old ones serve until all of the new ones are here.
    this.#addresses = fresh
  }

  async #fetchAll(isDue: (item: Item) => boolean): Promise<void> {
    const { transfers, transfer, concurrency, signal, setDoing, onActive } = this.#context
    setDoing('Fetching')
    let queue: Item[] = []
    let last = -1
    const next = (): Item | null => {
      while (queue.length === 0) {
        const page = transfers.items<DownloadFacts>(transfer.id, 'waiting', {
          limit: QUEUE,
          after: last,
        })
        if (page.length === 0) return null
        last = page.at(-1)?.seq ?? last
        queue = page.filter(isDue)
      }
      return queue.shift() ?? null
    }
    await runPool(next, (item) => this.#fetchOne(item), concurrency, signal, onActive)
    signal.throwIfAborted()
    this.#context.flush()
  }

  async #fetchOne(item: Item): Promise<void> {
    const { signal, isGeneral, settle } = this.#context
    const stamp = stampOf(item)
    let isAgain = false
    // Once it is here it is not fetched again for its labels' sake.
    let image: 'same' | 'fetched' | null = this.#wantsImages ? null : 'fetched'
    for (let attempt = 1; ; attempt++) {
      try {
        image ??= await this.#fetchImage(item, stamp, isAgain)
        if (this.#wantsLabels && !this.#labelled.has(item.seq)) await this.#fetchLabels(item)
        settle({
          seq: item.seq,
          state: image === 'same' ? 'skipped' : 'done',
          sizeBytes: item.sizeBytes,
        })
        this.#context.concurrency.onDone(item.sizeBytes + FILE_COST)
        return
      } catch (error) {
        if (signal.aborted) return
        isAgain = true
        this.#context.concurrency.onError()
        if (isGeneral(error)) {
          await this.#context.pauseFor(error)
          attempt--
          continue
        }
        if (isExpired(error) && this.#wantsImages && attempt < ATTEMPTS) {
          await this.#renewAddresses()
          continue
        }
        if (attempt < ATTEMPTS && this.#context.isPassing(error)) continue
        if (attempt < ATTEMPTS && error instanceof BrokenFileError) continue
        settle({ seq: item.seq, state: 'failed', problem: toUserError(error).message })
        return
      }
    }
  }

  /**
   * Whether the file is there already: as it is on the service, since an earlier download; or since this one, when
   * the app ended before that was noted.
   */
  async #isThere(item: Item, stamp: string): Promise<'same' | 'fetched' | null> {
    const { transfers, transfer } = this.#context
    if (!this.#folder.wasThere(item.target)) return null
    const target = await this.#folder.place(item.target)
    const there = await stat(target).catch(() => null)
    if (!there?.isFile()) return null
    const known = transfers.downloaded(target)
    if (!known)
      return there.mtimeMs >= transfer.createdAtMs && there.size === item.sizeBytes
        ? 'fetched'
        : null
    const isSame =
      known.stamp === stamp &&
      known.sizeBytes === there.size &&
      known.modifiedAtMs === there.mtimeMs
    return isSame ? 'same' : null
  }

  async #fetchImage(item: Item, stamp: string, isAgain: boolean): Promise<'same' | 'fetched'> {
    const { transfers, signal, onBytes } = this.#context
    const target = await this.#folder.place(item.target)
    const found = await this.#isThere(item, stamp)
    if (found) return found
    const { sizeBytes, modifiedAtMs } = await fetchFile({
      target,
      mayHavePart: isAgain || this.#folder.wasThere(`${item.target}.part`),
      expectedBytes: item.sizeBytes,
      etag: item.facts.etag ?? null,
      open: (fromByte, etag) => this.#open(item, fromByte, etag),
      decodes: (bytes) => decodes(item.target, bytes),
      onBytes,
      onEtag: (etag) => {
        item.facts = { ...item.facts, etag }
        if (item.sizeBytes > NOTED_BYTES)
          transfers.setItems(this.#context.transfer.id, [
            { seq: item.seq, state: 'waiting', facts: item.facts },
          ])
      },
      signal,
    })
    item.sizeBytes = sizeBytes
    this.#context.keep({ file: target, remoteId: item.source, stamp, sizeBytes, modifiedAtMs })
    return 'fetched'
  }

  async #open(item: Item, fromByte: number, etag: string | null): Promise<StorageBody> {
    const { aside, run, signal } = this.#context
    const address = this.#addresses.get(item.source)
    if (address !== undefined)
      return aside((client) =>
        getStorage(client.http.dispatcher, address, { signal, fromByte, etag }),
      )
    // Beyond what the listing gives addresses for: from the service itself, from the beginning.
    const { body, sizeBytes } = await run((client) =>
      client.images.bytesById(item.source, { signal }),
    )
    return { body, sizeBytes, status: 200, etag: null }
  }

  async #fetchLabels(item: Item): Promise<void> {
    if (await this.#hasLabels(item)) return
    const { run, signal } = this.#context
    const annotations =
      item.facts.count === 0
        ? []
        : await run((client: Client) =>
            client.annotations.readById(item.source, { signal, retries: 0 }),
          )
    await this.#writeLabels(item, annotations.map(toWireAnnotation))
  }

  /** The label files of the format, from the labels that were fetched, which stay: what failed may be tried again. */
  async #writeFormat(): Promise<void> {
    const { transfers, transfer, run } = this.#context
    const { layout } = this.#options
    if (layout === 'files') return
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
        thumbnailUrl: null,
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
      images.push({ path: targets[index], ...size, stage, split, tags, annotations })
    }
    const names = images.flatMap(({ annotations }) => annotations.map(({ className }) => className))
    const set: LabelSet = {
      name: transfer.name,
      classes: withClassNames(classesOf(dataset), names),
      images,
    }
    const options = { clampToImage: false, vocPixelOrigin: 0 as const }
    for (const { path, content } of FORMAT_BY_ID[layout].export(set, options, this.#losses))
      await writeFileAtomic(await this.#folder.place(path), content)
  }

  async #stagedLabels(item: Item): Promise<Annotation[]> {
    const text = await readFile(await this.#labelFile(item), 'utf8').catch(() => '{}')
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

  async #sizeOf({ facts, target }: Item): Promise<{ width: number; height: number } | null> {
    if (facts.width && facts.height) return { width: facts.width, height: facts.height }
    const { width, height } = await this.#context.probe(join(this.#folder.root, target))
    return width && height ? { width, height } : null
  }

  #report(skipped: number): string[] {
    const { transfers, transfer } = this.#context
    const renamed: { from: string; to: string }[] = []
    if (this.#options.layout === 'files')
      for (const { target, facts } of transfers.each<DownloadFacts>(transfer.id, null))
        if (target !== facts.path) renamed.push({ from: facts.path, to: target })
    return [
      ...(skipped > 0
        ? [`${counted(skipped, 'file')} had not changed and were left as they are`]
        : []),
      ...renamed.slice(0, 20).map(({ from, to }) => `“${from}” is called “${to}” here`),
      ...(renamed.length > 20 ? [`${renamed.length - 20} more have another name here`] : []),
      ...this.#losses.report().map(({ message, count }) => `${message} (${count})`),
    ]
  }
}
