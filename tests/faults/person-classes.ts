import type { OutboxRow } from '#core/cache/outbox.ts'
import { UserError } from '#core/user-error.ts'
import type { Person } from './person.ts'
import { DATASET, type Scene } from './scene.ts'

export function renameClass(person: Person, scene: Scene): void {
  const from = aClass(person, scene)
  if (from === undefined) return
  const { core, datasetId } = person
  const to = `class${scene.next()}`
  const edit = { kind: 'rename' as const, from, to }
  core.publish(core.edits.editClasses(datasetId, `${scene.seed}-c${scene.next()}`, edit))
  scene.stories.rename(from, to)
  person.say(`renames class ${from} to ${to}`)
}

/** Classes of uploads without ids keep their names, because their labels are counted by them. */
function aClass({ core, datasetId }: Person, scene: Scene): string | undefined {
  const { classes } = core.datasets.get(datasetId)
  return scene.pick(classes.map(({ name }) => name).filter((name) => !name.startsWith('y')))
}

export function deleteClass(person: Person, scene: Scene): void {
  const name = aClass(person, scene)
  if (name === undefined) return
  const { core, datasetId, number } = person
  const outcome = core.edits.editClasses(datasetId, `${scene.seed}-d${scene.next()}`, {
    kind: 'delete',
    name,
  })
  core.publish(outcome)
  scene.deletedClasses.add(name)
  for (const { changes } of outcome.effects)
    for (const { id } of changes.deleted) scene.stories.of(id)?.deletedBy.add(number)
  person.say(`deletes class ${name}`)
}

/** Somebody discards an unpushed class change. */
export function discardClassEdit(person: Person, scene: Scene): void {
  const { core, datasetId } = person
  const row = scene.pick(core.outbox.list(datasetId).filter(({ kind }) => kind === 'classes'))
  if (!row) return
  discardRow(person, scene, row)
  scene.tally.discards++
}

function discardRow(person: Person, { stories }: Scene, row: OutboxRow): void {
  const before = person.labels()
  try {
    person.core.outboxView.discard(row.id)
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    person.say(`cannot discard: ${error.message}`)
    return
  }
  const after = person.labels()
  for (const [id, annotation] of after)
    if (!before.has(id)) stories.restore(id, person.number, annotation)
  // With the edit went its undo.
  for (const id of before.keys()) {
    const story = after.has(id) ? undefined : stories.of(id)
    if (story) story.wasUndone = true
  }
  person.say(`discards ${row.payload}`)
}

/** If labels are refused because somebody renamed their class, the user creates the class again. */
export function bringClassesBack(person: Person, scene: Scene): void {
  const { core, datasetId } = person
  // If two people renamed the same class, the second discards it.
  for (const row of core.outbox.list(datasetId, 'failed'))
    if (row.kind === 'classes') discardRow(person, scene, row)
  const refused = core.outbox.list(datasetId, 'failed').flatMap(({ imageId }) => imageId ?? [])
  const known = new Set(scene.emulator.state.dataset(DATASET).classes.map(({ name }) => name))
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
