import { oc } from '@orpc/contract'
import { z } from 'zod'

/** All errors that a user can act on; the message is for users. */
export const procedure = oc.errors({
  PROBLEM: {
    status: 422,
    /** `requestId`: the request's id in the service's logs. */
    data: z.object({ reason: z.string(), requestId: z.string().nullable() }),
  },
  /** The edit was based on an old revision of the image: read it again. */
})

export const id = z.string().min(1)
export const account = z.object({ accountId: id })
export const remoteDataset = account.extend({ remoteId: id })
