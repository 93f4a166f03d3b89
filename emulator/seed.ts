import { DRAWN } from './drawn-image.ts'
import { newId, type State, type StoredDataset } from './state.ts'

const WHEN = '2026-01-01T00:00:00.000Z'

function dataset(name: string, more: Partial<StoredDataset> = {}): StoredDataset {
  return {
    id: newId(),
    name,
    description: null,
    readme: null,
    annotation_types: ['bbox', 'polygon', 'polyline', 'keypoint'],
    classes: ['car', 'person', 'lane'].map((item, index) => ({
      name: item,
      color: ['#e69f00', '#56b4e9', '#009e73'][index],
    })),
    is_archived: false,
    archived_at: null,
    storage_class: 'standard',
    created_at: WHEN,
    updated_at: WHEN,
    ...more,
  }
}

function fill(
  state: State,
  into: StoredDataset,
  count: number,
  directories: readonly string[],
): void {
  state.putDataset(into)
  state.transaction(() => {
    for (let index = 0; index < count; index++)
      state.addImage({
        id: newId(),
        dataset_id: into.id,
        directory_path: directories[index % directories.length],
        filename: `image ${String(index).padStart(5, '0')}.jpg`,
        status: 'new',
        split: null,
        tags: [],
        file_size: DRAWN.bytes,
        width: DRAWN.width,
        height: DRAWN.height,
        content_type: 'image/jpeg',
        is_archived: false,
        object: `made:${index}`,
        created_at: WHEN,
      })
  })
}

/** A small dataset with directories, one of 12,000 images, and one in cold storage. */
export async function seed(state: State): Promise<void> {
  if (state.datasets().length > 0) return
  fill(state, dataset('street scenes'), 24, ['/', '/day', '/night/rain'])
  fill(state, dataset('large'), 12_000, ['/'])
  fill(state, dataset('frozen', { storage_class: 'coldline' }), 3, ['/'])
}
