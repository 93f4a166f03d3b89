import type { ClassEdit } from '#shared/contract/datasets.ts'
import { type AnnotationClass, classByName, withClassLook } from '#shared/model/annotation-class.ts'
import type { Dataset } from '#shared/model/dataset.ts'
import { datasetState, EMPTY_DATASET } from './dataset-state.ts'

/** Class edits that are shown before the engine has them. Others change labels, which must change with the list. */
type EarlyEdit = Extract<ClassEdit, { kind: 'add' | 'recolor' | 'reorder' }>

export const isEarlyEdit = (edit: ClassEdit): edit is EarlyEdit =>
  edit.kind === 'add' || edit.kind === 'recolor' || edit.kind === 'reorder'

/** Edits without an answer, oldest first. What the engine says meanwhile may not include them yet. */
let early: readonly { datasetId: string; edit: EarlyEdit }[] = []
/** The open dataset as the engine described it, and as it is shown, with the early edits. */
let told: Dataset | null = null
let shown: Dataset | null = null

function applied(classes: AnnotationClass[], edit: EarlyEdit): AnnotationClass[] {
  if (edit.kind !== 'add') return withClassLook(classes, edit)
  return classByName(classes, edit.class.name) ? classes : [...classes, edit.class]
}

function withEarlyEdits(dataset: Dataset): Dataset {
  const classes = early
    .filter(({ datasetId }) => datasetId === dataset.id)
    .reduce((list, { edit }) => applied(list, edit), dataset.classes)
  told = dataset
  shown = classes === dataset.classes ? dataset : { ...dataset, classes }
  return shown
}

function toldNow(): Dataset | null {
  const { dataset } = datasetState.getState()
  return dataset === shown ? told : dataset
}

/** Shows a dataset that was just opened. */
export function showDataset(dataset: Dataset): void {
  datasetState.setState({ ...EMPTY_DATASET, dataset: withEarlyEdits(dataset) })
}

/** Shows what the engine says of the open dataset; ignored if another one is open by now. */
export function takeDataset(next: Dataset): void {
  if (datasetState.getState().dataset?.id === next.id)
    datasetState.setState({ dataset: withEarlyEdits(next) })
}

/** Like `takeDataset`, for an answer of which only these fields count. */
export function takeFields(id: string, fields: Partial<Dataset>): void {
  const now = toldNow()
  if (now?.id === id) takeDataset({ ...now, ...fields })
}

/**
 * Shows an edit at once. Call the returned function when the engine has answered, with the answer; with null if it
 * refused, which takes the edit back.
 */
export function showEarly(datasetId: string, edit: EarlyEdit): (answer: Dataset | null) => void {
  const entry = { datasetId, edit }
  early = [...early, entry]
  takeFields(datasetId, {})
  return (answer) => {
    early = early.filter((other) => other !== entry)
    if (answer) takeDataset(answer)
    else takeFields(datasetId, {})
  }
}
