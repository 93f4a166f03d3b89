import { oc } from '@orpc/contract'
import { z } from 'zod'

/** Everything that can go wrong for a reason a person can act on; the message is for them. */
export const procedure = oc.errors({
  PROBLEM: {
    status: 422,
    /** `requestId`: what the service calls the request in its logs. */
    data: z.object({ reason: z.string(), requestId: z.string().nullable() }),
  },
  /** The edit was made on a revision that is no longer the image's: read it again. */
})

export const id = z.string().min(1)
export const account = z.object({ accountId: id })
export const remoteDataset = account.extend({ remoteId: id })
