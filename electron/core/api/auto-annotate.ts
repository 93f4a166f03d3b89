import { z } from 'zod'
import {
  BATCH_OPTIONS,
  type BatchOptions,
  batchJobSchema,
  begunSchema,
  quoteSchema,
  SIMILAR_OPTIONS,
  type SimilarOptions,
  wireClasses,
} from './batch-annotate.ts'
import type { Picture } from './file-form.ts'
import { type CallOptions, type Http, segment } from './http.ts'
import { refuseUnknown, wireFields } from './options.ts'
import { SAM3_OPTIONS, type Sam3Options, sam3Form } from './sam3-form.ts'
import { data } from './schemas.ts'
import { number, rowsOf, text } from './tolerant.ts'
import type { WireAnnotation } from './wire-annotation.ts'

/** The result of a prompt. It is not saved. */
export interface Prediction {
  /** `success`, `no_detection` or `below_threshold` */
  status: string
  /** In the service's form, best first. */
  annotations: WireAnnotation[]
  /** 0..1 */
  score: number | null
  /** Seconds. */
  inferenceTime: number | null
}

const annotationSchema = z.record(z.string(), z.unknown())
const answerSchema = z
  .object({
    status: text,
    annotation: annotationSchema.nullish().catch(null),
    annotations: z.array(z.unknown()).nullish().catch(null),
    score: number,
    inference_time: number,
  })
  .transform(({ status, annotation, annotations, score, inference_time }): Prediction => {
    const listed = rowsOf(annotationSchema, annotations ?? [])
    const found = listed.length > 0 || !annotation ? listed : [annotation]
    return {
      // The prompt is paid, so an answer without its status is used, too.
      status: status ?? (found.length > 0 ? 'success' : 'no_detection'),
      annotations: found,
      score: score ?? null,
      inferenceTime: inference_time ?? null,
    }
  })

/**
 * One object, one annotation: asked for a polygon in a box, the service returns the box AND the polygon. Keep the box
 * only if there is no polygon.
 */
function oneForm(prediction: Prediction): Prediction {
  const isBox = ({ type }: WireAnnotation) => type === 'bbox' || type === 'box'
  const outlines = prediction.annotations.filter((item) => !isBox(item))
  return outlines.length > 0 ? { ...prediction, annotations: outlines } : prediction
}

const sam3Schema = z.intersection(
  answerSchema,
  z.object({ width: number, height: number }).transform(({ width, height }) => ({
    width: width ?? null,
    height: height ?? null,
  })),
)

/** Timeout for calls that take minutes, in milliseconds. */
const SLOW_MS = 300_000
/** Maximum number of images per batch. */
export const BATCH_LIMIT = 5_000

function similarBody(
  where: string,
  { dataset, image }: Pick<PromptTarget, 'dataset' | 'image'>,
  options: SimilarOptions,
): Record<string, unknown> {
  return {
    dataset_name: dataset,
    image_filename: image,
    scope: 'directory',
    output_type: 'polygon',
    ...wireFields(where, options, SIMILAR_OPTIONS),
  }
}

interface Pixel {
  x: number
  y: number
}
interface Box extends Pixel {
  w: number
  h: number
}

/** The service accepts only whole pixels here. */
const pair = ({ x, y }: Pixel): [number, number] => [Math.round(x), Math.round(y)]

/** `image`: its path in the dataset, its UUID, or a bare file name. `name`: the class of the result. */
interface PromptTarget {
  dataset: string
  image: string
  name: string
}

/** Assisted labelling, paid per call. All methods throw a PictographError. */
export class AutoAnnotate {
  readonly #http: Http

  constructor(http: Http) {
    this.#http = http
  }

