import { Threads } from '#core/threads/threads.ts'
import type { Outputs } from '#shared/assist/detect-decode.ts'
import type { Detection } from '#shared/assist/detect-result.ts'
import type { Detector } from '#shared/assist/detector.ts'
import type { Fit } from '#shared/assist/fit-picture.ts'
import type { Size } from '#shared/geometry/clamp-shape.ts'

/** A model's outputs, to be made objects of the image. */
export interface DetectOrder {
  detector: Detector
  outputs: Outputs
  fit: Fit
  /** Of the image, pixels. */
  size: Size
}

/** Of a thread's heap: outputs are a few megabytes that nobody needs a moment later. */
const YOUNG_MB = 32

/** Masks of three hundred objects take a second: the thread that answers the page must not wait for them. */
export const detectThreads = (): Threads<DetectOrder, Detection[]> =>
  new Threads('detect-worker', import.meta.dirname, { threads: 1, youngMb: YOUNG_MB })
