import { createStore } from 'zustand/vanilla'
import type { Work } from '#shared/model/work.ts'

interface WorkState {
  /** Long work of the core that runs now, oldest first. */
  works: readonly Work[]
}

export const workState = createStore<WorkState>(() => ({ works: [] }))

export function upsertWork(work: Work): void {
  workState.setState(({ works }) => ({
    works: works.some(({ id }) => id === work.id)
      ? works.map((item) => (item.id === work.id ? work : item))
      : [...works, work],
  }))
}

export function removeWork(id: string): void {
  workState.setState(({ works }) => ({ works: works.filter((item) => item.id !== id) }))
}
