import { cpSync } from 'node:fs'
import { join } from 'node:path'
import type { Clock } from '#core/api/retry.ts'
import type { Annotation } from '#shared/model/annotation.ts'
import { cable } from '#tests/helpers/cable.ts'
import { openCore, type TestCore, temporaryFolder, testPorts } from '#tests/helpers/core.ts'
import { DATASET, type Scene } from './scene.ts'

/** So small that a few edits cross each limit. */
const LIMITS = { readBatch: 2, saveBatch: 4, listFrom: 3 }

/** Time that passes as soon as somebody waits. */
function quickClock(skewMs: { value: number }): Clock {
  let ahead = 0
  return {
    now: () => Date.now() + ahead + skewMs.value,
    random: () => 0.5,
    sleep: async (ms, signal) => {
      signal?.throwIfAborted()
      ahead += ms
      // While a cable is unplugged the service is probed repeatedly, so pause between probes.
      await new Promise((next) => setTimeout(next, ms >= 1_000 ? 5 : 0))
      signal?.throwIfAborted()
    },
  }
}

const start = (dataDir: string, scene: Scene): TestCore =>
  openCore(testPorts(dataDir), null, {
    clock: quickClock(scene.skewMs),
    pushesByItself: false,
    limits: LIMITS,
  })

/** Somebody with an app, a database and a network cable of their own. */
export class Person implements AsyncDisposable {
  readonly number: number
  readonly folder: ReturnType<typeof temporaryFolder>
  readonly accountId: string
  readonly datasetId: string
  core: TestCore
  readonly #scene: Scene
  readonly #line: Awaited<ReturnType<typeof cable>>
  #dataDir: string
  #isPlugged = true

  private constructor(
    scene: Scene,
    number: number,
    at: {
      folder: ReturnType<typeof temporaryFolder>
      line: Awaited<ReturnType<typeof cable>>
      dataDir: string
      core: TestCore
      accountId: string
      datasetId: string
    },
  ) {
    this.number = number
    this.folder = at.folder
    this.accountId = at.accountId
    this.datasetId = at.datasetId
    this.core = at.core
    this.#scene = scene
    this.#line = at.line
    this.#dataDir = at.dataDir
  }

  static async join(scene: Scene, number: number): Promise<Person> {
    const folder = temporaryFolder()
    const line = await cable(scene.emulator.url)
    const dataDir = join(folder.path, 'run0')
    const core = start(dataDir, scene)
    const { id: accountId } = await core.accounts.add(line.url, 'pk_live_member')
    const { id: remoteId } = scene.emulator.state.dataset(DATASET)
    const { id: datasetId } = await core.remoteDatasets.open(accountId, remoteId)
    await core.remoteDatasets.settled(datasetId)
    for (const { id } of core.images.list(datasetId)) await core.labelSync.read(id)
    return new Person(scene, number, { folder, line, dataDir, core, accountId, datasetId })
  }

  say(what: string): void {
    this.#scene.log.push(`${this.number}: ${what}`)
  }

  anImage(): { id: string; path: string } {
    return this.#scene.pick(this.core.images.list(this.datasetId))
  }

  /** The labels of all images as this app has them, by id. */
  labels(): Map<string, Annotation> {
    const images = this.core.images.list(this.datasetId)
    return new Map(
      images.flatMap((image) =>
        this.core.edits
          .annotations(image.id)
          .annotations.map((annotation) => [annotation.id, annotation]),
      ),
    )
  }

  async read(): Promise<void> {
    const { id } = this.anImage()
    await this.core.labelSync.read(id).catch(() => {})
    this.noteConflicts(id)
    this.say(`reads ${id}`)
  }

  async push(): Promise<void> {
    await this.core.engine.pushNow(this.accountId)
    this.#scene.tally.pushes++
    for (const { id } of this.core.images.list(this.datasetId)) this.noteConflicts(id)
    this.say('pushes')
  }

  noteConflicts(imageId: string): void {
    const { stories, tally } = this.#scene
    for (const { id } of this.core.labelSync.conflicts(imageId)) {
      const story = stories.of(id)
      if (story && !story.wasInConflict) tally.conflicts++
      if (story) story.wasInConflict = true
    }
  }

  decide(): void {
    for (const { id } of this.core.images.list(this.datasetId)) this.decideAll(id)
  }

  decideAll(imageId: string): void {
    const { seed } = this.#scene
    this.noteConflicts(imageId)
    for (const { id } of this.core.labelSync.conflicts(imageId)) {
      const choice = this.#scene.pick(['mine', 'theirs'] as const)
      this.core.labelSync.resolve(imageId, [id], choice, `${seed}-r${this.#scene.next()}`)
      this.say(`decides on ${id}: ${choice}`)
    }
  }

  unplug(): void {
    this.#line.unplug()
    this.#isPlugged = false
    this.say('goes offline')
  }

  async plug(): Promise<void> {
    this.#line.plug()
    this.#isPlugged = true
    // The request itself may hit a fault.
    for (let ask = 0; ask < 5 && !this.core.accounts.isOnline(this.accountId); ask++)
      await this.core.accounts.probe(this.accountId)
    this.say('goes online')
  }

  /** Only what is on disk at that moment survives; requests in progress may or may not be lost. */
  async crash(): Promise<void> {
    const scene = this.#scene
    const pushing = this.core.engine.pushNow(this.accountId)
    const { requests } = scene.emulator
    const until = requests.length + scene.below(6)
    for (let turn = 0; turn < 400 && requests.length < until; turn++)
      await new Promise((next) => setImmediate(next))
    const dataDir = join(this.folder.path, `run${scene.next() + 1}`)
    cpSync(this.#dataDir, dataDir, { recursive: true })
    this.#line.cut()
    this.#line.unplug()
    await Promise.all([pushing, this.core[Symbol.asyncDispose]()])
    await scene.landed()
    if (this.#isPlugged) this.#line.plug()
    this.#dataDir = dataDir
    this.core = start(dataDir, scene)
    scene.tally.crashes++
    this.say('crashes and starts again')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.core[Symbol.asyncDispose]()
    await this.#line[Symbol.asyncDispose]()
    this.folder[Symbol.dispose]()
  }
}
