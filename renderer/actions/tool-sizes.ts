import { choices } from '#renderer/document/choices.ts'
import type { Settings } from '#shared/contract/settings.ts'
import { changeSettings } from './view-actions.ts'

/** Starts with the brush size and wand tolerance of the settings, and saves each change there. Returns how to stop. */
export function rememberToolSizes({ wandTolerance, brushRadius }: Settings): () => void {
  choices.setState({ wandTolerance, brushRadius })
  return choices.subscribe((now, before) => {
    if (now.wandTolerance === before.wandTolerance && now.brushRadius === before.brushRadius) return
    void changeSettings({ wandTolerance: now.wandTolerance, brushRadius: now.brushRadius })
  })
}
