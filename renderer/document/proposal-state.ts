import { createStore } from 'zustand/vanilla'
import type { OpenCount } from '#shared/contract/proposals.ts'
import type { DetectJob } from '#shared/model/detect-job.ts'
import { type ModelChoice, USUAL_CHOICE } from '#shared/model/proposal.ts'

interface ProposalState {
  /** Pending proposals of the open dataset, by image. */
  counts: ReadonlyMap<string, OpenCount>
  /** Thresholds and class mappings of the open dataset, by name of the model. */
  choices: Readonly<Record<string, ModelChoice>>
  /** Detection jobs of all datasets, latest first. */
  jobs: readonly DetectJob[]
}

export const NO_PROPOSALS: Pick<ProposalState, 'counts' | 'choices'> = {
  counts: new Map(),
  choices: {},
}

export const proposalState = createStore<ProposalState>(() => ({ ...NO_PROPOSALS, jobs: [] }))

export function mergeCounts(counts: readonly OpenCount[]): void {
  proposalState.setState((state) => {
    const next = new Map(state.counts)
    for (const count of counts)
      if (count.open > 0) next.set(count.imageId, count)
      else next.delete(count.imageId)
    return { counts: next }
  })
}

export function upsertJob(job: DetectJob): void {
  proposalState.setState(({ jobs }) => ({
    jobs: jobs.some(({ id }) => id === job.id)
      ? jobs.map((item) => (item.id === job.id ? job : item))
      : [job, ...jobs],
  }))
}

export function removeJob(id: string): void {
  proposalState.setState(({ jobs }) => ({ jobs: jobs.filter((job) => job.id !== id) }))
}

/** True if an image has a proposal above the lowest threshold of its models. */
export function hasShownProposals(
  { counts, choices }: Pick<ProposalState, 'counts' | 'choices'>,
  imageId: string,
): boolean {
  const count = counts.get(imageId)
  if (!count) return false
  const thresholds = Object.values(choices).map(({ confidence }) => confidence)
  return (
    count.best >= Math.min(...thresholds, ...(thresholds.length ? [] : [USUAL_CHOICE.confidence]))
  )
}
