import { useState, useSyncExternalStore } from 'react'
import { changeSettings } from '#renderer/actions/view-actions.ts'
import type { Settings } from '#shared/contract/settings.ts'
import { AUTOMATIC, partSize, type SizeName } from './part-size.ts'

/** Minimum and maximum size of each part around the image. CSS pixels. */
const LIMITS: Record<SizeName, readonly [number, number]> = {
  panelWidth: [200, 640],
  classesHeight: [96, 900],
  filmstripHeight: [72, 260],
}

/** In a low window the filmstrip takes no more than this share of it. */
const FILMSTRIP_SHARE = 0.22

function onResize(listener: () => void): () => void {
  window.addEventListener('resize', listener)
  return () => window.removeEventListener('resize', listener)
}

/** The size of a part of the window, with the props of its splitter. It is saved when the drag ends. */
export function useSize(name: SizeName, settings: Settings) {
  const [live, setLive] = useState<number | null>(null)
  const [min, limit] = LIMITS[name]
  const windowHeight = useSyncExternalStore(onResize, () => window.innerHeight)
  const max =
    name === 'filmstripHeight'
      ? Math.max(min, Math.min(limit, Math.round(windowHeight * FILMSTRIP_SHARE)))
      : limit
  const size = Math.min(max, live ?? partSize(settings[name], windowHeight))
  const commit = (value: number | null) => {
    void changeSettings({ [name]: value })
    setLive(null)
  }
  return {
    size,
    splitter: {
      value: size,
      min,
      max,
      onChange: setLive,
      onCommit: commit,
      onReset: () => commit(AUTOMATIC[name]),
    },
  }
}
