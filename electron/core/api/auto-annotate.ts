import { z } from 'zod'
import type { CallOptions, Http } from './http.ts'
import { wireFields } from './options.ts'
import { number, rowsOf } from './tolerant.ts'
import type { WireAnnotation } from './wire-annotation.ts'

/** What a prompt found. Nothing of it is saved. */
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
    status: z.string(),
    annotation: annotationSchema.nullish().catch(null),
    annotations: z.array(z.unknown()).nullish().catch(null),
    score: number,
    inference_time: number,
  })
  .transform(({ status, annotation, annotations, score, inference_time }): Prediction => {
    const listed = rowsOf(annotationSchema, annotations ?? [])
    return {
      status,
      annotations: listed.length > 0 || !annotation ? listed : [annotation],
      score: score ?? null,
      inferenceTime: inference_time ?? null,
    }
  })

/**
 * One object, one annotation: asked for a polygon by a box, the service answers the object's box AND its polygon. The box
 * stays only where there is no polygon.
 */
function oneForm(prediction: Prediction): Prediction {
  const isBox = ({ type }: WireAnnotation) => type === 'bbox' || type === 'box'
  const outlines = prediction.annotations.filter((item) => !isBox(item))
  return outlines.length > 0 ? { ...prediction, annotations: outlines } : prediction
}

interface Pixel {
  x: number
  y: number
}
interface Box extends Pixel {
  w: number
  h: number
}

/** The service takes whole pixels here. */
const pair = ({ x, y }: Pixel): [number, number] => [Math.round(x), Math.round(y)]

/** `image`: its path in the dataset, its UUID, or a bare file name. `name`: the class of what is found. */
interface PromptTarget {
  dataset: string
  image: string
  name: string
}

/** Assisted labelling, paid by the call. All methods throw a PictographError. */
export class AutoAnnotate {
  readonly #http: Http

  constructor(http: Http) {
    this.#http = http
  }

  /** `point`: on the object, in image pixels; further points on it, and beside it, make it clearer. */
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

  /** `box`: around the object, in image pixels. Answers its outline, or its box without `returnPolygon`. */
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

  /** All objects that a text describes. `maxDetections`: 1 to 100. */
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
