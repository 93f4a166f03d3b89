import { readRgb } from '#core/media/rgb-picture.ts'
import { UserError } from '#core/user-error.ts'
import type { Outputs } from '#shared/assist/detect-decode.ts'
import type { Detection } from '#shared/assist/detect-result.ts'
import type { Detector } from '#shared/assist/detector.ts'
import { fitInto } from '#shared/assist/fit-picture.ts'
import type { Feed, PictureFeed } from '#shared/assist/tensor.ts'
import type { Size } from '#shared/geometry/clamp-shape.ts'
import type { DetectOrder } from './detect-threads.ts'

/** Runs a model file in the process that is there for it. Rejects with a UserError. */
export type RunModel = (
  file: string,
  feeds: Record<string, Feed>,
  options: { outputs: readonly string[]; signal: AbortSignal },
) => Promise<Outputs>

export interface DetectDeps {
  run: RunModel
  /** Makes objects of a model's outputs, in a thread. */
  decode: (order: DetectOrder) => Promise<Detection[]>
}

export interface ModelFile {
  /** Absolute. */
  file: string
  detector: Detector
}

/** What a model finds in one picture file of `size`. Rejects with a UserError, or what the decoders throw. */
export async function detectImage(
  { run, decode }: DetectDeps,
  { file: model, detector }: ModelFile,
  picture: { file: string; size: Size },
  signal: AbortSignal,
): Promise<Detection[]> {
  const { input, sizeInput, outputs: names } = detector
  const fit = fitInto(picture.size, input, input.fit)
  const pixels = await readRgb(picture.file, fit.inner)
  signal.throwIfAborted()
  if (pixels.length !== fit.inner.width * fit.inner.height * 3)
    throw new UserError('picture', 'The image doesn’t have the size that its header declares.')
  const feed: PictureFeed = {
    kind: 'picture',
    pixels,
    ...fit.inner,
    canvas: { width: input.width, height: input.height, x: fit.padX, y: fit.padY },
    fill: { before: input.fill },
    layout: 'nchw',
    order: input.order,
    mean: input.mean,
    deviation: input.deviation,
  }
  const feeds: Record<string, Feed> = { [input.name]: feed }
  if (sizeInput !== null)
    feeds[sizeInput] = {
      type: 'int64',
      dims: [1, 2],
      data: BigInt64Array.of(BigInt(input.width), BigInt(input.height)),
    }
  const wanted = Object.values(names).filter((name) => name !== null)
  const outputs = await run(model, feeds, { outputs: wanted, signal })
  return decode({ detector, outputs, fit, size: picture.size })
}
