import { useState } from 'react'
import { changeSettings } from '#renderer/actions/view-actions.ts'
import { DEFAULT_SETTINGS, type Settings } from '#shared/contract/settings.ts'

type SizeName = 'panelWidth' | 'classesHeight' | 'filmstripHeight'

/** Of each part around the image: the least and the most that it may take, CSS pixels. */
const LIMITS: Record<SizeName, readonly [number, number]> = {
  panelWidth: [200, 640],
  classesHeight: [96, 900],
  filmstripHeight: [72, 260],
}

/** The size of a part of the window, and what a splitter needs to change it. It is kept when it is let go of. */
export function useSize(name: SizeName, settings: Settings) {
  const [live, setLive] = useState<number | null>(null)
  const [min, max] = LIMITS[name]
  return {
    size: live ?? settings[name],
    splitter: {
      value: live ?? settings[name],
      min,
      max,
      initial: DEFAULT_SETTINGS[name],
      onChange: setLive,
      onCommit: (value: number) => {
        void changeSettings({ [name]: value })
        setLive(null)
      },
    },
  }
}
