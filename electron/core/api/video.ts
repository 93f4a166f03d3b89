import { basename } from 'node:path'
import { z } from 'zod'
import { ValidationError } from './errors.ts'
import { type CallOptions, type Http, segment } from './http.ts'
import { jobFailure, polled } from './job-end.ts'
import { refuseUnknown, wireFields } from './options.ts'
import { data } from './schemas.ts'
import { putFile } from './storage.ts'
import { count, number, renamed, requiredId, text, texts } from './tolerant.ts'

const TYPES: Readonly<Record<string, string>> = {
  mp4: 'video/mp4',
  m4v: 'video/x-m4v',
  mov: 'video/quicktime',
  avi: 'video/x-msvideo',
  mkv: 'video/x-matroska',
  webm: 'video/webm',
}

/** The service reads the whole video before it answers. Milliseconds. */
const PROBE_MS = 300_000

const uploadSchema = z.object({ upload_url: z.string(), gcs_path: z.string(), gcs_uri: text })
const probeSchema = z.object({
  duration_seconds: number,
  /** Frames per second of the video itself. */
  native_fps: number,
  width: number,
  height: number,
  frame_count: number,
})
const extractionSchema = renamed(
  { job_id: ['job'] },
  z.object({
    job_id: requiredId,
    /** `processing`, `complete` or `failed` */
    status: z.string(),
    /** 0 to 100. */
    progress: count,
    frames_extracted: count,
    total_frames: count,
    error: text,
    /** The directory of the frames; known when the job is complete. */
    directory_path: text,
    /** For example, that the plan had room for only a part of the frames. */
    warning: text,
    /** Only of a complete job. */
    image_ids: texts,
  }),
)

export type VideoFacts = z.infer<typeof probeSchema>
export type FrameExtraction = z.infer<typeof extractionSchema>

export interface ExtractOptions {
  /** The new directory of the frames: one name, without a slash. */
  directoryName: string
  /** Frames per second of the result; default 1. */
  sampleFps?: number
  /** `/` or `/a/b`; default `/`. */
  parentDirectoryPath?: string
}

const EXTRACT = {
  directoryName: 'directory_name',
  sampleFps: 'sample_fps',
  parentDirectoryPath: 'parent_directory_path',
}

function videoTypeOf(filename: string): string {
  const type = TYPES[filename.slice(filename.lastIndexOf('.') + 1).toLowerCase()]
  if (type) return type
  const message = `“${filename}” is not a video that the service takes (${Object.keys(TYPES).join(', ')})`
  throw new ValidationError(message, { route: 'video.upload' }, [{ field: 'filename', message }])
}

/** Videos whose frames become images of a dataset. All methods throw a PictographError. */
export class Video {
  readonly #http: Http

  constructor(http: Http) {
    this.#http = http
  }

  /**
   * Uploads a local video. The result is its path for `probe` and `extractFrames`; the service deletes the video when
   * its frames are extracted. `contentType`: default by the file's extension.
   */
  async upload(
    file: string,
    options: CallOptions & { contentType?: string; onProgress?: (bytes: number) => void } = {},
  ): Promise<string> {
    const { contentType, onProgress, ...call } = options
    refuseUnknown('video.upload', call, ['signal', 'idempotencyKey', 'retries'])
    const filename = basename(file)
    const type = contentType ?? videoTypeOf(filename)
    const body = { filename, content_type: type }
    const path = '/video/upload-url'
    const { data: target } = await this.#http.json(data(uploadSchema), 'POST', path, {
      ...call,
      body,
    })
    await putFile(this.#http.dispatcher, target.upload_url, file, type, {
      ...(call.signal && { signal: call.signal }),
      ...(onProgress && { onProgress }),
    })
    return target.gcs_path
  }

  /** Duration, size and frames of an uploaded video. Slow for a large one. */
  async probe(gcsPath: string, call: CallOptions = {}): Promise<VideoFacts> {
    const body = { gcs_path: gcsPath }
    const answer = await this.#http.json(data(probeSchema), 'POST', '/video/probe', {
      ...call,
      body,
      silenceMs: PROBE_MS,
    })
    return answer.data
  }

  /** Starts to turn an uploaded video into images; `extracted` waits for them. */
  async extractFrames(
    dataset: string,
    gcsPath: string,
    options: ExtractOptions,
    call: CallOptions = {},
  ): Promise<FrameExtraction> {
    const body = {
      dataset_name: dataset,
      gcs_path: gcsPath,
      sample_fps: 1,
      parent_directory_path: '/',
      ...wireFields('video.extractFrames', options, EXTRACT),
    }
    const path = '/video/extract-frames'
    return (await this.#http.json(data(extractionSchema), 'POST', path, { ...call, body })).data
  }

  async extraction(jobId: string, call: CallOptions = {}): Promise<FrameExtraction> {
    const path = `/video/extract-frames/${segment(jobId)}`
    return (await this.#http.json(data(extractionSchema), 'GET', path, call)).data
  }

  /** Resolves when all frames are images. Rejects if the extraction failed. */
  async extracted(jobId: string, call: CallOptions = {}): Promise<FrameExtraction> {
    const job = await polled(
      this.#http,
      () => this.extraction(jobId, call),
      ({ status }) => status !== 'processing',
      call,
    )
    if (job.status === 'complete') return job
    const route = `GET /video/extract-frames/${jobId}`
    throw jobFailure('The extraction of frames', { route, status: job.status, reason: job.error })
  }
}
