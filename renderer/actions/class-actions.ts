import { datasetState } from '#renderer/document/dataset-state.ts'
import { flushEdits, reloadAll } from '#renderer/document/session.ts'
import { client } from '#renderer/rpc/connection.ts'
import type { ClassEdit } from '#shared/contract/datasets.ts'
import { newId } from '#shared/model/annotation.ts'
import { notifyError } from './app-state.ts'

/** Edits the open dataset's classes, with their annotations; undone like any other edit. */
export async function editClasses(edit: ClassEdit): Promise<boolean> {
  const { dataset } = datasetState.getState()
  if (!dataset) return false
  try {
    // Earlier edits must be saved before they can be renamed.
    await flushEdits()
    const next = await client.datasets.editClasses({ id: dataset.id, commitId: newId(), edit })
    datasetState.setState({ dataset: next })
    // Updates the open image now; other images follow.
    reloadAll()
    return true
  } catch (error) {
    notifyError(error)
    return false
  }
}
