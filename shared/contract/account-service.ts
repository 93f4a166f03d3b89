import { z } from 'zod'
import {
  creditsSchema,
  jobSchema,
  promptPriceSchema,
  storageSchema,
  taskSchema,
} from '#shared/model/service.ts'
import { account, id, procedure, remoteDataset } from './procedure.ts'

/** Information of an account's organisation besides datasets. Never cached. */
export const service = {
  credits: procedure.input(account).output(creditsSchema),
  /** The price of one assisted-labelling request. */
  promptPrice: procedure.input(account).output(promptPriceSchema),
  /** Tasks assigned to the account's user, newest first. */
  tasks: procedure.input(account).output(z.array(taskSchema)),
  /** Running jobs and the latest finished ones, newest first. */
  jobs: procedure.input(account).output(z.array(jobSchema)),
  cancelJob: procedure.input(account.extend({ id })).output(z.void()),
  storage: procedure.input(remoteDataset).output(storageSchema),
  /** Restores a dataset from cold storage; charged when complete. Returns at once. */
  restore: procedure.input(remoteDataset).output(z.void()),
}
