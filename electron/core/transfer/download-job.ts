import { existsSync } from 'node:fs'
import { access, constants, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { isExpired } from '#core/api/client.ts'
import { LossLog } from '#core/formats/loss-log.ts'
import { holdHeap, MANY_FILES } from '#core/memory.ts'
import { isGeneral, isPassing } from '#core/service-error.ts'
import { BrokenFileError, ThreadLostError } from '#core/threads/wire-error.ts'
import { codeOf, toUserError, UserError } from '#core/user-error.ts'
import { counted } from '#shared/model/counted.ts'
import { type DownloadOptions, downloadOptionsSchema } from '#shared/model/transfer.ts'
import { BrokenOff } from './broken-off.ts'
import { runPool } from './concurrency.ts'
import { forgetExports } from './dataset-export.ts'
import { DownloadAddresses } from './download-addresses.ts'
import { DownloadImages } from './download-images.ts'
import { DownloadLabels } from './download-labels.ts'
import {
  type DownloadFacts,
  type DownloadItem,
  type PlannedImage,
  targetsOf,
  wantedImages,
} from './download-plan.ts'
import type { JobContext } from './job.ts'
import { OwnFiles } from './own-files.ts'
import { SafeFolder } from './safe-folder.ts'

/** Tries per file before it fails. General failures (such as no network) do not count. */
const ATTEMPTS = 8
/** Files taken from the queue at a time; their results are stored together. */
const QUEUE = 200
/** Disk errors (`toUserError`) that would affect every file. */
const OF_DISK = new Set(['disk_full', 'read_only', 'io'])
/** The fixed cost of a file, expressed in bytes, for the concurrency controller. */
const FILE_COST = 20_000
/** Folder for temporary labels and archives, relative to the download folder, with forward slashes. */
const stagingOf = (id: string) => `.pictograph-${id.slice(0, 8)}`

/** Downloads a dataset or a part of it. Running it again resumes it. */
export class DownloadJob {
  readonly #context: JobContext
  readonly #options: DownloadOptions
  readonly #folder: SafeFolder
  readonly #losses = new LossLog()
  readonly #addresses: DownloadAddresses
  readonly #images: DownloadImages
  readonly #labels: DownloadLabels

  constructor(context: JobContext) {
    this.#context = context
    this.#options = downloadOptionsSchema.parse(context.transfer.options)
    this.#folder = new SafeFolder(context.transfer.place)
    this.#addresses = new DownloadAddresses(context)
    const parts = {
      context,
      options: this.#options,
      folder: this.#folder,
      staging: this.#staging,
      losses: this.#losses,
      addresses: this.#addresses,
      own: new OwnFiles(context, this.#folder, this.#options),
    }
    this.#images = new DownloadImages(parts)
    this.#labels = new DownloadLabels(parts)
  }

  async run(): Promise<string[]> {
    try {
      return await this.#run()
    } catch (error) {
      if (!this.#context.signal.aborted) await this.#throwOfPlace(error)
      throw error
    }
  }

  async #run(): Promise<string[]> {
    const context = this.#context
    const { files: known } = context.transfers.counts(context.transfer.id)
    // If its drive is gone, do not start over on another disk.
    if (known.done + known.skipped > 0 && !existsSync(this.#folder.root)) throw this.#gone()
    await this.#folder.place('folder')
    // The two lists are independent.
    const addresses = this.#wantsImages ? this.#addresses.renew() : Promise.resolve()
    addresses.catch(() => {})
    if (this.#wantsImages) context.warmFetch()
    if (context.transfer.isPlanned) await this.#lookAgain()
    else await this.#plan()
    await this.#labels.fromExport()
    await addresses
    // Images with an address come first, because packing the rest takes a while.
    if (this.#wantsImages) {
      await this.#fetchAll(({ source }) => this.#addresses.of(source) !== undefined)
      await this.#images.fromExport(async (item) => {
        await this.#labels.fetch(item)
        context.settle({ seq: item.seq, state: 'done', sizeBytes: item.sizeBytes })
      })
    }
    await this.#fetchAll(() => true)
    const { files } = context.transfers.counts(context.transfer.id)
    await this.#labels.writeFormat()
    if (await this.#folder.hasGone()) throw this.#gone()
    // Also after a failed file: a retry fetches what it needs, and the folder belongs to the user.
    await this.#removeStaging()
    return this.#report(files.skipped)
  }

  /** Deletes everything incomplete. */
  async clean(): Promise<void> {
    const { transfers, transfer } = this.#context
    for (const state of ['waiting', 'failed'] as const)
      for (const { target } of transfers.items<DownloadFacts>(transfer.id, state))
        for (const part of [`${target}.part`, `${target}.json.part`])
          await rm(join(this.#folder.root, part), { force: true })
    await this.#removeStaging()
  }

  async #removeStaging(): Promise<void> {
    const staging = join(this.#folder.root, this.#staging)
    await forgetExports(this.#context, staging)
    await rm(staging, { recursive: true, force: true })
  }

  get #wantsImages(): boolean {
    return this.#options.what !== 'annotations_only'
  }

  get #staging(): string {
    return stagingOf(this.#context.transfer.id)
  }

  /** Queues files again that an earlier run fetched and the user has deleted since. */
  async #lookAgain(): Promise<void> {
    const { transfers, transfer } = this.#context
    if (transfers.counts(transfer.id).files.total >= MANY_FILES) holdHeap()
    const lost: number[] = []
    for (const state of ['done', 'skipped'] as const)
      for (const item of transfers.each<DownloadFacts>(transfer.id, state)) {
        const files = [
          ...(this.#wantsImages ? [item.target] : []),
          ...(this.#labels.isWanted ? [this.#labels.placeOf(item)] : []),
        ]
        for (const file of files) await this.#folder.place(file)
        if (!files.every((file) => this.#folder.wasThere(file))) lost.push(item.seq)
      }
    transfers.setItems(
      transfer.id,
      lost.map((seq) => ({ seq, state: 'waiting' })),
    )
  }

  async #plan(): Promise<void> {
    const { transfers, transfer, run, signal, setDoing } = this.#context
    setDoing('Listing the images')
    let images = await run((client) =>
      wantedImages(client, transfer.remoteId, this.#options, signal, holdHeap),
    )
    if (this.#options.classes.length > 0) {
      setDoing('Loading the classes')
      const having = await this.#labels.pathsWithClasses()
      signal.throwIfAborted()
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
    // A generator, so that a large dataset is not in memory twice.
    const items = function* () {
      for (const [seq, image] of images.entries()) yield itemOf(image, seq)
    }
    transfers.addItems(transfer.id, items())
    transfers.setPlanned(transfer.id)
  }

  async #fetchAll(isDue: (item: DownloadItem) => boolean): Promise<void> {
    const { transfers, transfer, concurrency, signal, setDoing, onActive } = this.#context
    setDoing('Downloading images')
    let queue: DownloadItem[] = []
    let last = -1
    const next = (): DownloadItem | null => {
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

  async #fetchOne(item: DownloadItem): Promise<void> {
    const { signal, settle } = this.#context
    let isAgain = false
    let broken: BrokenOff | null = null
    // If only the labels failed, the image is not fetched again.
    let image: 'same' | 'fetched' | null = this.#wantsImages ? null : 'fetched'
    for (let attempt = 1; ; attempt++) {
      try {
        image ??= await this.#images.fetch(item, isAgain)
        await this.#labels.fetch(item)
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
        if (isGeneral(error) || isPassing(error)) this.#context.concurrency.onError()
        broken ??= new BrokenOff(this.#context, join(this.#folder.root, `${item.target}.part`))
        if (isGeneral(error) && !(await broken.isHopeless(error))) {
          await this.#context.pauseFor(error)
          attempt--
          continue
        }
        if (isExpired(error) && this.#wantsImages && attempt < ATTEMPTS) {
          await this.#addresses.renew()
          continue
        }
        const isWorthAnother =
          isPassing(error) || error instanceof BrokenFileError || error instanceof ThreadLostError
        if (attempt < ATTEMPTS && isWorthAnother && !isGeneral(error)) continue
        await this.#throwOfPlace(error)
        settle({ seq: item.seq, state: 'failed', problem: toUserError(error).message })
        return
      }
    }
  }

  /** If the disk is full, or the folder is gone with its drive, throws, because fetching the rest is useless. */
  async #throwOfPlace(error: unknown): Promise<void> {
    const code = codeOf(error)
    // The error is of the library's own disk.
    if (code.startsWith('SQLITE_')) throw error
    const { root } = this.#folder
    const { reason } = toUserError(error)
    const isRefused = async () =>
      reason === 'permission' &&
      (await access(root, constants.W_OK).then(
        () => false,
        () => true,
      ))
    if (OF_DISK.has(reason) || (await isRefused())) throw toUserError(error, root)
    if (/^E[A-Z]+$/.test(code) && (await this.#folder.hasGone())) throw this.#gone()
  }

  #gone(): UserError {
    return new UserError(
      'folder_gone',
      `${this.#folder.root} no longer exists. Restore it or connect its drive, then resume; or start a new download.`,
    )
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
      ...this.#labels.besides.map(
        ({ path, beside }) => `“${path}” was changed here and stays: the service's is “${beside}”`,
      ),
      ...this.#losses.report().map(({ message, count }) => `${message} (${count})`),
    ]
  }
}