  /** `point`: on the object, in image pixels; more points on it and beside it make the result more precise. */
  byPoint(
    target: PromptTarget,
    point: Pixel,
    options: {
      positive?: readonly Pixel[]
      negative?: readonly Pixel[]
      scoreThreshold?: number
    } = {},
    call: CallOptions = {},
  ): Promise<Prediction> {
    const { positive, negative, ...others } = options
    const [x, y] = pair(point)
    return this.#ask('point', target, call, {
      x,
      y,
      name: target.name,
      score_threshold: 0.75,
      ...(positive && positive.length > 0 && { positive_points: positive.map(pair) }),
      ...(negative && negative.length > 0 && { negative_points: negative.map(pair) }),
      ...wireFields('autoAnnotate.byPoint', others, { scoreThreshold: 'score_threshold' }),
    })
  }

  /** `box`: around the object, in image pixels. Returns its outline, or its box without `returnPolygon`. */
  async byBox(
    target: PromptTarget,
    box: Box,
    options: {
      confidenceThreshold?: number
      returnPolygon?: boolean
      negativeBoxes?: readonly Box[]
    } = {},
    call: CallOptions = {},
  ): Promise<Prediction> {
    const answer = await this.#ask('box', target, call, {
      box,
      name: target.name,
      confidence_threshold: 0.5,
      return_polygon: true,
      ...wireFields('autoAnnotate.byBox', options, {
        confidenceThreshold: 'confidence_threshold',
        returnPolygon: 'return_polygon',
        negativeBoxes: 'negative_boxes',
      }),
    })
    return options.returnPolygon === false ? answer : oneForm(answer)
  }

  /** Finds all objects that a text describes. `maxDetections`: 1 to 100. */
  byText(
    target: Pick<PromptTarget, 'dataset' | 'image'>,
    prompt: string,
    options: {
      output?: 'polygon' | 'bbox'
      confidenceThreshold?: number
      maxDetections?: number
    } = {},
    call: CallOptions = {},
  ): Promise<Prediction> {
    return this.#ask('text', target, call, {
      text_prompt: prompt,
      output_type: 'polygon',
      confidence_threshold: 0.3,
      max_detections: 50,
      ...wireFields('autoAnnotate.byText', options, {
        output: 'output_type',
        confidenceThreshold: 'confidence_threshold',
        maxDetections: 'max_detections',
      }),
    })
  }

  /**
   * Prompts on any local picture of at most 25 MB, a file or bytes; nothing is stored in a dataset. One fee per picture, however many
   * prompts; failures are free.
   */
  async sam3Predict(
    file: string | Picture,
    options: CallOptions & Sam3Options,
  ): Promise<Prediction & { width: number | null; height: number | null }> {
    const { signal, idempotencyKey, retries, ...prompt } = options
    refuseUnknown('autoAnnotate.sam3Predict', prompt, SAM3_OPTIONS)
    const body = await sam3Form(file, prompt)
    const answer = await this.#http.json(data(sam3Schema), 'POST', '/sam3/predict', {
      ...(signal && { signal }),
      ...(idempotencyKey !== undefined && { idempotencyKey }),
      ...(retries !== undefined && { retries }),
      body,
      silenceMs: SLOW_MS,
    })
    return prompt.output === 'bbox' ? answer.data : { ...answer.data, ...oneForm(answer.data) }
  }

  /** Labels many images in the background, as drafts beside existing annotations. At most `BATCH_LIMIT` images. */
  batch(
    dataset: string,
    images: readonly string[],
    { classes, ...options }: BatchOptions,
    call: CallOptions = {},
  ) {
    const body = {
      dataset_name: dataset,
      image_filenames: images,
      classes: wireClasses(classes),
      ...wireFields('autoAnnotate.batch', options, BATCH_OPTIONS),
    }
    return this.#http.json(begunSchema, 'POST', '/auto-annotate/batch', { ...call, body })
  }

  /** The price of a batch; `projected`: number of images that are not on the service yet. */
  batchQuote(
    dataset: string,
    images: readonly string[],
    {
      classes,
      projected = [],
      ...options
    }: Pick<BatchOptions, 'classes' | 'modelId' | 'sahiEnabled' | 'sahiSliceSize'> & {
      projected?: readonly { count: number; width?: number; height?: number }[]
    },
    call: CallOptions = {},
  ) {
    const body = {
      dataset_name: dataset,
      image_filenames: images,
      projected,
      classes: wireClasses(classes),
      ...wireFields('autoAnnotate.batchQuote', options, BATCH_OPTIONS),
    }
    return this.#http.json(quoteSchema, 'POST', '/auto-annotate/batch/quote', { ...call, body })
  }

  /** The state of a batch or of a search for similar objects. */
  job(id: string, call: CallOptions = {}) {
    return this.#http.json(batchJobSchema, 'GET', `/auto-annotate/batch/${segment(id)}`, call)
  }

  /** Work done until then is charged. */
  async cancel(id: string, call: CallOptions = {}): Promise<void> {
    const path = `/auto-annotate/batch/${segment(id)}/cancel`
    await this.#http.json(z.unknown(), 'POST', path, call)
  }

  /** Finds objects like those of one image in other images, in the background; see `job`. */
  similar(
    target: Pick<PromptTarget, 'dataset' | 'image'>,
    options: SimilarOptions,
    call: CallOptions = {},
  ) {
    const body = similarBody('autoAnnotate.similar', target, options)
    return this.#http.json(begunSchema, 'POST', '/auto-annotate/similar', { ...call, body })
  }

  similarQuote(
    target: Pick<PromptTarget, 'dataset' | 'image'>,
    options: SimilarOptions,
    call: CallOptions = {},
  ) {
    const body = similarBody('autoAnnotate.similarQuote', target, options)
    return this.#http.json(quoteSchema, 'POST', '/auto-annotate/similar/quote', { ...call, body })
  }

  #ask(
    way: string,
    { dataset, image }: Pick<PromptTarget, 'dataset' | 'image'>,
    call: CallOptions,
    body: Record<string, unknown>,
  ): Promise<Prediction> {
    return this.#http.json(answerSchema, 'POST', `/auto-annotate/sam3/${way}`, {
      ...call,
      body: { dataset_name: dataset, image_filename: image, ...body },
    })
  }
}
