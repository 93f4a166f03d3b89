import { drawn } from './drawn-images.ts'
import { seedModels } from './models.ts'
import { newDataset } from './new-dataset.ts'
import type { Role } from './organization.ts'
import { type AutoTags, newId, type State, type StoredDataset } from './state.ts'

const WHEN = '2026-01-01T00:00:00.000Z'

export interface StoredTask {
  id: string
  dataset_id: string
  title: string
  kind: 'annotate' | 'review'
  status: 'open' | 'done'
  created_at: string
  image_ids: string[]
  /** Everybody with these roles. */
  assignees: Role[]
}

export interface StoredNotification {
  id: string
  type: string
  title: string
  message: string | null
  metadata: Record<string, unknown> | null
  created_at: string
  read_by: string[]
  put_away_by: string[]
}

function dataset(name: string, more: Partial<StoredDataset> = {}): StoredDataset {
  return newDataset(name, WHEN, {
    annotation_types: ['bbox', 'polygon', 'polyline', 'keypoint'],
    classes: ['car', 'person', 'lane'].map((item, index) => ({
      name: item,
      color: ['#e69f00', '#56b4e9', '#009e73'][index],
    })),
    ...more,
  })
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
        ...drawn(into, index, {
          directory_path: directories[index % directories.length],
          filename: `image ${String(index).padStart(5, '0')}.jpg`,
          created_at: WHEN,
        }),
        auto_tags: autoTags(index),
      })
  })
}

/** What a model would have detected in a drawn image. */
const autoTags = (index: number): AutoTags => ({
  objects: index % 2 === 0 ? ['car', 'street'] : ['person'],
  scenes: ['outdoor'],
  attributes: index % 3 === 0 ? ['daylight'] : [],
})

function seedPeople(state: State, { id: dataset_id }: StoredDataset): void {
  const ids = state.images(dataset_id).map(({ id }) => id)
  const tasks = state.collection<StoredTask>('task')
  const task = { dataset_id, created_at: WHEN }
  const add = (rest: Omit<StoredTask, 'id' | 'dataset_id' | 'created_at'>) =>
    tasks.put({ id: newId(), ...task, ...rest })
  add({
    title: 'Label the cars',
    kind: 'annotate',
    status: 'open',
    image_ids: ids.slice(0, 8),
    assignees: ['member'],
  })
  add({
    title: 'Review the night',
    kind: 'review',
    status: 'open',
    image_ids: ids.slice(8, 12),
    assignees: ['admin', 'member'],
  })
  const notifications = state.collection<StoredNotification>('notification')
  const notify = (type: string, title: string, message: string) =>
    notifications.put({
      id: newId(),
      type,
      title,
      message,
      metadata: null,
      created_at: WHEN,
      read_by: [],
      put_away_by: [],
    })
  notify('training_complete', 'Training complete', "Your model 'tiny detector' is ready.")
  notify('task_assigned', 'New task', "You are asked to 'Label the cars'.")
}

/** A small dataset with directories, one of `large` images, one in cold storage; models, tasks and notifications. */
export function seed(state: State, large = 12_000): void {
  if (state.datasets().length > 0) return
  const streets = dataset('street scenes')
  fill(state, streets, 24, ['/', '/day', '/night/rain'])
  fill(state, dataset('large'), large, ['/'])
  fill(state, dataset('frozen', { storage_class: 'coldline', cold_since: WHEN }), 3, ['/'])
  seedModels(state, WHEN)
  seedPeople(state, streets)
}
