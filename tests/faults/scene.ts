import { type Emulator, startEmulator } from '#emulator/server.ts'
import { temporaryFolder } from '#tests/helpers/core.ts'
import { seededRandom } from '#tests/helpers/random.ts'
import type { Drop } from './drops.ts'
import { Stories } from './stories.ts'

export const IMAGES = 9
export const CLASSES = ['car', 'person', 'lane']
export const DATASET = 'shared'
/** Number of checks until the service has executed what reached it; in two hundred tries, two were always enough. */
const TRIPS = 4

export interface Tally {
  edits: number
  pushes: number
  crashes: number
  conflicts: number
  faults: number
  uploads: number
  discards: number
  strangers: number
}

export const emptyTally = (): Tally => ({
  edits: 0,
  pushes: 0,
  crashes: 0,
  conflicts: 0,
  faults: 0,
  uploads: 0,
  discards: 0,
  strangers: 0,
})

/** What all people of a simulation share: the service, chance, and the record of what was done. */
export class Scene implements AsyncDisposable {
  readonly seed: number
  readonly emulator: Emulator
  /** Chance, the same in each run of a seed: at least 0, less than 1. */
  readonly random: () => number
  readonly stories = new Stories()
  readonly drops: Drop[] = []
  /** Classes of drops without ids whose labels were undone. */
  readonly takenBack = new Set<string>()
  /** Classes that somebody deleted. */
  readonly deletedClasses = new Set<string>()
  readonly tally = emptyTally()
  readonly log: string[] = []
  /** How far the clocks of people and service are apart, milliseconds. */
  readonly skewMs: { value: number }
  readonly #folder: ReturnType<typeof temporaryFolder>
  #count = 0

  private constructor(
    seed: number,
    emulator: Emulator,
    skewMs: { value: number },
    folder: ReturnType<typeof temporaryFolder>,
  ) {
    this.seed = seed
    this.emulator = emulator
    this.random = seededRandom(seed)
    this.skewMs = skewMs
    this.#folder = folder
  }

  static async begin(seed: number): Promise<Scene> {
    const folder = temporaryFolder()
    const skewMs = { value: 0 }
    const now = () => Date.now() - skewMs.value
    const emulator = await startEmulator({ dataDir: folder.path, now })
    fillService(emulator)
    return new Scene(seed, emulator, skewMs, folder)
  }

  below(limit: number): number {
    return Math.floor(this.random() * limit)
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)]
  }

  /** A number that no earlier call returned. */
  next(): number {
    return this.#count++
  }

  /**
   * The service executes what has reached it, although nobody waits for the answer. Until then nobody else acts: a
   * save has no precondition, so a late one replaces earlier ones, whatever a client does.
   */
  async landed(): Promise<void> {
    for (let trip = 0; trip < TRIPS; trip++)
      await (await fetch(`${this.emulator.url}/api/v1/developer/organizations/me`)).text()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.emulator[Symbol.asyncDispose]()
    this.#folder[Symbol.dispose]()
  }
}

/** The dataset as it is before anybody joins. */
function fillService({ state }: Emulator): void {
  const at = '2026-01-01T00:00:00.000Z'
  const dataset = {
    id: '11111111-1111-4111-8111-111111111111',
    name: DATASET,
    description: null,
    readme: null,
    annotation_types: ['bbox'],
    classes: CLASSES.map((name) => ({ name, color: '#e69f00' })),
    is_archived: false,
    archived_at: null,
    storage_class: 'standard' as const,
    created_at: at,
    updated_at: at,
  }
  state.putDataset(dataset)
  for (let index = 0; index < IMAGES; index++)
    state.addImage({
      id: `22222222-2222-4222-8222-00000000000${index}`,
      dataset_id: dataset.id,
      directory_path: '/',
      filename: `${index}.jpg`,
      status: 'new',
      split: null,
      tags: [],
      file_size: 2_000,
      width: 160,
      height: 120,
      content_type: 'image/jpeg',
      is_archived: false,
      object: `made:${index}`,
      created_at: at,
    })
}
