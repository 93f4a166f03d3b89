import { client } from '#renderer/rpc/connection.ts'
import { orpc, queryClient } from '#renderer/rpc/query.ts'
import { withClassNames } from '#shared/model/annotation-class.ts'
import { t } from '#shared/texts/texts.ts'
import { afterWaiting, notify } from './app-state.ts'
import { openRemote } from './datasets.ts'
import type { Dropped } from './transfers.ts'

interface NewDataset {
  accountId: string
  name: string
  description: string
  classes: readonly string[]
  /** To be uploaded into it. */
  dropped: Dropped | null
}

/**
 * Makes a dataset on the service, opens it and offers to upload what was dropped. If the user has opened or closed a
 * dialog meanwhile, that counts, and a notice says that nothing was uploaded. Rejects if it could not be made.
 */
export async function createAndOpen(asked: NewDataset): Promise<void> {
  const { accountId, name, description, classes, dropped } = asked
  const closeOwn = afterWaiting()
  const made = await client.remote.create({
    accountId,
    name,
    description: description.trim() === '' ? null : description.trim(),
    classes: withClassNames([], new Set(classes)),
  })
  void queryClient.invalidateQueries({ queryKey: orpc.remote.list.key() })
  const isOffered = async () => {
    if (!closeOwn(null)) return false
    const offer = afterWaiting()
    if (!(await openRemote(accountId, made.remoteId))) return false
    if (!dropped) return true
    const target = { accountId, remoteId: made.remoteId, name: made.name }
    return offer({ kind: 'upload', target, dropped })
  }
  if (!(await isOffered()) && dropped)
    notify(
      t('“{name}” was created, but the dropped files weren’t uploaded. Drop them on it again.', {
        name: made.name,
      }),
    )
}
