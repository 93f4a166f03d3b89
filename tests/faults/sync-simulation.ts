/**
 * Two or three people on one dataset of a local service, with everything that can go wrong between them: real
 * cores with real databases, real connections, crashes in the middle of pushes. Afterwards everybody must agree,
 * and every edit that was acknowledged must be accounted for. A seed gives the same run each time.
 */
import { cpSync } from 'node:fs'
import { join } from 'node:path'
import type { Clock } from '#core/api/retry.ts'
import { fromWireAnnotation } from '#core/api/wire-annotation.ts'
import { sameLabels } from '#core/sync/merge.ts'
import { type Emulator, startEmulator } from '#emulator/server.ts'
import { type Annotation, newAnnotation } from '#shared/model/annotation.ts'
import { type ChangeSet, EMPTY_CHANGE_SET, sameValue } from '#shared/model/change-set.ts'
import { cable } from '#tests/helpers/cable.ts'
import { openCore, type TestCore, temporaryFolder, testPorts } from '#tests/helpers/core.ts'
import { seededRandom } from '#tests/helpers/random.ts'

const IMAGES = 4
const CLASSES = ['car', 'person', 'lane']
const STEPS = 60
/** Rounds until everybody must agree. */
const ROUNDS = 12
const DATASET = 'shared'

type Field = 'className' | 'shape' | 'attributes'
const FIELDS: readonly Field[] = ['className', 'shape', 'attributes']

/** What was acknowledged of one annotation, by whom, in order. */
interface Story {
  path: string
  writes: { by: number; field: Field; value: unknown }[]
  deletedBy: Set<number>
  /** It was shown to somebody to decide on. */
  wasInConflict: boolean
  /** Somebody took back an edit: which value holds is theirs to say. */
  wasUndone: boolean
}

interface Client {
  number: number
  core: TestCore
  line: Awaited<ReturnType<typeof cable>>
  folder: ReturnType<typeof temporaryFolder>
  dataDir: string
  accountId: string
  datasetId: string
  isPlugged: boolean
}

export interface Tally {
  edits: number
  pushes: number
  crashes: number
  conflicts: number
  faults: number
}

/** Time that passes as soon as somebody waits. */
function quickClock(skewMs: { value: number }): Clock {
  let ahead = 0
  return {
    now: () => Date.now() + ahead + skewMs.value,
    random: () => 0.5,
    sleep: async (ms, signal) => {
      signal?.throwIfAborted()
      ahead += ms
      // While a cable is out the service is asked again and again: not without a pause.
      await new Promise((next) => setTimeout(next, ms >= 1_000 ? 5 : 0))
      signal?.throwIfAborted()
    },
  }
}

class World {
  readonly #random: () => number
  readonly #seed: number
  /** What classes were called afterwards. */
  readonly #renames = new Map<string, string[]>()
  readonly #stories = new Map<string, Story>()
  readonly tally: Tally = { edits: 0, pushes: 0, crashes: 0, conflicts: 0, faults: 0 }
  readonly #clients: Client[] = []
  #emulator!: Emulator
  #serviceFolder!: ReturnType<typeof temporaryFolder>
  #count = 0
  readonly #skewMs = { value: 0 }
  readonly log: string[] = []

  constructor(seed: number) {
    this.#seed = seed
    this.#random = seededRandom(seed)
  }

