import { flushEdits } from '#renderer/document/session.ts'
import { client } from '#renderer/rpc/connection.ts'
import type { BatchOutcome } from '#shared/model/curation.ts'
import { counted, t } from '#shared/texts/texts.ts'
import { notify, notifyError } from './app-state.ts'
import { imagesChanged } from './image-facts.ts'

/** Failures that are named; the others are counted. */
const NAMED = 3

function tellFailures({ failed }: BatchOutcome): void {
  if (failed.length === 0) return
  const named = failed.slice(0, NAMED).map(({ path, reason }) => `${path}: ${reason}`)
  const more = failed.length - named.length
  notify(
    [
      t('The service refused {count}.', { count: counted(failed.length, 'image') }),
      ...named,
      ...(more > 0 ? [t('and {more} more', { more })] : []),
    ].join('\n'),
    'error',
  )
}

/** Archives images on the service. Resolves when that is done, or the person was told why not. */
export async function archiveImages(datasetId: string, imageIds: string[]): Promise<void> {
  try {
    await Promise.all([flushEdits(), imagesChanged()])
    const outcome = await client.curation.archive({ datasetId, imageIds })
    if (outcome.processed > 0)
      notify(t('{count} archived.', { count: counted(outcome.processed, 'image') }))
    tellFailures(outcome)
  } catch (error) {
    notifyError(error)
  }
}

/** Copies images to another dataset of the account. Throws what the service says. */
export async function copyImages(
  datasetId: string,
  imageIds: string[],
  target: { remoteId: string; name: string },
  directory: string,
): Promise<void> {
  await Promise.all([flushEdits(), imagesChanged()])
  const outcome = await client.curation.copy({
    datasetId,
    imageIds,
    target: target.remoteId,
    directory,
  })
  const { processed, classesAdded } = outcome
  notify(
    [
      t('{count} copied to “{name}”.', { count: counted(processed, 'image'), name: target.name }),
      ...(classesAdded.length > 0
        ? [t('Classes added there: {names}', { names: classesAdded.join(', ') })]
        : []),
    ].join('\n'),
  )
  tellFailures(outcome)
}
