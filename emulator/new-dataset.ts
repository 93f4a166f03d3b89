import { newId, type State, type StoredDataset } from './state.ts'

/** A dataset with the usual fields. */
export function newDataset(
  name: string,
  at: string,
  more: Partial<StoredDataset> = {},
): StoredDataset {
  return {
    id: newId(),
    name,
    description: null,
    readme: null,
    annotation_types: ['bbox'],
    classes: [],
    is_archived: false,
    archived_at: null,
    storage_class: 'standard',
    created_at: at,
    updated_at: at,
    ...more,
  }
}

/** The name of a copied dataset; adds a suffix if the name is taken. */
export function freeDatasetName(state: State, wanted: string): string {
  const names = new Set(state.datasets().map(({ name }) => name))
  let name = wanted
  while (names.has(name)) name = `${name} (imported)`
  return name
}
