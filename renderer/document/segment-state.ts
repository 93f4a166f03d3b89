import { createStore } from 'zustand/vanilla'
import type { SegmentPrompt } from '#shared/assist/segment-prompt.ts'
import type { SegmentDetail, SegmentShape } from '#shared/assist/segment-result.ts'
import type { SegmentEngine, SegmentOutput } from '#shared/model/assist-model.ts'
import { cloudState } from './cloud-state.ts'
import { datasetState } from './dataset-state.ts'
import { editorSettings } from './editor-settings.ts'

/** Id of the service as an engine. */
export const SERVICE = 'service'

interface SegmentState {
  /** Segmentation models on this computer; null until they are loaded. */
  engines: readonly SegmentEngine[] | null
}

export const segmentState = createStore<SegmentState>(() => ({ engines: null }))

/** True if the service can be asked: the open dataset is remote, or it is a folder and there is an account. */
export function canAskService(): boolean {
  const { dataset } = datasetState.getState()
  return dataset !== null && (dataset.remote !== null || cloudState.getState().accounts.length > 0)
}

/**
 * The engine to ask: the chosen one if it still exists, otherwise a model on this computer, otherwise the service. Null if
 * there is none.
 */
export function currentEngine(): string | null {
  const engines = segmentState.getState().engines ?? []
  const chosen = editorSettings.getState().segmentEngine
  if (chosen === SERVICE && canAskService()) return SERVICE
  if (engines.some(({ id }) => id === chosen)) return chosen
  return engines[0]?.id ?? (canAskService() ? SERVICE : null)
}

/** The segmentation models on this computer. All calls reject with an error in plain words. */
export interface SegmentBackend {
  prepare(imageId: string, engineId: string): Promise<void>
  prepareAhead(imageIds: readonly string[], engineId: string): Promise<void>
  ask(
    imageId: string,
    engineId: string,
    ask: { prompt: SegmentPrompt; output: SegmentOutput; detail: SegmentDetail },
  ): Promise<SegmentShape[]>
}
