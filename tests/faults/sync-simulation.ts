/**
 * Two or three people on one dataset of a local service, and somebody on the service's own pages, with everything
 * that can go wrong between them: real cores with real databases, real connections, crashes during pushes and
 * uploads, batches of a few images. They draw, rename and delete classes, discard changes, replace images and upload
 * folders with labels, while others move and archive the images. In the end everybody must agree, every acknowledged
 * edit must be accounted for, and nothing may exist twice.
 */
import { disagreement } from './agreement.ts'
import { Person } from './person.ts'
import { bringClassesBack, deleteClass, discardClassEdit, renameClass } from './person-classes.ts'
import { edit, editFacts, undo } from './person-edits.ts'
import { drop, goOn } from './person-uploads.ts'
import { DATASET, Scene, type Tally } from './scene.ts'
import { annotationsOf, Stranger } from './stranger.ts'

const STEPS = 90
/** Number of rounds until everybody must agree. */
const ROUNDS = 12

class World implements AsyncDisposable {
  readonly #scene: Scene
  readonly #stranger: Stranger
  readonly #people: Person[] = []

  constructor(scene: Scene) {
    this.#scene = scene
    this.#stranger = new Stranger({
      state: scene.emulator.state,
      dataset: DATASET,
      stories: scene.stories,
      pick: (items) => scene.pick(items),
      below: (limit) => scene.below(limit),
      say: (what) => scene.log.push(`stranger: ${what}`),
    })
  }

  async begin(): Promise<void> {
    const people = 2 + this.#scene.below(2)
    for (let number = 0; number < people; number++)
      this.#people.push(await Person.join(this.#scene, number))
  }

  async step(): Promise<void> {
    const scene = this.#scene
    const person = scene.pick(this.#people)
    const what = scene.random()
    if (what < 0.4) edit(person, scene)
    else if (what < 0.44) undo(person, scene)
    else if (what < 0.475) editFacts(person, scene)
    else if (what < 0.485) renameClass(person, scene)
    else if (what < 0.5) deleteClass(person, scene)
    else if (what < 0.52) discardClassEdit(person, scene)
    else if (what < 0.58) await person.read()
    else if (what < 0.74) await person.push()
    else if (what < 0.77) person.unplug()
    else if (what < 0.8) await person.plug()
    else if (what < 0.83) await person.crash()
    else if (what < 0.85) person.decide()
    else if (what < 0.88) await drop(person, scene)
    else if (what < 0.9) await goOn(person, scene)
    else if (what < 0.97) this.#actElsewhere()
    else this.#fault()
  }

  /** The network is back: everybody pushes and pulls until nothing is left. */
  async settle(): Promise<void> {
    const scene = this.#scene
    scene.emulator.faults.clear()
    for (const person of this.#people) await person.plug()
    for (let round = 0; round < ROUNDS; round++) {
      for (const person of this.#people) await this.#sync(person, round > 2)
      if (this.#people.every((person) => disagreement(person, scene) === null)) return
    }
    for (const person of this.#people) {
      const problem = disagreement(person, scene)
      if (problem) throw new Error(`person ${person.number}: ${problem}`)
    }
  }

  async #sync(person: Person, decides: boolean): Promise<void> {
    const { core, datasetId, accountId } = person
    core.remoteDatasets.refreshImages(datasetId)
    await core.remoteDatasets.settled(datasetId)
    // Also pull archived images without local labels, which are not listed.
    for (const id of core.remotes.imageIds(datasetId).values()) {
      await core.labelSync.read(id)
      person.noteConflicts(id)
      if (decides) person.decideAll(id)
    }
    bringClassesBack(person, this.#scene)
    core.outbox.retry(null)
    await core.engine.pushNow(accountId)
    for (const { id, state } of core.transfers.list()) {
      if (state === 'done') continue
      await core.transfers.retry(id)
      await core.transfers.settled(id)
    }
  }

  /** Throws if something is missing that somebody made and nobody deleted, or exists twice. */
  check(): void {
    const { emulator, stories, drops, takenBack, deletedClasses } = this.#scene
    const { state } = emulator
    const found = state
      .images(state.dataset(DATASET).id)
      .flatMap(({ id }) =>
        annotationsOf(state, id).map((annotation) => ({ imageId: id, annotation })),
      )
    stories.check(found)
    for (const { counted } of drops) {
      if (!counted) continue
      const { className, count } = counted
      const is = found.filter(({ annotation }) => annotation.className === className).length
      if (is > count || (is < count && !takenBack.has(className)))
        throw new Error(`${is} labels of the upload with ${className}, which had ${count}`)
    }
    const classes = new Set(state.dataset(DATASET).classes.map(({ name }) => name))
    for (const name of this.#stranger.classes) {
      const names = [...stories.namesOf(name)]
      if (!names.some((one) => classes.has(one) || deletedClasses.has(one)))
        throw new Error(`the class ${name} is gone, and nobody deleted it`)
    }
  }

  #actElsewhere(): void {
    this.#stranger.act()
    this.#scene.tally.strangers++
  }

  #fault(): void {
    const scene = this.#scene
    if (scene.random() < 0.2) {
      this.#jumpClocks()
      return
    }
    const match = scene.pick([
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
    const fault = scene.pick([
      { kind: 'status', status: 503 },
      { kind: 'status', status: 429, retryAfter: '1' },
      { kind: 'status', status: 429 },
      { kind: 'reset' },
      { kind: 'lose_answer' },
      { kind: 'truncate', bytes: 20, honest: true },
      { kind: 'garbage' },
      { kind: 'portal' },
    ] as const)
    scene.emulator.faults.add({ match, times: 1 + scene.below(4), fault })
    scene.tally.faults++
    scene.log.push(`service: ${match} ${JSON.stringify(fault)}`)
  }

  /** Somebody changes a clock by hours, here or on the service. */
  #jumpClocks(): void {
    const hours = this.#scene.below(48) - 24
    this.#scene.skewMs.value = hours * 3_600_000
    this.#scene.log.push(`clocks jump by ${hours} h`)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const person of this.#people) await person[Symbol.asyncDispose]()
  }
}

/** Throws an error with the seed and the history if the promise does not hold. */
export async function simulate(seed: number): Promise<Tally> {
  await using scene = await Scene.begin(seed)
  await using world = new World(scene)
  try {
    await world.begin()
    for (let step = 0; step < STEPS; step++) await world.step()
    await world.settle()
    world.check()
    return scene.tally
  } catch (error) {
    const reason = error instanceof Error ? (error.stack ?? error.message) : String(error)
    throw new Error(`seed ${seed}: ${reason}\n${scene.log.join('\n')}`, { cause: error })
  }
}
