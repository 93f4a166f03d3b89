import { z } from 'zod'
import { type CallOptions, type Http, imagePath, segment } from './http.ts'
import { allItems, pageSchema } from './paging.ts'
import {
  commentSchema,
  data,
  directorySchema,
  exportSchema,
  organizationSchema,
} from './schemas.ts'

/** Directories of a dataset. All methods of these classes throw a PictographError. */
export class Directories {
  readonly #http: Http

  constructor(http: Http) {
    this.#http = http
  }

  list(dataset: string, { parentPath, ...call }: CallOptions & { parentPath?: string } = {}) {
    const query = { parent_path: parentPath }
    const path = `/directories/${segment(dataset)}`
    return this.#http.json(z.array(directorySchema), 'GET', path, { ...call, query })
  }

  tree(dataset: string, call: CallOptions = {}) {
    return this.#http.json(
      z.array(directorySchema),
      'GET',
      `/directories/${segment(dataset)}/tree`,
      call,
    )
  }

  async create(dataset: string, directoryPath: string, call: CallOptions = {}): Promise<void> {
    const body = { dataset, directory_path: directoryPath }
    await this.#http.json(z.unknown(), 'POST', '/directories/', { ...call, body })
  }

  async rename(
    dataset: string,
    path: string,
    newName: string,
    call: CallOptions = {},
  ): Promise<void> {
    const route = `/directories/${segment(dataset)}/${imagePath(path)}/rename`
    await this.#http.json(z.unknown(), 'PATCH', route, { ...call, body: { new_name: newName } })
  }

  /** `cascade`: with all that is in it. */
  async delete(
    dataset: string,
    path: string,
    { cascade = false, ...call }: CallOptions & { cascade?: boolean } = {},
  ): Promise<void> {
    const route = `/directories/${segment(dataset)}/${imagePath(path)}`
    await this.#http.json(z.unknown(), 'DELETE', route, { ...call, query: { cascade } })
  }
}

export class Comments {
  readonly #http: Http

  constructor(http: Http) {
    this.#http = http
  }

  async list(imageId: string, call: CallOptions = {}) {
    const schema = z.object({ comments: z.array(commentSchema) })
    const query = { image_id: imageId }
    return (await this.#http.json(schema, 'GET', '/annotation-comments', { ...call, query }))
      .comments
  }

  async create(
    imageId: string,
    annotationId: string,
    text: string,
    call: CallOptions = {},
  ): Promise<void> {
    const body = { image_id: imageId, annotation_id: annotationId, body: text }
    await this.#http.json(z.unknown(), 'POST', '/annotation-comments', { ...call, body })
  }

  async update(
    id: string,
    change: { text?: string; resolved?: boolean },
    call: CallOptions = {},
  ): Promise<void> {
    const body = {
      ...(change.text !== undefined && { body: change.text }),
      ...(change.resolved !== undefined && { resolved: change.resolved }),
    }
    await this.#http.json(z.unknown(), 'PATCH', `/annotation-comments/${segment(id)}`, {
      ...call,
      body,
    })
  }

  async delete(id: string, call: CallOptions = {}): Promise<void> {
    await this.#http.json(z.unknown(), 'DELETE', `/annotation-comments/${segment(id)}`, call)
  }
}

/** How often a running export is asked for, milliseconds. */
const POLL_MS = 2_000
const LONGEST_POLL_MS = 30_000

export class Exports {
  readonly #http: Http

  constructor(http: Http) {
    this.#http = http
  }

