import { type Annotation, newAnnotation } from '#shared/model/annotation.ts'
import { type ChangeSet, EMPTY_CHANGE_SET, sameValue } from '#shared/model/change-set.ts'
import type { Person } from './person.ts'
import { CLASSES, type Scene } from './scene.ts'
import { FIELDS } from './stories.ts'

/** Somebody draws, changes or deletes a shape on one image. */
export function edit(person: Person, scene: Scene): void {
  const { id: imageId, path } = person.anImage()
  const { annotations } = person.core.edits.annotations(imageId)
  const annotation = scene.pick(annotations.filter(({ className }) => !className.startsWith('y')))
  const kind = scene.random()
  if (!annotation || kind < 0.35) {
    const shape = { kind: 'bbox' as const, x: scene.below(100), y: 5, w: 10, h: 8 }
    const made = newAnnotation(shape, scene.pick(CLASSES), {
      id: `s${scene.seed}-a${scene.next()}`,
    })
    commit(person, scene, imageId, 'Draw', { created: [made] })
    scene.stories.begin(made, path, person.number)
    person.say(`draws ${made.id} on ${path}`)
    return
  }
  if (kind < 0.45) {
    commit(person, scene, imageId, 'Delete', { deleted: [annotation] })
    scene.stories.of(annotation.id)?.deletedBy.add(person.number)
    person.say(`deletes ${annotation.id}`)
    return
  }
  const after = changed(annotation, kind, scene)
  const field = FIELDS.find((name) => !sameValue(annotation[name], after[name]))
  if (!field) return
  commit(person, scene, imageId, 'Change', { updated: [{ before: annotation, after }] })
  scene.stories.write(annotation.id, person.number, field, after[field])
  person.say(`changes ${field} of ${annotation.id} to ${JSON.stringify(after[field])}`)
}

function commit(
  person: Person,
  scene: Scene,
  imageId: string,
  label: string,
  changes: Partial<ChangeSet>,
): void {
  person.core.publish(
    person.core.edits.commit({
      commitId: `${scene.seed}-${scene.next()}`,
      imageId,
      changes: { ...EMPTY_CHANGE_SET, ...changes },
      label,
      origin: 'user',
    }),
  )
  scene.tally.edits++
}

function changed(annotation: Annotation, kind: number, scene: Scene): Annotation {
  if (kind < 0.65) return { ...annotation, className: scene.pick(CLASSES) }
  if (kind < 0.8) return { ...annotation, attributes: { speed: scene.below(1000) } }
  const shape = { kind: 'bbox' as const, x: scene.below(100), y: scene.below(80), w: 20, h: 12 }
  return { ...annotation, shape }
}

/** Somebody undoes the last step of an image, which may be a class edit. */
export function undo(person: Person, scene: Scene): void {
  const { stories } = scene
  const { id } = person.anImage()
  const before = person.core.edits.annotations(id).annotations
  const outcome = person.core.edits.undo(id, `${scene.seed}-u${scene.next()}`)
  if (!outcome) return
  person.core.publish(outcome)
  // After the rename was pushed, others use the new name.
  const renaming = /^Rename class (\S+) to (\S+)$/.exec(outcome.label)
  if (renaming) stories.rename(renaming[2], renaming[1])
  const touched = outcome.effects.flatMap(({ changes }) => [
    ...changes.created,
    ...changes.deleted,
    ...changes.updated.map(({ after }) => after),
  ])
  for (const annotation of [...touched, ...(touched.length > 0 ? [] : before)]) {
    if (annotation.className.startsWith('y')) scene.takenBack.add(annotation.className)
    const story = stories.of(annotation.id)
    if (story) story.wasUndone = true
  }
  person.say(`undoes ${outcome.label}`)
}

/** Somebody sets the stage and the tags of an image. */
export function editFacts(person: Person, scene: Scene): void {
  const { images } = person.core
  const { id } = person.anImage()
  const stage = scene.pick(['new', 'annotate', 'review', 'complete'] as const)
  images.patch([id], { stage })
  images.patchTags([id], [`t${scene.below(4)}`], [`t${scene.below(4)}`])
  person.say(`stage ${stage} of ${id}`)
}
