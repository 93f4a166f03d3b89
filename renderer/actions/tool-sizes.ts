import { choices } from '#renderer/document/choices.ts'
import type { Settings } from '#shared/contract/settings.ts'
import { changeSettings } from './view-actions.ts'

/** A turn of the wheel changes a size many times. It is saved when it has stayed for this long. */
const KEEP_AFTER_MS = 400

/**
 * Starts with the brush size and wand tolerance of the settings, and saves them there once they have settled or the window
 * closes. Returns how to stop, which saves what has not been saved yet.
 */
export function rememberToolSizes({ wandTolerance, brushRadius }: Settings): () => void {
  let timer: ReturnType<typeof setTimeout> | null = null
  const save = () => {
    timer = null
    const now = choices.getState()
    void changeSettings({ wandTolerance: now.wandTolerance, brushRadius: now.brushRadius })
  }
  choices.setState({ wandTolerance, brushRadius })
  const unsubscribe = choices.subscribe((now, before) => {
    if (now.wandTolerance === before.wandTolerance && now.brushRadius === before.brushRadius) return
    if (timer !== null) clearTimeout(timer)
    timer = setTimeout(save, KEEP_AFTER_MS)
  })
  const saveNow = () => {
    if (timer === null) return
    clearTimeout(timer)
    save()
  }
  window.addEventListener('pagehide', saveNow)
  return () => {
    unsubscribe()
    window.removeEventListener('pagehide', saveNow)
    saveNow()
  }
}
