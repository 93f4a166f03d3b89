import { stageSchema } from '#shared/model/dataset.ts'
import { LISTING_LIMIT } from './download-plan.ts'
import type { JobContext } from './job.ts'

/** Signed addresses of a dataset's images by image id. They expire. */
export class DownloadAddresses {
  readonly #context: JobContext
  #addresses: ReadonlyMap<string, string> = new Map()
  #renewing: Promise<void> | null = null

  constructor(context: JobContext) {
    this.#context = context
  }

  /** undefined: the image is beyond the listing's limit. */
  of(remoteId: string): string | undefined {
    return this.#addresses.get(remoteId)
  }

  /** Requests all addresses again; concurrent callers share one request. */
  renew(): Promise<void> {
    this.#renewing ??= this.#read().finally(() => {
      this.#renewing = null
    })
    return this.#renewing
  }

  async #read(): Promise<void> {
    const { run, transfer, signal, setDoing } = this.#context
    setDoing('Requesting download addresses')
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
      const { items, received } = await ask(status)
      for (const { id, image_url } of items) if (image_url) fresh.set(id, image_url)
      return received
    }
    // Exactly this many means that there are more; each stage has its own listing.
    if ((await read()) >= LISTING_LIMIT) for (const stage of stageSchema.options) await read(stage)
    // Keep the old addresses until all new ones are here.
    this.#addresses = fresh
  }
}
