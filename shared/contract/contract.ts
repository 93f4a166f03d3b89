import { service } from './account-service.ts'
import { annotations } from './annotations.ts'
import { app, network, settings } from './app.ts'
import { curation } from './curation.ts'
import { datasets, folders, images } from './datasets.ts'
import { formats } from './formats.ts'
import { models } from './models.ts'
import { detection, proposals } from './proposals.ts'
import { segment } from './segment.ts'
import { accounts, comments, remote, sync } from './service.ts'
import { storage } from './storage.ts'
import { transfers } from './transfers.ts'
import { works } from './works.ts'

/** Everything that a window can request from the core: inputs, outputs, streams and errors, one file per subject. */
export const contract = {
  accounts,
  remote,
  sync,
  transfers,
  comments,
  curation,
  service,
  app,
  network,
  settings,
  folders,
  datasets,
  images,
  annotations,
  formats,
  proposals,
  detection,
  models,
  segment,
  works,
  storage,
}
export type Contract = typeof contract
