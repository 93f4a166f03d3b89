import { editorSettings } from '#renderer/document/editor-settings.ts'
import type { FormatId, ImportChoice } from '#shared/model/format.ts'
import { changeSettings } from './view-actions.ts'

/** Remembers how labels were imported into a dataset. */
export function rememberImport(datasetId: string, choice: ImportChoice): Promise<void> {
  const { importChoices } = editorSettings.getState()
  return changeSettings({ importChoices: { ...importChoices, [datasetId]: choice } })
}

/** Label files of these formats in a dataset's folder are not offered again. */
export function rememberLabels(datasetId: string, formats: readonly FormatId[]): Promise<void> {
  const { seenLabels } = editorSettings.getState()
  const seen = [...new Set([...(seenLabels[datasetId] ?? []), ...formats])]
  return changeSettings({ seenLabels: { ...seenLabels, [datasetId]: seen } })
}