  async begin(): Promise<void> {
    this.#serviceFolder = temporaryFolder()
    this.#emulator = await startEmulator({
      dataDir: this.#serviceFolder.path,
      now: () => Date.now() - this.#skewMs.value,
    })
    const { state } = this.#emulator
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
    const people = 2 + this.#below(2)
    for (let number = 0; number < people; number++) await this.#join(number)
  }

  async end(): Promise<void> {
    for (const { core, line, folder } of this.#clients) {
      await core[Symbol.asyncDispose]()
      await line[Symbol.asyncDispose]()
      folder[Symbol.dispose]()
    }
    await this.#emulator[Symbol.asyncDispose]()
    this.#serviceFolder[Symbol.dispose]()
  }

  async step(): Promise<void> {
    const client = this.#pick(this.#clients)
    const what = this.#random()
    if (what < 0.5) this.#edit(client)
    else if (what < 0.54) this.#undo(client)
    else if (what < 0.575) this.#facts(client)
    else if (what < 0.585) this.#renameClass(client)
    else if (what < 0.66) await this.#read(client)
    else if (what < 0.84) await this.#push(client)
    else if (what < 0.88) this.#unplug(client)
    else if (what < 0.92) await this.#plug(client)
    else if (what < 0.95) await this.#crash(client)
    else if (what < 0.97) this.#decide(client)
    else this.#fault()
  }

  /** Network back and quiet: all tell and read until nothing is left. */
  async settle(): Promise<void> {
    this.#emulator.faults.clear()
    for (const client of this.#clients) await this.#plug(client)
    for (let round = 0; round < ROUNDS; round++) {
      for (const client of this.#clients) {
        client.core.remoteDatasets.refreshImages(client.datasetId)
        await client.core.remoteDatasets.settled(client.datasetId)
        for (const { id } of client.core.images.list(client.datasetId)) {
          await client.core.labelSync.read(id)
          this.#noteConflicts(client, id)
          if (round > 2) this.#decideAll(client, id)
        }
        this.#bringClassesBack(client)
        client.core.outbox.retry(null)
        await client.core.engine.pushNow(client.accountId)
      }
      if (this.#clients.every((client) => this.#agrees(client))) return
    }
    for (const client of this.#clients) {
      const problem = this.#disagreement(client)
      if (problem) throw new Error(`person ${client.number}: ${problem}`)
    }
  }

  /** Throws where an acknowledged edit is neither there nor accounted for. */
  check(): void {
    for (const [id, story] of this.#stories) {
      const final = this.#onService(story.path).find((annotation) => annotation.id === id)
      const excused = story.wasInConflict || story.wasUndone
      if (!final) {
        if (story.deletedBy.size === 0 && !excused)
          throw new Error(`${id} on ${story.path} is gone, and nobody deleted it`)
        continue
      }
      if (story.deletedBy.size > 0 && !excused)
        throw new Error(`${id} on ${story.path} was deleted and is there`)
      if (excused) continue
      for (const field of FIELDS) {
        const writes = story.writes.filter((write) => write.field === field)
        // Of each person's writes the last: an earlier one was superseded by themselves.
        const last = new Map(writes.map(({ by, value }) => [by, value]))
        const means = (value: unknown) => this.#isSame(field, value, final[field])
        if (![...last.values()].some(means))
          throw new Error(
            `${id} on ${story.path}: ${field} is ${JSON.stringify(final[field])}, and nobody’s last word was that`,
          )
        // Who is the only one to have changed it has the last word.
        const changers = new Set(writes.slice(1).map(({ by }) => by))
        const [only, second] = changers
        const word = last.get(only)
        if (only !== undefined && second === undefined && !means(word))
          throw new Error(
            `${id} on ${story.path}: ${field} should be ${JSON.stringify(word)} as person ${only} left it`,
          )
      }
    }
  }

  /** A class may have got another name since. */
  #isSame(field: Field, said: unknown, is: unknown): boolean {
    if (sameValue(said, is)) return true
    if (field !== 'className') return false
    const names = new Set([String(said)])
    for (const name of names) for (const next of this.#renames.get(name) ?? []) names.add(next)
    return names.has(String(is))
  }

  #renameClass(client: Client): void {
    const { classes } = client.core.datasets.get(client.datasetId)
    const { name: from } = this.#pick(classes)
    const to = `class${this.#count++}`
    const edit = { kind: 'rename' as const, from, to }
    client.core.publish(
      client.core.edits.editClasses(client.datasetId, `${this.#seed}-c${this.#count++}`, edit),
    )
    this.#renames.set(from, [...(this.#renames.get(from) ?? []), to])
    this.#say(client, `renames class ${from} to ${to}`)
  }

  /** What a person does whose labels are refused because somebody renamed their class: they make it again. */
  #bringClassesBack({ core, datasetId }: Client): void {
    // Two renamed the same class: the second gives it up.
    for (const { kind, id } of core.outbox.list(datasetId, 'failed'))
      if (kind === 'classes') core.outboxView.discard(id)
    const refused = core.outbox.list(datasetId, 'failed').flatMap(({ imageId }) => imageId ?? [])
    const known = new Set(this.#emulator.state.dataset(DATASET).classes.map(({ name }) => name))
    const mine = core.datasets.get(datasetId).classes
    for (const imageId of refused)
      for (const { className } of core.edits.annotations(imageId).annotations) {
        if (known.has(className)) continue
        known.add(className)
        const item = mine.find(({ name }) => name === className)
        const others = mine.filter((one) => one !== item)
        core.datasets.takeClasses(datasetId, others)
        core.datasets.addClasses(datasetId, [item ?? { name: className, color: '#e69f00' }])
      }
  }

  #below(limit: number): number {
    return Math.floor(this.#random() * limit)
  }

  #pick<T>(items: readonly T[]): T {
    return items[this.#below(items.length)]
  }

  #say(client: Client, what: string): void {
    this.log.push(`${client.number}: ${what}`)
  }

  async #join(number: number): Promise<void> {
    const folder = temporaryFolder()
    const line = await cable(this.#emulator.url)
    const dataDir = join(folder.path, 'run0')
    const core = this.#start(dataDir)
    const { id: accountId } = await core.accounts.add(line.url, 'pk_live_member')
    const { id: remoteId } = this.#emulator.state.dataset(DATASET)
    const { id: datasetId } = await core.remoteDatasets.open(accountId, remoteId)
    await core.remoteDatasets.settled(datasetId)
    const client = { number, core, line, folder, dataDir, accountId, datasetId, isPlugged: true }
    for (const { id } of core.images.list(datasetId)) await core.labelSync.read(id)
    this.#clients.push(client)
  }

  #start(dataDir: string): TestCore {
    const options = { clock: quickClock(this.#skewMs), pushesByItself: false }
    return openCore(testPorts(dataDir), null, options)
  }

  #image({ core, datasetId }: Client): { id: string; path: string } {
    return this.#pick(core.images.list(datasetId))
  }

  #commit(client: Client, imageId: string, label: string, changes: Partial<ChangeSet>): void {
    client.core.publish(
      client.core.edits.commit({
        commitId: `${this.#seed}-${this.#count++}`,
        imageId,
        baseRevision: null,
        changes: { ...EMPTY_CHANGE_SET, ...changes },
        label,
        origin: 'user',
      }),
    )
    this.tally.edits++
  }

  #edit(client: Client): void {
    const { id: imageId, path } = this.#image(client)
    const { annotations } = client.core.edits.annotations(imageId)
    const annotation = this.#pick(annotations)
    const kind = this.#random()
    if (!annotation || kind < 0.35) {
      const shape = { kind: 'bbox' as const, x: this.#below(100), y: 5, w: 10, h: 8 }
      const made = newAnnotation(shape, this.#pick(CLASSES), {
        id: `s${this.#seed}-a${this.#count++}`,
      })
      this.#commit(client, imageId, 'Draw', { created: [made] })
      this.#stories.set(made.id, {
        path,
        writes: FIELDS.map((field) => ({ by: client.number, field, value: made[field] })),
        deletedBy: new Set(),
        wasInConflict: false,
        wasUndone: false,
      })
      this.#say(client, `draws ${made.id} on ${path}`)
      return
    }
    const story = this.#stories.get(annotation.id)
    if (kind < 0.45) {
      this.#commit(client, imageId, 'Delete', { deleted: [annotation] })
      story?.deletedBy.add(client.number)
      this.#say(client, `deletes ${annotation.id}`)
      return
    }
    const after = this.#changed(annotation, kind)
    const field = FIELDS.find((name) => !sameValue(annotation[name], after[name]))
    if (!field) return
    this.#commit(client, imageId, 'Change', { updated: [{ before: annotation, after }] })
    story?.writes.push({ by: client.number, field, value: after[field] })
    this.#say(client, `changes ${field} of ${annotation.id} to ${JSON.stringify(after[field])}`)
  }

  #changed(annotation: Annotation, kind: number): Annotation {
    if (kind < 0.65) return { ...annotation, className: this.#pick(CLASSES) }
    if (kind < 0.8) return { ...annotation, attributes: { speed: this.#below(1000) } }
    const shape = { kind: 'bbox' as const, x: this.#below(100), y: this.#below(80), w: 20, h: 12 }
    return { ...annotation, shape }
  }

  #undo(client: Client): void {
    const { id } = this.#image(client)
    const before = client.core.edits.annotations(id).annotations
    const outcome = client.core.edits.undo(id, `${this.#seed}-u${this.#count++}`)
    if (!outcome) return
    client.core.publish(outcome)
    const touched = outcome.effects.flatMap(({ changes }) => [
      ...changes.created,
      ...changes.deleted,
      ...changes.updated.map(({ after }) => after),
    ])
    for (const annotation of [...touched, ...(touched.length > 0 ? [] : before)]) {
      const story = this.#stories.get(annotation.id)
      if (story) story.wasUndone = true
    }
    this.#say(client, `undoes ${outcome.label}`)
  }

  #facts(client: Client): void {
    const { id } = this.#image(client)
    const stage = this.#pick(['new', 'annotate', 'review', 'complete'] as const)
    client.core.images.patch([id], { stage })
    client.core.images.patchTags([id], [`t${this.#below(4)}`], [`t${this.#below(4)}`])
    this.#say(client, `stage ${stage} of ${id}`)
  }

  async #read(client: Client): Promise<void> {
    const { id } = this.#image(client)
    await client.core.labelSync.read(id).catch(() => {})
    this.#noteConflicts(client, id)
    this.#say(client, `reads ${id}`)
  }

  async #push(client: Client): Promise<void> {
    await client.core.engine.pushNow(client.accountId)
    this.tally.pushes++
    for (const { id } of client.core.images.list(client.datasetId)) this.#noteConflicts(client, id)
    this.#say(client, 'pushes')
  }

  #noteConflicts({ core }: Client, imageId: string): void {
    for (const { id } of core.labelSync.conflicts(imageId)) {
      const story = this.#stories.get(id)
      if (story && !story.wasInConflict) this.tally.conflicts++
      if (story) story.wasInConflict = true
    }
  }

  #unplug(client: Client): void {
    client.line.unplug()
    client.isPlugged = false
    this.#say(client, 'goes offline')
  }

  async #plug(client: Client): Promise<void> {
    client.line.plug()
    client.isPlugged = true
    // A fault may meet the question itself.
    for (let ask = 0; ask < 5 && !client.core.accounts.isOnline(client.accountId); ask++)
      await client.core.accounts.probe(client.accountId)
    this.#say(client, 'goes online')
  }

  /** What is on disk at that moment is all that is left; what is on the way is lost, or not. */
  async #crash(client: Client): Promise<void> {
    const pushing = client.core.engine.pushNow(client.accountId)
    const { requests } = this.#emulator
    const until = requests.length + this.#below(6)
    for (let turn = 0; turn < 400 && requests.length < until; turn++)
      await new Promise((next) => setImmediate(next))
    const dataDir = join(client.folder.path, `run${++this.#count}`)
    cpSync(client.dataDir, dataDir, { recursive: true })
    client.line.cut()
    client.line.unplug()
    await Promise.all([pushing, client.core[Symbol.asyncDispose]()])
    if (client.isPlugged) client.line.plug()
    client.dataDir = dataDir
    client.core = this.#start(dataDir)
    this.tally.crashes++
    this.#say(client, 'crashes and starts again')
  }

  #decide(client: Client): void {
    for (const { id } of client.core.images.list(client.datasetId)) this.#decideAll(client, id)
  }

  #decideAll(client: Client, imageId: string): void {
    this.#noteConflicts(client, imageId)
    for (const { id } of client.core.labelSync.conflicts(imageId)) {
      const choice = this.#pick(['mine', 'theirs'] as const)
      client.core.labelSync.resolve(imageId, [id], choice, `${this.#seed}-r${this.#count++}`)
      this.#say(client, `decides on ${id}: ${choice}`)
    }
  }

  #fault(): void {
    if (this.#random() < 0.2) {
      this.#jumpClocks()
      return
    }
    const match = this.#pick(['', 'annotations', 'annotations/bulk', '/file', 'images'])
    const fault = this.#pick([
      { kind: 'status', status: 503 },
      { kind: 'status', status: 429, retryAfter: '1' },
      { kind: 'status', status: 429 },
      { kind: 'reset' },
      { kind: 'lose_answer' },
      { kind: 'truncate', bytes: 20, honest: true },
      { kind: 'garbage' },
      { kind: 'portal' },
    ] as const)
    this.#emulator.faults.add({ match, times: 1 + this.#below(4), fault })
    this.tally.faults++
    this.log.push(`service: ${match} ${JSON.stringify(fault)}`)
  }

  /** Somebody sets a clock: hours forward or back, here or there. */
  #jumpClocks(): void {
    const hours = this.#below(48) - 24
    this.#skewMs.value = hours * 3_600_000
    this.log.push(`clocks jump by ${hours} h`)
  }

  #onService(path: string): Annotation[] {
    const { state } = this.#emulator
    const image = state.imageAt(state.dataset(DATASET), path)
    return state.annotations(image.id).map((value) => {
      const parsed = fromWireAnnotation(value)
      if (!parsed.ok) throw new Error(`The service has an invalid annotation: ${parsed.message}`)
      return parsed.annotation
    })
  }

  #agrees(client: Client): boolean {
    return this.#disagreement(client) === null
  }

  #disagreement({ core, datasetId }: Client): string | null {
    const left = core.outbox.list(datasetId)
    if (left.length > 0) return `not told: ${JSON.stringify(left)}`
    const { state } = this.#emulator
    for (const { id, path, stage, tags } of core.images.list(datasetId)) {
      if (!sameLabels(core.edits.annotations(id).annotations, this.#onService(path)))
        return `labels of ${path} differ from the service’s`
      const there = state.imageAt(state.dataset(DATASET), path)
      if (there.status !== stage) return `stage of ${path}: ${stage}, there ${there.status}`
      if (!sameValue([...tags].sort(), [...there.tags].sort()))
        return `tags of ${path}: ${tags}, there ${there.tags}`
    }
    return null
  }
}

/** Throws an error that names the seed and what was done, when the promise does not hold. */
export async function simulate(seed: number): Promise<Tally> {
  const world = new World(seed)
  await world.begin()
  try {
    for (let step = 0; step < STEPS; step++) await world.step()
    await world.settle()
    world.check()
    return world.tally
  } catch (error) {
    const reason = error instanceof Error ? (error.stack ?? error.message) : String(error)
    throw new Error(`seed ${seed}: ${reason}\n${world.log.join('\n')}`, { cause: error })
  } finally {
    await world.end()
  }
}
