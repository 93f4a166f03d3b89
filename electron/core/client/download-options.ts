import type { DownloadMode } from '#core/api/datasets.ts'

export interface DownloadProgress {
  files: { done: number; failed: number; total: number }
  bytes: { done: number; total: number }
  /** The current step, or the reason for waiting. */
  doing: string
}

export interface DownloadOptions {
  /** The folder, unless it is passed as an argument. */
  outputDir?: string
  /** Default: `full`. */
  mode?: DownloadMode
  /** Only images of this stage: `new`, `annotate`, `review` or `complete`. */
  statusFilter?: string
  /** Maximum number of connections, default 64; fewer are used if more bring nothing. */
  maxWorkers?: number
  /** Called several times per second, and at the end. */
  onProgress?: (progress: DownloadProgress) => void
  /** Aborts the download; another call resumes it. */
  signal?: AbortSignal
}

export const DOWNLOAD_OPTIONS: readonly (keyof DownloadOptions)[] = [
  'outputDir',
  'mode',
  'statusFilter',
  'maxWorkers',
  'onProgress',
  'signal',
]

export interface DownloadResult {
  /** Absolute. */
  folder: string
  /** Number of images that are there now. */
  imagesDownloaded: number
  /** How many of these were there already, unchanged. */
  unchanged: number
  /** Further messages, for example about renamed files. */
  report: string[]
}
