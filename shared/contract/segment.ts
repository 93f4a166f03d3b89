import { z } from 'zod'
import { shapeSchema } from '#shared/model/annotation.ts'
import { segmentOutputSchema } from '#shared/model/assist-model.ts'
import { id, procedure } from './procedure.ts'

const pixel = z.object({ x: z.number(), y: z.number() })

const target = z.object({ imageId: id, engineId: id })

/** The thing at a click, found by models of this machine. Image pixels. */
export const segment = {
  /** Resolves when a click on the image is answered at once. */
  prepare: procedure.input(target).output(z.void()),
  /** For images that may come next, when the machine has time; resolves at once. */
  prepareAhead: procedure.input(z.object({ imageIds: z.array(id), engineId: id })).output(z.void()),
  /** Candidates, best first; of a preview the best alone. */
  ask: procedure
    .input(
      target.extend({
        prompt: z.object({
          positive: z.array(pixel),
          negative: z.array(pixel),
          box: pixel.extend({ w: z.number().positive(), h: z.number().positive() }).nullable(),
        }),
        output: segmentOutputSchema,
        detail: z.enum(['preview', 'final']),
      }),
    )
    .output(z.array(z.object({ shapes: z.array(shapeSchema), score: z.number() }))),
  /** What is kept of images for the models. */
  kept: procedure.output(z.object({ bytes: z.number() })),
  forgetKept: procedure.output(z.void()),
}
