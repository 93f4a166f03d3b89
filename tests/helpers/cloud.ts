import type { Clock } from '#core/api/retry.ts'
import { toWireAnnotation } from '#core/api/wire-annotation.ts'
import type { Ports } from '#core/ports.ts'
import type { SyncLimits } from '#core/sync/sync-limits.ts'
import { type Emulator, type EmulatorOptions, startEmulator } from '#emulator/server.ts'
import type { Annotation } from '#shared/model/annotation.ts'
import { type ChangeSet, EMPTY_CHANGE_SET } from '#shared/model/change-set.ts'
import { openCore, type TestCore, temporaryFolder, testPorts } from './core.ts'

/** A local service with its seed, in a separate folder. */
export async function seededEmulator(options: Partial<EmulatorOptions> = {}) {
  const folder = temporaryFolder()
  const emulator = await startEmulator({ dataDir: folder.path, seeded: true, ...options })
  return {
    emulator,
    async [Symbol.asyncDispose]() {
      await emulator[Symbol.asyncDispose]()
      folder[Symbol.dispose]()
    },
  }
}

/** A remote dataset without images and classes. */
export function emptyDataset({ state }: Pick<Emulator, 'state'>, id: string, name = id): void {
  const at = '2026-01-01T00:00:00.000Z'
  state.putDataset({
    id,
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
  })
}

/** A core with an account, on one of its datasets. */
export async function cloudCore(
  emulator: Pick<Emulator, 'url' | 'state'>,
  {
    dataset: name = 'street scenes',
    apiKey = 'pk_live_member',
    baseUrl = emulator.url,
    limits = {},
    firstImages = 64,
    ports = {},
    clock,
  }: {
    dataset?: string
    apiKey?: string
    baseUrl?: string
    limits?: Partial<SyncLimits>
    firstImages?: number
    ports?: Partial<Ports>
    clock?: Clock
  } = {},
) {
  const data = temporaryFolder()
  const core = openCore({ ...testPorts(data.path), ...ports }, null, {
    limits,
    firstImages,
    // With a clock of its own, nothing runs by itself.
    ...(clock && { clock, pushesByItself: false }),
  })
  const account = await core.accounts.add(baseUrl, apiKey)
  const { id: remoteId } = emulator.state.dataset(name)
  const dataset = await core.remoteDatasets.open(account.id, remoteId)
  await core.remoteDatasets.settled(dataset.id)
  return {
    core,
    account,
    datasetId: dataset.id,
    dataDir: data.path,
    list: () => core.images.list(dataset.id),
    push: () => core.engine.pushNow(account.id),
    async [Symbol.asyncDispose]() {
      await core[Symbol.asyncDispose]()
      data[Symbol.dispose]()
    },
  }
}

let commits = 0

/** One edit as a window makes it. */
export function edit(
  core: Pick<TestCore, 'edits' | 'publish'>,
  imageId: string,
  changes: Partial<ChangeSet>,
): void {
  core.publish(
    core.edits.commit({
      commitId: `cloud-test-${commits++}`,
      imageId,
      changes: { ...EMPTY_CHANGE_SET, ...changes },
      label: 'Edit',
      origin: 'user',
    }),
  )
}

/** The service's annotations of an image, by its path, in the app's form. */
export function onService(
  { state }: Pick<Emulator, 'state'>,
  dataset: string,
  path: string,
): { id: string; name: string }[] {
  return state
    .annotations(state.imageAt(state.dataset(dataset), path).id)
    .map(({ id, name }) => ({ id, name }))
}

/** Somebody else saves an image's annotations with their own client, in the service's form. */
export function saveElsewhere(
  { state }: Pick<Emulator, 'state'>,
  dataset: string,
  path: string,
  annotations: readonly Annotation[],
): void {
  const { id } = state.imageAt(state.dataset(dataset), path)
  state.setAnnotations(id, annotations.map(toWireAnnotation) as never)
}

export const idAndClass = ({ id, className }: Annotation) => ({ id, name: className })
