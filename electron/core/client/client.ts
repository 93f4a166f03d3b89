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
export type { ConnectorImport, Provider, SourceDataset } from '#core/api/connectors.ts'
export type { CreditEntry } from '#core/api/credits.ts'
export type { DatasetStorage, DuplicateOptions, Duplicates } from '#core/api/dataset-storage.ts'
export * from '#core/api/errors.ts'
export type { Picture } from '#core/api/file-form.ts'
export type { RemoteJob } from '#core/api/jobs.ts'
export type { ModelPrediction, RemoteModel, WeightsOptions } from '#core/api/models.ts'
export type { RemoteNotification } from '#core/api/notifications.ts'
export type { Listing } from '#core/api/paging.ts'
export type { PublicDataset, PublicImport } from '#core/api/public-datasets.ts'
export type { Sam3Options } from '#core/api/sam3-form.ts'
export type { RemoteComment, RemoteExport } from '#core/api/schemas.ts'
export type { FoundImage } from '#core/api/search.ts'
export type { RemoteTask } from '#core/api/tasks.ts'
export type { ExtractOptions, FrameExtraction, VideoFacts } from '#core/api/video.ts'
export type { DownloadOptions, DownloadProgress, DownloadResult } from './download-options.ts'

class DatasetsWithDownload extends Datasets {
  readonly #client: ApiClient

  constructor(client: ApiClient) {
    super(client.http)
    this.#client = client
  }

  /**
   * Downloads a dataset or a part of it to a folder: `<folder>/<image>` and `<folder>/<image>.json`. It uses the
   * app's transfer engine, so a second call resumes the first and fetches only what changed. Rejects with a
   * PictographError, also if single files failed; the next call retries those.
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
    // Load the database and the decoder with the first download, because nothing else needs them.
    const { downloadDataset } = await import('./download.ts')
    return downloadDataset(this.#client, dataset, folder, options)
  }
}

class ImagesWithSize extends Images {
  /** Like `Images.upload`; width and height are measured unless `size` is given. */
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

/** The published client: the app's client, plus calls that read and write local files. */
export class Client extends ApiClient {
  override readonly datasets: DatasetsWithDownload
  override readonly images: ImagesWithSize
  /** null: the caller passed its own dispatcher. */
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
