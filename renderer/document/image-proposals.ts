import { createStore, type StoreApi } from 'zustand/vanilla'
import { shapeArea, shapeBounds, shapeHits } from '#shared/geometry/shape.ts'
import type { Annotation, Point } from '#shared/model/annotation.ts'
import {
  coveredBy,
  type ModelChoice,
  mappedClass,
  type Proposal,
  shownProposals,
  USUAL_CHOICE,
} from '#shared/model/proposal.ts'
import type { AnnotationStore } from './annotation-store.ts'
import { proposalState } from './proposal-state.ts'

/** A proposal as a person sees it. */
export interface ShownProposal {
  proposal: Proposal
  /** The dataset's class that it will have. */
  className: string
  /** The annotation that is there already; null: none. */
  covered: Annotation | null
}

interface State {
  /** The surest first, those below the threshold too. */
  all: readonly Proposal[]
  /** The one that is decided on next. */
  currentId: string | null
}

interface Memo {
  all: readonly Proposal[]
  choices: Readonly<Record<string, ModelChoice>>
  version: number
  shown: readonly ShownProposal[]
}

/** What models found in one open image, beside its annotations. */
export class ImageProposals {
  readonly state: StoreApi<State> = createStore<State>(() => ({ all: [], currentId: null }))
  readonly #annotations: AnnotationStore
  #memo: Memo | null = null

  constructor(annotations: AnnotationStore) {
    this.#annotations = annotations
  }

  /** The surest first. The same list until something changes. */
  shown(): readonly ShownProposal[] {
    const { all } = this.state.getState()
    const { choices } = proposalState.getState()
    const { version } = this.#annotations
    const memo = this.#memo
    if (memo?.all === all && memo.choices === choices && memo.version === version) return memo.shown
    const shown = shownProposals(all, choices)
      .sort((a, b) => b.confidence - a.confidence)
      .map((proposal) => ({
        proposal,
        className:
          mappedClass(choices[proposal.model] ?? USUAL_CHOICE, proposal.className) ??
          proposal.className,
        covered: coveredBy(proposal, this.#annotations.inBox(shapeBounds(proposal.shape))),
      }))
    this.#memo = { all, choices, version, shown }
    return shown
  }

  /** The one that is decided on next; null when none is shown. */
  current(): ShownProposal | null {
    const { currentId } = this.state.getState()
    const shown = this.shown()
    return shown.find(({ proposal }) => proposal.id === currentId) ?? shown[0] ?? null
  }

  /** Goes on to the next or the one before, around the ends. */
  step(by: 1 | -1): ShownProposal | null {
    const shown = this.shown()
    if (shown.length === 0) return null
    const at = shown.findIndex(({ proposal }) => proposal.id === this.current()?.proposal.id)
    const next = shown[(at + by + shown.length) % shown.length]
    this.state.setState({ currentId: next.proposal.id })
    return next
  }

  /** The smallest that is shown at a point, within `tolerance` image pixels, is decided on next. */
  pick(at: Point, tolerance: number): void {
    const [hit] = this.shown()
      .filter(({ proposal }) => shapeHits(proposal.shape, at, tolerance))
      .sort((a, b) => shapeArea(a.proposal.shape) - shapeArea(b.proposal.shape))
    if (hit) this.state.setState({ currentId: hit.proposal.id })
  }

  /** What there is now. The place in the list stays when the one that was there is gone. */
  take(all: readonly Proposal[]): void {
    const before = this.shown()
    const at = before.findIndex(({ proposal }) => proposal.id === this.current()?.proposal.id)
    this.state.setState({ all })
    const ids = new Set(this.shown().map(({ proposal }) => proposal.id))
    const next =
      before.slice(Math.max(0, at)).find(({ proposal }) => ids.has(proposal.id)) ??
      before.slice(0, Math.max(0, at)).findLast(({ proposal }) => ids.has(proposal.id))
    this.state.setState({ currentId: next?.proposal.id ?? null })
  }

  subscribe(listener: () => void): () => void {
    const stops = [
      this.state.subscribe(listener),
      this.#annotations.subscribe(listener),
      proposalState.subscribe((state, before) => {
        if (state.choices !== before.choices) listener()
      }),
    ]
    return () => {
      for (const stop of stops) stop()
    }
  }
}
