import { useState, useSyncExternalStore } from 'react'
import { changeSettings } from '#renderer/actions/view-actions.ts'
import { DEFAULT_SETTINGS, type Settings } from '#shared/contract/settings.ts'

type SizeName = 'panelWidth' | 'classesHeight' | 'filmstripHeight'

/** Minimum and maximum size of each part around the image. CSS pixels. */
const LIMITS: Record<SizeName, readonly [number, number]> = {
  panelWidth: [200, 640],
  classesHeight: [96, 900],
  filmstripHeight: [72, 260],
}

/** In a low window the filmstrip takes no more than this share of it. */
const FILMSTRIP_SHARE = 0.22

/** In a tall window the list of classes takes this share of it, unless the user has set another height. */
const CLASSES_SHARE = 0.36

function initialSize(name: SizeName, windowHeight: number): number {
  const size = DEFAULT_SETTINGS[name]
  return name === 'classesHeight' ? Math.max(size, Math.round(windowHeight * CLASSES_SHARE)) : size
}

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
  const initial = initialSize(name, windowHeight)
  const saved = settings[name] === DEFAULT_SETTINGS[name] ? initial : settings[name]
  const size = Math.min(max, live ?? saved)
  return {
    size,
    splitter: {
      value: size,
      min,
      max,
      initial,
      onChange: setLive,
      onCommit: (value: number) => {
        void changeSettings({ [name]: value })
        setLive(null)
      },
    },
  }
}
