import { library } from './0001-library.ts'
import { drafts } from './0002-drafts.ts'
import { recentEdits } from './0003-recent-edits.ts'
import { remote } from './0004-remote.ts'
import { transfers } from './0005-transfers.ts'
import { imageCounts } from './0006-image-counts.ts'
import { classCommits } from './0007-class-commits.ts'
import { foreignKeys } from './0008-foreign-keys.ts'
import { commentThreads } from './0009-comment-threads.ts'
import { assistConsent } from './0010-assist-consent.ts'
import { proposals } from './0011-proposals.ts'
import { bulkEdits } from './0012-bulk-edits.ts'
import { unreadImages } from './0013-unread-images.ts'
import { keptImages } from './0014-kept-images.ts'
import { outboxKinds } from './0015-outbox-kinds.ts'
import { factEdits } from './0016-fact-edits.ts'
import { labelExtras } from './0017-label-extras.ts'
import { narrowIndexes } from './0018-narrow-indexes.ts'

/** In order; the index of the last is the database's `user_version`. Never edited once released. */
export const MIGRATIONS: readonly string[] = [
  library,
  drafts,
  recentEdits,
  remote,
  transfers,
  imageCounts,
  classCommits,
  foreignKeys,
  commentThreads,
  assistConsent,
  proposals,
  bulkEdits,
  unreadImages,
  keptImages,
  outboxKinds,
  factEdits,
  labelExtras,
  narrowIndexes,
]
