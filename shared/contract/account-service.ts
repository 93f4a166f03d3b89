import { z } from 'zod'
import {
  creditsSchema,
  jobSchema,
  promptPriceSchema,
  storageSchema,
  taskSchema,
} from '#shared/model/service.ts'
import { account, id, procedure, remoteDataset } from './procedure.ts'

/** What an account's organisation has on the service besides datasets. Asked anew each time. */
export const service = {
  credits: procedure.input(account).output(creditsSchema),
  /** Of one answer of assisted labelling. */
  promptPrice: procedure.input(account).output(promptPriceSchema),
  /** Given to the account's person, newest first. */
  tasks: procedure.input(account).output(z.array(taskSchema)),
  /** Those that run and the latest that ended, newest first. */
  jobs: procedure.input(account).output(z.array(jobSchema)),
  cancelJob: procedure.input(account.extend({ id })).output(z.void()),
  storage: procedure.input(remoteDataset).output(storageSchema),
  /** Brings a dataset back from cold storage; paid when it is back. Answers at once. */
  restore: procedure.input(remoteDataset).output(z.void()),
}
