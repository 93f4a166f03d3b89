import { z } from 'zod'
import { workSchema } from '#shared/model/work.ts'
import { id, procedure } from './procedure.ts'

export const works = {
  list: procedure.output(z.array(workSchema)),
  /** Resolves when it is asked to end; nothing happens if it has ended. */
  cancel: procedure.input(z.object({ id })).output(z.void()),
}
