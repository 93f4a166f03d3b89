import { choices } from '#renderer/document/choices.ts'
import { datasetState } from '#renderer/document/dataset-state.ts'
import { flushEdits, reloadAll } from '#renderer/document/session.ts'
import { client } from '#renderer/rpc/connection.ts'
import type { ClassEdit } from '#shared/contract/datasets.ts'
import { newId } from '#shared/model/annotation.ts'
import { type AnnotationClass, withClassLook } from '#shared/model/annotation-class.ts'
import { notifyError } from './app-state.ts'

/** Edits the open dataset's classes, with their annotations; undone like any other edit. */
export async function editClasses(edit: ClassEdit): Promise<boolean> {
  const { dataset } = datasetState.getState()
  if (!dataset) return false
  const takeBack = showAtOnce(edit)
  try {
    // Earlier edits must be saved before they can be renamed.
    await flushEdits()
    const next = await client.datasets.editClasses({ id: dataset.id, commitId: newId(), edit })
    // The user may have opened another dataset meanwhile.
    if (datasetState.getState().dataset?.id === next.id) datasetState.setState({ dataset: next })
    // Updates the open image now; other images follow.
    reloadAll()
    return true
  } catch (error) {
    takeBack()
    notifyError(error)
    return false
  }
}

/**
 * Shows a colour or an order before the engine has it; other edits change labels, which must change with the list.
 * Returns a function that shows the classes as they were, unless others were shown since.
 */
function showAtOnce(edit: ClassEdit): () => void {
  const { dataset } = datasetState.getState()
  if (!dataset || (edit.kind !== 'recolor' && edit.kind !== 'reorder')) return () => {}
  const shown = { ...dataset, classes: withClassLook(dataset.classes, edit) }
  datasetState.setState({ dataset: shown })
  return () => {
    const now = datasetState.getState().dataset
    if (now?.classes === shown.classes)
      datasetState.setState({ dataset: { ...now, classes: dataset.classes } })
  }
}

/**
 * Adds a class and chooses it for new shapes. Both happen at once: what is drawn or chosen while the class is being
 * saved must count.
 */
export async function addClass(added: AnnotationClass): Promise<void> {
  const { dataset } = datasetState.getState()
  if (!dataset) return
  const { className: previous } = choices.getState()
  datasetState.setState({ dataset: { ...dataset, classes: [...dataset.classes, added] } })
  choices.setState({ className: added.name })
  if (await editClasses({ kind: 'add', class: added })) return
  const now = datasetState.getState().dataset
  if (now?.id === dataset.id)
    datasetState.setState({ dataset: { ...now, classes: now.classes.filter((c) => c !== added) } })
  if (choices.getState().className === added.name) choices.setState({ className: previous })
}
