import { createStore } from 'zustand/vanilla'
import type { SegmentPrompt } from '#shared/assist/segment-prompt.ts'
import type { SegmentDetail, SegmentShape } from '#shared/assist/segment-result.ts'
import type { SegmentEngine, SegmentOutput } from '#shared/model/assist-model.ts'
import { cloudState } from './cloud-state.ts'
import { datasetState } from './dataset-state.ts'
import { editorSettings } from './editor-settings.ts'

/** The engine that is the service. */
export const SERVICE = 'service'

interface SegmentState {
  /** Models of this machine that find the thing at a click; null: they have not been read yet. */
  engines: readonly SegmentEngine[] | null
}

export const segmentState = createStore<SegmentState>(() => ({ engines: null }))

/** Whether the open dataset is one of the service, or a folder while there is an account to ask. */
export function canAskService(): boolean {
  const { dataset } = datasetState.getState()
  return dataset !== null && (dataset.remote !== null || cloudState.getState().accounts.length > 0)
}

/** What is asked: as chosen, where it is still there; otherwise what is on this machine, or the service. Null: there is nothing. */
export function currentEngine(): string | null {
  const engines = segmentState.getState().engines ?? []
  const chosen = editorSettings.getState().segmentEngine
  if (chosen === SERVICE && canAskService()) return SERVICE
  if (engines.some(({ id }) => id === chosen)) return chosen
  return engines[0]?.id ?? (canAskService() ? SERVICE : null)
}

/** What the tool needs of the models of this machine. All reject with what went wrong, in words. */
export interface SegmentBackend {
  prepare(imageId: string, engineId: string): Promise<void>
  prepareAhead(imageIds: readonly string[], engineId: string): Promise<void>
  ask(
    imageId: string,
    engineId: string,
    ask: { prompt: SegmentPrompt; output: SegmentOutput; detail: SegmentDetail },
  ): Promise<SegmentShape[]>
}
