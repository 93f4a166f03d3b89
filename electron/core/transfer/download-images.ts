import { createWriteStream } from 'node:fs'
import { rename, rm, stat, writeFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { pour } from '#core/api/storage.ts'
import type { ZipEntry } from '#core/zip-file.ts'
import type { DownloadOptions } from '#shared/model/transfer.ts'
import { eachOfExport, orOneByOne } from './dataset-export.ts'
import type { DownloadAddresses } from './download-addresses.ts'
import {
  type DownloadFacts,
  type DownloadItem,
  isExportWorthIt,
  LISTING_LIMIT,
  packsWholeStages,
} from './download-plan.ts'
import { type FetchedFile, fetchFile, SMALL_BYTES } from './fetch-file.ts'
import type { JobContext } from './job.ts'
import { isSameContent, type OwnFiles } from './own-files.ts'
import type { SafeFolder } from './safe-folder.ts'
import { decodes, isWhole, isWholeImage } from './whole-image.ts'

/** Identifies the service's version of a fetched file. */
const stampOf = ({ source, sizeBytes, facts }: DownloadItem) =>
  `${source} ${sizeBytes} ${facts.createdAtMs}`

interface Parts {
  context: JobContext
  options: DownloadOptions
  folder: SafeFolder
  addresses: DownloadAddresses
  own: OwnFiles
  /** Folder for an archive while it is unpacked, relative to the download folder. */
  staging: string
}

/** Fetches the image files of a download from storage, from the service, or from an export. */
export class DownloadImages {
  readonly #context: JobContext
  readonly #options: DownloadOptions
  readonly #folder: SafeFolder
  readonly #addresses: DownloadAddresses
  readonly #own: OwnFiles
  readonly #staging: string

  constructor({ context, options, folder, addresses, own, staging }: Parts) {
    this.#context = context
    this.#options = options
    this.#folder = folder
    this.#addresses = addresses
    this.#own = own
    this.#staging = staging
  }

  /** `isAgain`: it was tried before in this run. Sets the item's size to the actual size. */
  async fetch(item: DownloadItem, isAgain: boolean): Promise<'same' | 'fetched'> {
    const { transfers, transfer, fetch, onBytes, run, signal } = this.#context
    const found = (await this.#isThere(item)) ?? (await this.#findPlace(item))
    if (found) return found
    // Take the stamp from the list; the file may have another size.
    const stamp = stampOf(item)
    const target = await this.#folder.place(item.target)
    const order = {
      target,
      mark: this.#folder.markFor(item.target),
      mayHavePart: isAgain || this.#folder.wasThere(`${item.target}.part`),
      expectedBytes: item.sizeBytes,
      etag: item.facts.etag ?? null,
    }
    const onEtag = (etag: string | null) => {
      item.facts = { ...item.facts, etag }
      transfers.setItems(transfer.id, [{ seq: item.seq, state: 'waiting', facts: item.facts }])
    }
    const address = this.#addresses.of(item.source)
    const file = await (address === undefined
      ? fetchFile({
          ...order,
          // Images beyond the listing's limit are fetched from the service itself.
          open: async (_fromByte, _etag, sink) =>
            pour(await run((client) => client.images.bytesById(item.source, { signal })), sink),
          decodes: (bytes) => decodes(target, bytes),
          onBytes,
          onEtag,
        })
      : fetch({ ...order, address, holds: 'image' }, (note) =>
          'bytes' in note ? onBytes(note.bytes) : onEtag(note.etag),
        ))
    this.#keep(item, target, stamp, file)
    await this.#unlessTheSame(item)
    return 'fetched'
  }

  /**
   * Chooses the image's path, beside a file of the user if necessary. Returns a state if the image is already there.
   */
  async #findPlace(item: DownloadItem): Promise<'same' | 'fetched' | null> {
    if (!this.#folder.wasThere(item.target)) return null
    const place = await this.#own.placeFor(item.target)
    if (place === item.target) return null
    this.#move(item, place, item.target)
    return this.#isThere(item)
  }

  #move(item: DownloadItem, target: string, movedFrom?: string): void {
    const { transfers, transfer } = this.#context
    item.target = target
    item.facts = { ...item.facts, movedFrom }
    transfers.setItems(transfer.id, [
      { seq: item.seq, state: 'waiting', target, facts: item.facts },
    ])
  }

  /** If the file at the image's own path has the same content, no second copy is needed. */
  async #unlessTheSame(item: DownloadItem): Promise<void> {
    const { movedFrom } = item.facts
    if (movedFrom === undefined) return
    const [beside, own] = [
      await this.#folder.place(item.target),
      await this.#folder.place(movedFrom),
    ]
    if (!(await isSameContent(beside, own))) return
    await rm(beside)
    this.#move(item, movedFrom)
    await this.#own.keep(movedFrom, { remoteId: item.source, stamp: stampOf(item) })
  }

  /**
   * Fetches images without a listed address from an export, if there are many. One by one, each would cost a request,
   * and a large dataset would take days. `onFile` is called for each file that arrives.
   */
  async fromExport(onFile: (item: DownloadItem) => Promise<void>): Promise<void> {
    const { run, transfer, transfers, setDoing, requestsLeft } = this.#context
    // If only some images of a stage are wanted, most of the archive would be useless.
    if (!packsWholeStages(this.#options)) return
    const missing = new Map<string, DownloadItem>()
    for (const item of transfers.each<DownloadFacts>(transfer.id, 'waiting'))
      if (this.#addresses.of(item.source) === undefined && !(await this.#isThere(item)))
        missing.set(item.facts.path, item)
    const stages = new Set([...missing.values()].map(({ facts }) => facts.stage))
    const packed = missing.size + stages.size * LISTING_LIMIT
    if (!isExportWorthIt({ missing: missing.size, packed, requestsLeft: requestsLeft() })) return
    const dataset = await run((client) => client.datasets.get(transfer.remoteId))
    if (dataset.storage_class === 'coldline') return
    setDoing('Downloading the images as an export')
    const unpack = async (entry: ZipEntry) => {
      const item = missing.get(entry.name)
      if (item && (await this.#unpack(item, entry))) await onFile(item)
    }
    // An export holds one stage or all.
    for (const stage of stages) {
      const path = `${this.#staging}/images-${stage}.zip`
      const archive = await this.#folder.place(path)
      const mark = this.#folder.markFor(path)
      const request = { archive, mark, includeImages: true, stage }
      await orOneByOne(this.#context, () =>
        // A file that cannot be unpacked stays queued and is fetched alone, which reports its error.
        eachOfExport(this.#context, request, (entry) =>
          orOneByOne(this.#context, () => unpack(entry)),
        ),
      )
    }
    this.#context.flush()
  }

  /**
   * Returns whether the service's version is already there, from an earlier download, or from this one if the app
   * closed before recording it.
   */
  async #isThere(item: DownloadItem): Promise<'same' | 'fetched' | null> {
    const { transfers, transfer } = this.#context
    // Place it first: only then are the contents of its directory known.
    const target = await this.#folder.place(item.target)
    if (!this.#folder.wasThere(item.target)) return null
    const there = await stat(target).catch(() => null)
    if (!there?.isFile()) return null
    const known = transfers.downloaded(target)
    if (!known)
      return there.mtimeMs >= transfer.createdAtMs && there.size === item.sizeBytes
        ? 'fetched'
        : null
    const isSame =
      known.stamp === stampOf(item) &&
      known.sizeBytes === there.size &&
      known.modifiedAtMs === there.mtimeMs
    return isSame ? 'same' : null
  }

  #keep(item: DownloadItem, file: string, stamp: string, fetched: FetchedFile): void {
    item.sizeBytes = fetched.sizeBytes
    this.#context.keep({ file, remoteId: item.source, stamp, ...fetched })
  }

  /** Unpacks one image. Returns false if it is incomplete; it is then fetched alone. */
  async #unpack(item: DownloadItem, entry: ZipEntry): Promise<boolean> {
    if (await this.#findPlace(item)) return true
    const file = await this.#folder.place(item.target)
    const judge = (bytes: Buffer) => decodes(item.target, bytes)
    using held = this.#folder.hold(item.target)
    const part = held.pathOf(`${basename(file)}.part`)
    await rm(part, { recursive: true, force: true })
    let isGood: boolean
    if (entry.sizeBytes <= SMALL_BYTES) {
      const bytes = await entry.bytes()
      isGood = await isWhole([bytes], judge)
      if (isGood) await writeFile(part, bytes, { flag: 'wx' })
    } else {
      const { signal } = this.#context
      await pipeline(await entry.stream(), createWriteStream(part, { flags: 'wx' }), { signal })
      isGood = await isWholeImage(part, judge)
    }
    if (!isGood) {
      await rm(part, { force: true })
      return false
    }
    await rename(part, held.pathOf(basename(file)))
    const { size, mtimeMs } = await stat(held.pathOf(basename(file)))
    this.#keep(item, file, stampOf(item), { sizeBytes: size, modifiedAtMs: mtimeMs })
    await this.#unlessTheSame(item)
    return true
  }
}
