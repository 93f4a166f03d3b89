import type { DownloadMode } from '#core/api/datasets.ts'

export interface DownloadProgress {
  files: { done: number; failed: number; total: number }
  bytes: { done: number; total: number }
  /** What is being done, or what is waited for, in words. */
  doing: string
}

export interface DownloadOptions {
  /** The folder, where it is not passed by itself. */
  outputDir?: string
  /** `full` when left out. */
  mode?: DownloadMode
  /** Only images of this stage: `new`, `annotate`, `review` or `complete`. */
  statusFilter?: string
  /** Connections at the most, 64 when left out; fewer are used where more bring nothing. */
  maxWorkers?: number
  /** Told several times a second, and at the end. */
  onProgress?: (progress: DownloadProgress) => void
  /** Stops it; another call goes on. */
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
  /** Images that are there now. */
  imagesDownloaded: number
  /** Of these, how many were there already and had not changed. */
  unchanged: number
  /** What is to be known besides, in words: files that have another name here, and the like. */
  report: string[]
}
