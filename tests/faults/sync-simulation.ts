/**
 * Two or three people on one dataset of a local service, and somebody on the service's own pages, with everything
 * that can go wrong between them: real cores with real databases, real connections, crashes during pushes and
 * uploads, batches of a few images. They draw, rename and delete classes, discard changes, replace images and upload
 * folders with labels, while others move and archive the images. In the end everybody must agree, every acknowledged
 * edit must be accounted for, and nothing may exist twice.
 */
import { cpSync } from 'node:fs'
import { join } from 'node:path'
import type { Clock } from '#core/api/retry.ts'
import type { OutboxRow } from '#core/cache/outbox.ts'
import { sameLabels } from '#core/sync/merge.ts'
import { UserError } from '#core/user-error.ts'
import { type Emulator, startEmulator } from '#emulator/server.ts'
import { type Annotation, newAnnotation } from '#shared/model/annotation.ts'
import { type ChangeSet, EMPTY_CHANGE_SET, sameValue } from '#shared/model/change-set.ts'
import { joinPath, trimSlashes } from '#shared/model/paths.ts'
import { cable } from '#tests/helpers/cable.ts'
import { openCore, type TestCore, temporaryFolder, testPorts } from '#tests/helpers/core.ts'
import { seededRandom } from '#tests/helpers/random.ts'
import { type Drop, makeDrop } from './drops.ts'
import { FIELDS, Stories } from './stories.ts'
import { annotationsOf, Stranger } from './stranger.ts'

const IMAGES = 9
const CLASSES = ['car', 'person', 'lane']
const STEPS = 90
/** Number of rounds until everybody must agree. */
const ROUNDS = 12
const DATASET = 'shared'

/** So small that a few edits cross each limit. */
const LIMITS = { readBatch: 2, saveBatch: 4, listFrom: 3 }
/** Number of checks until the service has executed what reached it; in two hundred tries, two were always enough. */
const TRIPS = 4
/** Number of checks that somebody waits for an upload before doing something else. */
const LOOKS = 60

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

