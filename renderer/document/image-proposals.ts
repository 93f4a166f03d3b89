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

/** A proposal as it is shown. */
export interface ShownProposal {
  proposal: Proposal
  /** The dataset's class that the annotation would get. */
  className: string
  /** An existing annotation that it overlaps; null: none. */
  covered: Annotation | null
}

interface State {
  /** Highest confidence first, including those below the threshold. */
  all: readonly Proposal[]
  /** The selected proposal. */
  currentId: string | null
}

interface Memo {
  all: readonly Proposal[]
  choices: Readonly<Record<string, ModelChoice>>
  version: number
  shown: readonly ShownProposal[]
}

/** The proposals of models on one open image. */
export class ImageProposals {
  readonly state: StoreApi<State> = createStore<State>(() => ({ all: [], currentId: null }))
  readonly #annotations: AnnotationStore
  #memo: Memo | null = null

  constructor(annotations: AnnotationStore) {
    this.#annotations = annotations
  }

  /** Highest confidence first. The same list object until something changes. */
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

  /** The selected proposal; null if none is shown. */
  current(): ShownProposal | null {
    const { currentId } = this.state.getState()
    const shown = this.shown()
    return shown.find(({ proposal }) => proposal.id === currentId) ?? shown[0] ?? null
  }

  /** Selects the next or previous proposal; wraps around at the ends. */
  step(by: 1 | -1): ShownProposal | null {
    const shown = this.shown()
    if (shown.length === 0) return null
    const at = shown.findIndex(({ proposal }) => proposal.id === this.current()?.proposal.id)
    const next = shown[(at + by + shown.length) % shown.length]
    this.state.setState({ currentId: next.proposal.id })
    return next
  }

  /** Selects the smallest visible proposal at a point, within `tolerance` image pixels. */
  pick(at: Point, tolerance: number): void {
    const [hit] = this.shown()
      .filter(({ proposal }) => shapeHits(proposal.shape, at, tolerance))
      .sort((a, b) => shapeArea(a.proposal.shape) - shapeArea(b.proposal.shape))
    if (hit) this.state.setState({ currentId: hit.proposal.id })
  }

  /** Replaces the proposals. If the selected one is gone, the one that took its place in the list is selected. */
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
