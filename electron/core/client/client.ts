import { Client as ApiClient, type ClientOptions } from '#core/api/client.ts'
import { Datasets } from '#core/api/datasets.ts'
import { ValidationError } from '#core/api/errors.ts'
import { Images, type UploadOptions } from '#core/api/images.ts'
import { refuseUnknown } from '#core/api/options.ts'
import type { RemoteImage } from '#core/api/schemas.ts'
import { RoutedDispatcher } from '#core/network/routed-dispatcher.ts'
import { DOWNLOAD_OPTIONS, type DownloadOptions, type DownloadResult } from './download-options.ts'
import { routeTo } from './route.ts'

export type { CreateFields } from '#core/api/annotations.ts'
export type { Prediction } from '#core/api/auto-annotate.ts'
export type { BatchOptions, SimilarOptions } from '#core/api/batch-annotate.ts'
export {
  BATCH_LIMIT,
  BULK_SAVE_LIMIT,
  BULK_UPLOAD_LIMIT,
  type BudgetState,
  type CallOptions,
  type ClientOptions,
  DOWNLOAD_LISTING_LIMIT,
  type DownloadItem,
  type DownloadMode,
  getStorage,
  isExpired,
  type ListFilter,
  type NewImage,
  PLAN_LIMITS,
  putFile,
  type Registration,
  type RemoteClass,
  type RemoteDataset,
  type RemoteImage,
  RequestBudget,
  type WireAnnotation,
} from '#core/api/client.ts'
export type { CreditEntry } from '#core/api/credits.ts'
export type { DatasetStorage, DuplicateOptions, Duplicates } from '#core/api/dataset-storage.ts'
export * from '#core/api/errors.ts'
export type { RemoteJob } from '#core/api/jobs.ts'
export type { ModelPrediction, RemoteModel, WeightsOptions } from '#core/api/models.ts'
export type { Listing } from '#core/api/paging.ts'
export type { Sam3Options } from '#core/api/sam3-form.ts'
export type { RemoteComment, RemoteExport } from '#core/api/schemas.ts'
export type { FoundImage } from '#core/api/search.ts'
export type { RemoteTask } from '#core/api/tasks.ts'
export type { DownloadOptions, DownloadProgress, DownloadResult } from './download-options.ts'

class DatasetsWithDownload extends Datasets {
  readonly #client: ApiClient

  constructor(client: ApiClient) {
    super(client.http)
    this.#client = client
  }

  /**
   * A dataset, or a part of it, into a folder: `<folder>/<image>` and `<folder>/<image>.json`. The same engine as the
   * app's, so that a second call goes on where the first ended and fetches only what changed. Rejects with a
   * PictographError, also when single files failed; those are tried again by the next call.
   */
  async download(
    dataset: string,
    options: DownloadOptions & { outputDir: string },
  ): Promise<DownloadResult>
  async download(
    dataset: string,
    folder: string,
    options?: DownloadOptions,
  ): Promise<DownloadResult>
  async download(
    dataset: string,
    place: string | DownloadOptions,
    given: DownloadOptions = {},
  ): Promise<DownloadResult> {
    const options = typeof place === 'string' ? given : place
    refuseUnknown('datasets.download', options, DOWNLOAD_OPTIONS)
    const folder = typeof place === 'string' ? place : options.outputDir
    if (!folder) {
      const message = 'Pass the folder: download(dataset, folder) or { outputDir: folder }'
      const fields = [{ field: 'outputDir', message }]
      throw new ValidationError(message, { route: 'datasets.download' }, fields)
    }
    // Database and decoder are loaded with the first download: nothing else needs them.
    const { downloadDataset } = await import('./download.ts')
    return downloadDataset(this.#client, dataset, folder, options)
  }
}

class ImagesWithSize extends Images {
  /** As `Images.upload`; width and height are measured where `size` is not given. */
  override async upload(
    dataset: string,
    file: string,
    options: UploadOptions = {},
  ): Promise<RemoteImage> {
    if (options.size) return super.upload(dataset, file, options)
    const { probeImage } = await import('#core/media/probe.ts')
    const { width, height } = await probeImage(file)
    return super.upload(dataset, file, { ...options, size: { width, height } })
  }
}

/** The client as it is published: the app's own, with what works on files of this disk. */
export class Client extends ApiClient {
  override readonly datasets: DatasetsWithDownload
  override readonly images: ImagesWithSize
  /** null: the caller brought a dispatcher of its own. */
  readonly #network: RoutedDispatcher | null

  /** Throws an AuthenticationError without a key, and a ValidationError for an unknown option. */
  constructor(options: ClientOptions = {}) {
    const network = options.dispatcher ? null : new RoutedDispatcher(routeTo)
    super({ ...options, ...(network && { dispatcher: network }) })
    this.#network = network
    this.datasets = new DatasetsWithDownload(this)
    this.images = new ImagesWithSize(this.http)
  }

  override async close(): Promise<void> {
    await this.#network?.close()
  }

  override [Symbol.dispose](): void {
    this.#network?.destroy().catch(() => {})
  }
}
