import { Annotations } from './annotations.ts'
import { AutoAnnotate } from './auto-annotate.ts'
import { type ClientOptions, httpOptions } from './client-options.ts'
import { Comments } from './comments.ts'
import { Connectors } from './connectors.ts'
import { Credits } from './credits.ts'
import { Datasets } from './datasets.ts'
import { Directories } from './directories.ts'
import { Exports } from './exports.ts'
import { Http } from './http.ts'
import { Images } from './images.ts'
import { Jobs } from './jobs.ts'
import { Models } from './models.ts'
import { Notifications } from './notifications.ts'
import { Organizations } from './organizations.ts'
import { PublicDatasets } from './public-datasets.ts'
import { Search } from './search.ts'
import { Tasks } from './tasks.ts'
import { Video } from './video.ts'

export { BULK_SAVE_LIMIT } from './annotations.ts'
export { BATCH_LIMIT } from './auto-annotate.ts'
export { type BudgetState, PLAN_LIMITS, RequestBudget } from './budget.ts'
export type { ClientOptions } from './client-options.ts'
export { DOWNLOAD_LISTING_LIMIT, type DownloadMode } from './datasets.ts'
export * from './errors.ts'
export type { CallOptions, HttpOptions } from './http.ts'
export {
  BATCH_IMAGES_LIMIT,
  BULK_UPLOAD_LIMIT,
  type ListFilter,
  type NewImage,
  type Registration,
} from './images.ts'
export type { DownloadItem, RemoteClass, RemoteDataset, RemoteImage } from './schemas.ts'
export { getStorage, isExpired, putFile } from './storage.ts'
export type { WireAnnotation } from './wire-annotation.ts'

/**
 * The Pictograph service. `using client = new Client()` closes it at the end of the block; otherwise call `close`.
 * Every method throws a PictographError and takes an AbortSignal.
 */
export class Client implements Disposable, AsyncDisposable {
  readonly datasets: Datasets
  readonly images: Images
  readonly annotations: Annotations
  readonly directories: Directories
  readonly comments: Comments
  readonly exports: Exports
  readonly organizations: Organizations
  readonly autoAnnotate: AutoAnnotate
  readonly models: Models
  readonly jobs: Jobs
  readonly search: Search
  readonly credits: Credits
  readonly tasks: Tasks
  readonly notifications: Notifications
  readonly video: Video
  readonly publicDatasets: PublicDatasets
  readonly connectors: Connectors
  readonly http: Http

  /** Throws an AuthenticationError without a key, and a ValidationError for an unknown option. */
  constructor(options: ClientOptions = {}) {
    this.http = new Http(httpOptions(options, process.env))
    this.datasets = new Datasets(this.http)
    this.images = new Images(this.http)
    this.annotations = new Annotations(this.http)
    this.directories = new Directories(this.http)
    this.comments = new Comments(this.http)
    this.exports = new Exports(this.http)
    this.organizations = new Organizations(this.http)
    this.autoAnnotate = new AutoAnnotate(this.http)
    this.models = new Models(this.http)
    this.jobs = new Jobs(this.http)
    this.search = new Search(this.http)
    this.credits = new Credits(this.http)
    this.tasks = new Tasks(this.http)
    this.notifications = new Notifications(this.http)
    this.video = new Video(this.http)
    this.publicDatasets = new PublicDatasets(this.http)
    this.connectors = new Connectors(this.http)
  }

  /** Requests per hour, and whether they are paused. */
  get budget() {
    return this.http.budget
  }

  /** Waits for running calls. */
  close(): Promise<void> {
    return this.http.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  [Symbol.dispose](): void {
    this.http.destroy()
  }
}