class World {
  readonly #random: () => number
  readonly #seed: number
  readonly #stories = new Stories()
  readonly #drops: Drop[] = []
  /** Classes of drops without ids whose labels were undone. */
  readonly #takenBack = new Set<string>()
  /** Classes that somebody deleted. */
  readonly #deletedClasses = new Set<string>()
  readonly tally = emptyTally()
  #stranger!: Stranger
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
    this.#stranger = new Stranger({
      state,
      dataset: DATASET,
      stories: this.#stories,
      pick: (items) => this.#pick(items),
      below: (limit) => this.#below(limit),
      say: (what) => this.log.push(`stranger: ${what}`),
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
    if (what < 0.4) this.#edit(client)
    else if (what < 0.44) this.#undo(client)
    else if (what < 0.475) this.#facts(client)
    else if (what < 0.485) this.#renameClass(client)
    else if (what < 0.5) this.#deleteClass(client)
    else if (what < 0.52) this.#discardClasses(client)
    else if (what < 0.58) await this.#read(client)
    else if (what < 0.74) await this.#push(client)
    else if (what < 0.77) this.#unplug(client)
    else if (what < 0.8) await this.#plug(client)
    else if (what < 0.83) await this.#crash(client)
    else if (what < 0.85) this.#decide(client)
    else if (what < 0.88) await this.#drop(client)
    else if (what < 0.9) await this.#goOn(client)
    else if (what < 0.97) this.#actElsewhere()
    else this.#fault()
  }

  /** The network is back: everybody pushes and pulls until nothing is left. */
  async settle(): Promise<void> {
    this.#emulator.faults.clear()
    for (const client of this.#clients) await this.#plug(client)
    for (let round = 0; round < ROUNDS; round++) {
      for (const client of this.#clients) {
        client.core.remoteDatasets.refreshImages(client.datasetId)
        await client.core.remoteDatasets.settled(client.datasetId)
        // Also pull archived images without local labels, which are not listed.
        for (const id of client.core.remotes.imageIds(client.datasetId).values()) {
          await client.core.labelSync.read(id)
          this.#noteConflicts(client, id)
          if (round > 2) this.#decideAll(client, id)
        }
        this.#bringClassesBack(client)
        client.core.outbox.retry(null)
        await client.core.engine.pushNow(client.accountId)
        for (const { id, state } of client.core.transfers.list()) {
          if (state === 'done') continue
          await client.core.transfers.retry(id)
          await client.core.transfers.settled(id)
        }
      }
      if (this.#clients.every((client) => this.#agrees(client))) return
    }
    for (const client of this.#clients) {
      const problem = this.#disagreement(client)
      if (problem) throw new Error(`person ${client.number}: ${problem}`)
    }
  }

  /** Throws if something is missing that somebody made and nobody deleted, or exists twice. */
  check(): void {
    const { state } = this.#emulator
    const found = state
      .images(state.dataset(DATASET).id)
      .flatMap(({ id }) =>
        annotationsOf(state, id).map((annotation) => ({ imageId: id, annotation })),
      )
    this.#stories.check(found)
    for (const { counted } of this.#drops) {
      if (!counted) continue
      const { className, count } = counted
      const is = found.filter(({ annotation }) => annotation.className === className).length
      if (is > count || (is < count && !this.#takenBack.has(className)))
        throw new Error(`${is} labels of the upload with ${className}, which had ${count}`)
    }
    const classes = new Set(state.dataset(DATASET).classes.map(({ name }) => name))
    for (const name of this.#stranger.classes) {
      const names = [...this.#stories.namesOf(name)]
      if (!names.some((one) => classes.has(one) || this.#deletedClasses.has(one)))
        throw new Error(`the class ${name} is gone, and nobody deleted it`)
    }
  }

  #renameClass(client: Client): void {
    const from = this.#aClass(client)
    if (from === undefined) return
    const to = `class${this.#count++}`
    const edit = { kind: 'rename' as const, from, to }
    client.core.publish(
      client.core.edits.editClasses(client.datasetId, `${this.#seed}-c${this.#count++}`, edit),
    )
    this.#stories.rename(from, to)
    this.#say(client, `renames class ${from} to ${to}`)
  }

  /** Classes of uploads without ids keep their names, because their labels are counted by them. */
  #aClass({ core, datasetId }: Client): string | undefined {
    const { classes } = core.datasets.get(datasetId)
    return this.#pick(classes.map(({ name }) => name).filter((name) => !name.startsWith('y')))
  }

  #deleteClass(client: Client): void {
    const name = this.#aClass(client)
    if (name === undefined) return
    const { core, datasetId, number } = client
    const outcome = core.edits.editClasses(datasetId, `${this.#seed}-d${this.#count++}`, {
      kind: 'delete',
      name,
    })
    core.publish(outcome)
    this.#deletedClasses.add(name)
    for (const { changes } of outcome.effects)
      for (const { id } of changes.deleted) this.#stories.of(id)?.deletedBy.add(number)
    this.#say(client, `deletes class ${name}`)
  }

  /** Somebody discards an unpushed class change. */
  #discardClasses(client: Client): void {
    const { core, datasetId } = client
    const row = this.#pick(core.outbox.list(datasetId).filter(({ kind }) => kind === 'classes'))
    if (!row) return
    this.#discardRow(client, row)
    this.tally.discards++
  }

  #discardRow(client: Client, row: OutboxRow): void {
    const { core, number } = client
    const before = this.#localLabels(client)
    try {
      core.outboxView.discard(row.id)
    } catch (error) {
      if (!(error instanceof UserError)) throw error
      this.#say(client, `cannot discard: ${error.message}`)
      return
    }
    const after = this.#localLabels(client)
    for (const [id, annotation] of after)
      if (!before.has(id)) this.#stories.restore(id, number, annotation)
    // With the edit went its undo.
    for (const id of before.keys()) {
      const story = after.has(id) ? undefined : this.#stories.of(id)
      if (story) story.wasUndone = true
    }
    this.#say(client, `discards ${row.payload}`)
  }

  #localLabels({ core, datasetId }: Client): Map<string, Annotation> {
    const images = core.images.list(datasetId)
    return new Map(
      images.flatMap((image) =>
        core.edits
          .annotations(image.id)
          .annotations.map((annotation) => [annotation.id, annotation]),
      ),
    )
  }

  #actElsewhere(): void {
    this.#stranger.act()
    this.tally.strangers++
  }

  /** Somebody drops a folder with labels, waits for a while, and may stop the upload. */
  async #drop(client: Client): Promise<void> {
    const { core, accountId, number, folder } = client
    const { state } = this.#emulator
    const taken = state
      .images(state.dataset(DATASET).id)
      .filter((image) => image.directory_path === '/' && !image.is_archived)
      .map(({ filename }) => filename)
    const count = this.#count++
    const drop = await makeDrop(
      join(folder.path, `drop${count}`),
      { number: count, by: number, taken },
      {
        stories: this.#stories,
        pick: (items) => this.#pick(items),
        below: (limit) => this.#below(limit),
      },
    )
    this.#drops.push(drop)
    const { id: remoteId } = state.dataset(DATASET)
    const { onExisting } = drop
    const options = { directory: '/', tree: 'flat' as const, onExisting, withLabels: true }
    const target = { accountId, remoteId, name: DATASET }
    const { id } = core.transfers.upload(target, [drop.folder], options)
    this.tally.uploads++
    this.#say(client, `drops ${count}, ${onExisting}`)
    if (this.#below(4) === 0) await this.#crash(client)
    else await this.#watch(client, id)
  }

  /** Retries stopped or failed uploads. */
  async #goOn(client: Client): Promise<void> {
    const { transfers } = client.core
    const open = this.#pick(transfers.list().filter(({ state }) => state !== 'done'))
    if (!open) return
    await transfers.retry(open.id)
    this.#say(client, 'goes on with an upload')
    await this.#watch(client, open.id)
  }

  async #watch(client: Client, transferId: string): Promise<void> {
    const { transfers } = client.core
    const isUnderWay = () => !['done', 'failed'].includes(transfers.get(transferId).state)
    const looks = this.#below(2) === 0 ? this.#below(LOOKS) : LOOKS
    for (let look = 0; look < looks && isUnderWay(); look++)
      await new Promise((next) => setTimeout(next, 5))
    if (isUnderWay()) {
      await transfers.pause(transferId)
      await this.#landed()
    } else await transfers.settled(transferId)
    this.#say(client, `has an upload ${transfers.get(transferId).state}`)
  }

  /** If labels are refused because somebody renamed their class, the user creates the class again. */
  #bringClassesBack(client: Client): void {
    const { core, datasetId } = client
    // If two people renamed the same class, the second discards it.
    for (const row of core.outbox.list(datasetId, 'failed'))
      if (row.kind === 'classes') this.#discardRow(client, row)
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
    const options = { clock: quickClock(this.#skewMs), pushesByItself: false, limits: LIMITS }
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
    const annotation = this.#pick(annotations.filter(({ className }) => !className.startsWith('y')))
    const kind = this.#random()
    if (!annotation || kind < 0.35) {
      const shape = { kind: 'bbox' as const, x: this.#below(100), y: 5, w: 10, h: 8 }
      const made = newAnnotation(shape, this.#pick(CLASSES), {
        id: `s${this.#seed}-a${this.#count++}`,
      })
      this.#commit(client, imageId, 'Draw', { created: [made] })
      this.#stories.begin(made, path, client.number)
      this.#say(client, `draws ${made.id} on ${path}`)
      return
    }
    if (kind < 0.45) {
      this.#commit(client, imageId, 'Delete', { deleted: [annotation] })
      this.#stories.of(annotation.id)?.deletedBy.add(client.number)
      this.#say(client, `deletes ${annotation.id}`)
      return
    }
    const after = this.#changed(annotation, kind)
    const field = FIELDS.find((name) => !sameValue(annotation[name], after[name]))
    if (!field) return
    this.#commit(client, imageId, 'Change', { updated: [{ before: annotation, after }] })
    this.#stories.write(annotation.id, client.number, field, after[field])
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
    // After the rename was pushed, others use the new name.
    const renaming = /^Rename class (\S+) to (\S+)$/.exec(outcome.label)
    if (renaming) this.#stories.rename(renaming[2], renaming[1])
    const touched = outcome.effects.flatMap(({ changes }) => [
      ...changes.created,
      ...changes.deleted,
      ...changes.updated.map(({ after }) => after),
    ])
    for (const annotation of [...touched, ...(touched.length > 0 ? [] : before)]) {
      if (annotation.className.startsWith('y')) this.#takenBack.add(annotation.className)
      const story = this.#stories.of(annotation.id)
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
      const story = this.#stories.of(id)
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
    // The request itself may hit a fault.
    for (let ask = 0; ask < 5 && !client.core.accounts.isOnline(client.accountId); ask++)
      await client.core.accounts.probe(client.accountId)
    this.#say(client, 'goes online')
  }

  /** Only what is on disk at that moment survives; requests in progress may or may not be lost. */
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
    await this.#landed()
    if (client.isPlugged) client.line.plug()
    client.dataDir = dataDir
    client.core = this.#start(dataDir)
    this.tally.crashes++
    this.#say(client, 'crashes and starts again')
  }

  /**
   * The service executes what has reached it, although nobody waits for the answer. Until then nobody else acts: a
   * save has no precondition, so a late one replaces earlier ones, whatever a client does.
   */
  async #landed(): Promise<void> {
    for (let trip = 0; trip < TRIPS; trip++)
      await (await fetch(`${this.#emulator.url}/api/v1/developer/organizations/me`)).text()
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
    const match = this.#pick([
      '',
      'annotations',
      'annotations/bulk',
      '/file',
      'images',
      '/exports',
      'bulk-register',
      'bulk-upload-url',
      'batch/images',
      'GET .*images/\\?',
      '/datasets/',
    ])
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

  /** Somebody changes a clock by hours, here or on the service. */
  #jumpClocks(): void {
    const hours = this.#below(48) - 24
    this.#skewMs.value = hours * 3_600_000
    this.log.push(`clocks jump by ${hours} h`)
  }

  #agrees(client: Client): boolean {
    return this.#disagreement(client) === null
  }

  #disagreement({ core, datasetId }: Client): string | null {
    const left = core.outbox.list(datasetId)
    if (left.length > 0) return `not told: ${JSON.stringify(left)}`
    const { state } = this.#emulator
    for (const { id, path, stage, tags, missing } of core.images.list(datasetId)) {
      const remoteId = core.remotes.find(id)?.remoteId ?? ''
      const mine = core.edits.annotations(id).annotations
      if (!sameLabels(mine, annotationsOf(state, remoteId)))
        return `labels of ${path} differ from the service’s`
      const there = state.imageById(remoteId)
      // Archived images are not listed, so only their local labels are known.
      if (there.is_archived !== missing) return `${path} is ${missing ? 'missing' : 'listed'} here`
      if (missing) continue
      const pathThere = joinPath(trimSlashes(there.directory_path), there.filename)
      if (path !== pathThere) return `${pathThere} is called ${path}`
      if (there.status !== stage) return `stage of ${path}: ${stage}, there ${there.status}`
      if (!sameValue([...tags].sort(), [...there.tags].sort()))
        return `tags of ${path}: ${tags}, there ${there.tags}`
    }
    const classes = core.datasets.get(datasetId).classes.map(({ name }) => name)
    const classesThere = state.dataset(DATASET).classes.map(({ name }) => name)
    if (!sameValue(classes.sort(), classesThere.sort()))
      return `classes: ${classes}, there ${classesThere}`
    for (const { id, state: is, problem } of core.transfers.list()) {
      if (is === 'done') continue
      const failures = core.transfers.failures(id)
      // Archived images keep their name, and no choice applies to that: the user is told.
      const isTold = failures.every((failure) => failure.problem.includes('archived image'))
      if (is !== 'failed' || failures.length === 0 || !isTold)
        return `upload ${is}: ${problem} ${JSON.stringify(failures)}`
    }
    return null
  }
}

/** Throws an error with the seed and the history if the promise does not hold. */
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
