import { choices } from '#renderer/document/choices.ts'
import { datasetState } from '#renderer/document/dataset-state.ts'
import { flushEdits, reloadAll } from '#renderer/document/session.ts'
import { isEarlyEdit, showEarly, takeDataset } from '#renderer/document/shown-dataset.ts'
import { client } from '#renderer/rpc/connection.ts'
import { reasonOf } from '#renderer/rpc/reason-of.ts'
import type { ClassEdit } from '#shared/contract/datasets.ts'
import { newId } from '#shared/model/annotation.ts'
import type { AnnotationClass } from '#shared/model/annotation-class.ts'
import type { Dataset } from '#shared/model/dataset.ts'
import { notifyError } from './app-state.ts'

/** Edits the open dataset's classes, with their annotations; undone like any other edit. */
export async function editClasses(edit: ClassEdit): Promise<boolean> {
  const { dataset } = datasetState.getState()
  if (!dataset) return false
  const show = isEarlyEdit(edit) ? showEarly(dataset.id, edit) : null
  try {
    const next = edit.kind === 'add' ? await add(dataset.id, edit) : await send(dataset.id, edit)
    if (show) show(next)
    else takeDataset(next)
    // Updates the open image now; other images follow.
    reloadAll()
    return true
  } catch (error) {
    show?.(null)
    notifyError(error)
    return false
  }
}

async function send(id: string, edit: ClassEdit): Promise<Dataset> {
  // Earlier edits must be saved before they can be renamed.
  await flushEdits()
  return client.datasets.editClasses({ id, commitId: newId(), edit })
}

/**
 * Does not wait for edits to be saved, because an add renames nothing. A class of that name is taken as it is: a shape
 * drawn meanwhile, or somebody else, was first.
 */
async function add(id: string, edit: Extract<ClassEdit, { kind: 'add' }>): Promise<Dataset> {
  try {
    return await client.datasets.editClasses({ id, commitId: newId(), edit })
  } catch (error) {
    if (reasonOf(error) !== 'class_taken') throw error
    return client.datasets.get({ id })
  }
}

/**
 * Adds a class and chooses it for new shapes. Both happen at once: what is drawn or chosen while the class is being
 * saved must count.
 */
export async function addClass(added: AnnotationClass): Promise<void> {
  if (!datasetState.getState().dataset) return
  const { className: previous } = choices.getState()
  const saving = editClasses({ kind: 'add', class: added })
  choices.setState({ className: added.name })
  if (await saving) return
  if (choices.getState().className === added.name) choices.setState({ className: previous })
}
