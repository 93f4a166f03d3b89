import { setImmediate } from 'node:timers/promises'
import type { Outcome } from '#core/cache/edit-store.ts'
import { type OpenCount, ProposalRepository } from '#core/cache/proposal-repository.ts'
import type { CoreEvents } from '#core/core-events.ts'
import type { EventBus } from '#core/event-bus.ts'
import type { Store } from '#core/store.ts'
import type { Detection } from '#shared/assist/detect-result.ts'
import type { WhichProposals } from '#shared/contract/proposals.ts'
import type { Annotation } from '#shared/model/annotation.ts'
import { EMPTY_CHANGE_SET } from '#shared/model/change-set.ts'
import { counted } from '#shared/model/counted.ts'
import {
  acceptedAs,
  coveredBy,
  type ModelChoice,
  mappedClass,
  originOf,
  type Proposal,
  shownProposals,
  USUAL_CHOICE,
} from '#shared/model/proposal.ts'

interface Deps {
  store: Store
  events: EventBus
  coreEvents: CoreEvents
}

interface Settling {
  datasetId: string
  /** null: all images of the dataset that have open ones. */
  imageIds: readonly string[] | null
  action: 'accept' | 'drop'
  which: WhichProposals
  commitId: string
}

/**
 * What models found and nobody decided on. Proposals lie beside the annotations: exports, label files and the service
 * never see them. Accepting or dropping is an edit of the image, so undo opens them again.
 */
export class Proposals {
  readonly #deps: Deps
  readonly #rows: ProposalRepository

  constructor(deps: Deps) {
    this.#deps = deps
    this.#rows = new ProposalRepository(deps.store.db)
    deps.coreEvents.on((event) => {
      // Undo and redo open and close them.
      if (event.type === 'edited' && event.outcome.turned) this.#followTurn(event.outcome)
    })
  }

  list(imageId: string): Proposal[] {
    return this.#rows.open(imageId)
  }

  counts(datasetId: string): OpenCount[] {
    return this.#rows.counts(datasetId)
  }

  choices(datasetId: string): Record<string, ModelChoice> {
    return this.#rows.choices(datasetId)
  }

  setChoice(datasetId: string, model: string, choice: ModelChoice): void {
    this.#rows.setChoice(datasetId, model, choice)
    this.#deps.events.publish({ type: 'proposal-choice', datasetId, model, choice })
  }

  /** What a model found in an image, in place of what it found there before. `also`: written in the same transaction. */
  save(
    imageId: string,
    model: { model: string; version: string },
    detections: readonly Detection[],
    also: () => void,
  ): void {
    this.#deps.store.edits.together(() => {
      this.#rows.replace(imageId, model, detections)
      also()
    })
    this.#tell([imageId])
  }

  /** One step for each image; others are answered in between. */
  async settle({
    imageIds,
    ...settling
  }: Settling): Promise<{ images: number; proposals: number }> {
    const chosen = imageIds ?? this.#rows.counts(settling.datasetId).map(({ imageId }) => imageId)
    const isOne = chosen.length === 1
    let images = 0
    let proposals = 0
    for (const imageId of chosen) {
      const commitId = isOne ? settling.commitId : `${settling.commitId}/${imageId}`
      const settled = this.#settleImage(imageId, { ...settling, commitId })
      if (settled > 0) images++
      proposals += settled
      if (!isOne) await setImmediate()
    }
    return { images, proposals }
  }

  /** Answers how many were meant. */
  #settleImage(
    imageId: string,
    { datasetId, action, which, commitId }: Omit<Settling, 'imageIds'>,
  ): number {
    const { edits, datasets } = this.#deps.store
    const choices = this.#rows.choices(datasetId)
    const made = edits.together((): { outcome: Outcome; count: number } | null => {
      const open = this.#rows.open(imageId)
      const shown = shownProposals(open, choices)
      const { annotations } = edits.readable(imageId)
      const meant = chosenOf(which, open, shown, annotations)
      if (meant.length === 0) return null
      const { classes } = datasets.get(datasetId)
      let instance = Math.max(0, ...annotations.map(({ instanceId }) => instanceId ?? 0))
      const created =
        action === 'drop'
          ? []
          : meant.flatMap((proposal) => {
              const choice = choices[proposal.model] ?? USUAL_CHOICE
              const name = mappedClass(choice, proposal.className) ?? proposal.className
              return acceptedAs(proposal, name, classes, () => ++instance)
            })
      const outcome = edits.commit({
        commitId,
        imageId,
        changes: { ...EMPTY_CHANGE_SET, created },
        label: labelOf(action, meant),
        origin: 'user',
        isStep: true,
      })
      this.#rows.close([...ids(meant), ...leftOver(open, shown, meant)], commitId)
      this.#rows.recount([imageId])
      return { outcome, count: meant.length }
    })
    if (!made) return 0
    this.#deps.coreEvents.publish({ type: 'edited', outcome: made.outcome, by: 'person' })
    this.#tell([imageId])
    return made.count
  }

  #followTurn({ effects }: Outcome): void {
    const imageIds = effects.map(({ imageId }) => imageId)
    this.#rows.recount(imageIds)
    this.#tell(imageIds)
  }

  #tell(imageIds: readonly string[]): void {
    const counts = this.#rows.recount(imageIds)
    // Images of one dataset.
    const image = counts.length > 0 ? this.#deps.store.images.find(counts[0].imageId) : null
    if (image) this.#deps.events.publish({ type: 'proposals', datasetId: image.datasetId, counts })
  }
}

const ids = (proposals: readonly Proposal[]): string[] => proposals.map(({ id }) => id)

function chosenOf(
  which: WhichProposals,
  open: readonly Proposal[],
  shown: readonly Proposal[],
  annotations: readonly Annotation[],
): Proposal[] {
  switch (which.kind) {
    case 'ids': {
      const wanted = new Set(which.ids)
      return open.filter(({ id }) => wanted.has(id))
    }
    case 'class':
      return shown.filter(({ className }) => className === which.className)
    case 'shown':
      return shown.filter(
        (proposal) => !which.skipCovered || coveredBy(proposal, annotations) === null,
      )
  }
}

/**
 * With the last one that is shown go those that nobody saw: too unsure, of a class that is not wanted, or under another.
 * Otherwise an image that was gone through would never be done.
 */
function leftOver(
  open: readonly Proposal[],
  shown: readonly Proposal[],
  meant: readonly Proposal[],
): string[] {
  const settled = new Set(meant)
  return shown.every((proposal) => settled.has(proposal)) ? ids(open) : []
}

/** In the words of the history. */
function labelOf(action: Settling['action'], proposals: readonly Proposal[]): string {
  const verb = action === 'accept' ? 'Accept' : 'Drop'
  const [first] = proposals
  const what = proposals.length === 1 ? first.className : counted(proposals.length, 'proposal')
  const origins = new Set(proposals.map(originOf))
  return origins.size === 1 ? `${verb} ${what} of ${originOf(first)}` : `${verb} ${what}`
}