  list({ dataset, status, ...call }: CallOptions & { dataset?: string; status?: string } = {}) {
    return allItems((limit, offset) =>
      this.#http.json(pageSchema(exportSchema), 'GET', '/exports/', {
        ...call,
        query: { limit, offset, dataset_name: dataset, status },
      }),
    )
  }

  async create(
    dataset: string,
    options: {
      name: string
      format: string
      includeImages: boolean
      classes?: readonly string[]
      statuses?: readonly string[]
      organizeBySplit?: boolean
    },
    call: CallOptions = {},
  ) {
    const body = {
      dataset_name: dataset,
      name: options.name,
      format: options.format,
      include_images: options.includeImages,
      ...(options.classes && { class_filter: options.classes }),
      ...(options.statuses && { status_filter: options.statuses }),
      ...(options.organizeBySplit !== undefined && { organize_by_split: options.organizeBySplit }),
    }
    return (await this.#http.json(data(exportSchema), 'POST', '/exports/', { ...call, body })).data
  }

  async get(id: string, dataset: string, call: CallOptions = {}) {
    const path = `/exports/${segment(id)}`
    return (await this.#http.json(data(exportSchema), 'GET', path, { ...call, query: { dataset } }))
      .data
  }

  /** Resolves when the export is completed or has failed. */
  async finished(id: string, dataset: string, call: CallOptions = {}) {
    for (let pauseMs = POLL_MS; ; pauseMs = Math.min(LONGEST_POLL_MS, pauseMs * 1.5)) {
      const state = await this.get(id, dataset, call)
      if (state.status === 'completed' || state.status === 'failed') return state
      // A large one takes long, and each look is a request of the hour.
      await this.#http.clock.sleep(pauseMs, call.signal)
    }
  }

  /** A signed storage address of the ZIP. */
  async downloadUrl(id: string, dataset: string, call: CallOptions = {}): Promise<string> {
    const path = `/exports/${segment(id)}/download`
    const schema = data(z.object({ download_url: z.string() }))
    const answer = await this.#http.json(schema, 'GET', path, { ...call, query: { dataset } })
    return answer.data.download_url
  }

  async delete(id: string, dataset: string, call: CallOptions = {}): Promise<void> {
    const path = `/exports/${segment(id)}`
    await this.#http.json(z.unknown(), 'DELETE', path, { ...call, query: { dataset } })
  }
}

export class Organizations {
  readonly #http: Http

  constructor(http: Http) {
    this.#http = http
  }

  /** The organisation of the key: the cheapest check that it works. */
  async me(call: CallOptions = {}) {
    const schema = z.object({ organization: organizationSchema })
    return (await this.#http.json(schema, 'GET', '/organizations/me', call)).organization
  }
}

const proposalSchema = z.object({
  status: z.string(),
  annotation: z.unknown().optional(),
  annotations: z.array(z.unknown()).nullish(),
  score: z.number().nullish(),
  inference_time: z.number().nullish(),
})

type Pixel = { x: number; y: number }

/** Assisted labelling, paid by the call. `image`: its path in the dataset, or its UUID. */
export class AutoAnnotate {
  readonly #http: Http

  constructor(http: Http) {
    this.#http = http
  }

  byPoint(
    target: { dataset: string; image: string; name: string },
    point: Pixel,
    options: {
      positive?: readonly Pixel[]
      negative?: readonly Pixel[]
      scoreThreshold?: number
    } = {},
    call: CallOptions = {},
  ) {
    return this.#ask('point', target, call, {
      ...point,
      name: target.name,
      ...(options.positive && { positive_points: options.positive }),
      ...(options.negative && { negative_points: options.negative }),
      score_threshold: options.scoreThreshold ?? 0.5,
    })
  }

  byBox(
    target: { dataset: string; image: string; name: string },
    box: { x: number; y: number; w: number; h: number },
    options: { confidenceThreshold?: number; returnPolygon?: boolean } = {},
    call: CallOptions = {},
  ) {
    return this.#ask('box', target, call, {
      box,
      name: target.name,
      confidence_threshold: options.confidenceThreshold ?? 0.5,
      return_polygon: options.returnPolygon ?? true,
    })
  }

  byText(
    target: { dataset: string; image: string },
    prompt: string,
    options: {
      output?: 'polygon' | 'bbox'
      confidenceThreshold?: number
      maxDetections?: number
    } = {},
    call: CallOptions = {},
  ) {
    return this.#ask('text', target, call, {
      text_prompt: prompt,
      output_type: options.output ?? 'polygon',
      confidence_threshold: options.confidenceThreshold ?? 0.5,
      max_detections: options.maxDetections ?? 100,
    })
  }

  #ask(
    way: string,
    { dataset, image }: { dataset: string; image: string },
    call: CallOptions,
    body: Record<string, unknown>,
  ) {
    return this.#http.json(proposalSchema, 'POST', `/auto-annotate/sam3/${way}`, {
      ...call,
      body: { dataset_name: dataset, image_filename: image, ...body },
    })
  }
}
