import { sameLabels } from '#core/sync/merge.ts'
import { sameValue } from '#shared/model/change-set.ts'
import { joinPath, trimSlashes } from '#shared/model/paths.ts'
import type { Person } from './person.ts'
import { DATASET, type Scene } from './scene.ts'
import { annotationsOf } from './stranger.ts'

/** How a person's app differs from the service, in one sentence; null if it does not. */
export function disagreement(person: Person, scene: Scene): string | null {
  const { core, datasetId } = person
  const left = core.outbox.list(datasetId)
  if (left.length > 0) return `not told: ${JSON.stringify(left)}`
  return ofImages(person, scene) ?? ofClasses(person, scene) ?? ofUploads(person)
}

function ofImages({ core, datasetId }: Person, scene: Scene): string | null {
  const { state } = scene.emulator
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
  return null
}

function ofClasses({ core, datasetId }: Person, scene: Scene): string | null {
  const { state } = scene.emulator
  const classes = core.datasets.get(datasetId).classes.map(({ name }) => name)
  const classesThere = state.dataset(DATASET).classes.map(({ name }) => name)
  return sameValue(classes.sort(), classesThere.sort())
    ? null
    : `classes: ${classes}, there ${classesThere}`
}

function ofUploads({ core }: Person): string | null {
  for (const { id, state, problem } of core.transfers.list()) {
    if (state === 'done') continue
    const failures = core.transfers.failures(id)
    // Archived images keep their name, and no choice applies to that: the user is told.
    const isTold = failures.every((failure) => failure.problem.includes('archived image'))
    if (state !== 'failed' || failures.length === 0 || !isTold)
      return `upload ${state}: ${problem} ${JSON.stringify(failures)}`
  }
  return null
}
