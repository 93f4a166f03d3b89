import { useEffect, useRef, useState } from 'react'
import { loadImage, readyImage } from '#renderer/canvas/image-loader.ts'
import type { Picture } from '#renderer/canvas/picture.ts'
import type { Tone } from '#renderer/canvas/tone.ts'
import type { DatasetImage } from '#shared/model/dataset.ts'
import { messageOf } from '#shared/model/message-of.ts'

interface Shown {
  /** Which file it is of. */
  key: string
  picture: Picture | null
  error: string | null
}

const NOTHING: Shown = { key: '', picture: null, error: null }

/**
 * The decoded picture of the open image, or why there is none. In another tone it replaces the one
 * before when it is there; of many tones asked for meanwhile only the last is made.
 */
export function usePicture(image: DatasetImage | null, tone: Tone): Omit<Shown, 'key'> {
  const [shown, setShown] = useState(NOTHING)
  const wanted = useRef<{ key: string; load: () => Promise<Picture> } | null>(null)
  const busy = useRef<string | null>(null)
  const key = image ? `${image.id} ${image.modifiedAtMs} ${image.width}` : ''
  useEffect(() => {
    if (!image?.width || !image.height || image.missing) {
      wanted.current = null
      return
    }
    wanted.current = { key, load: () => loadImage(image, tone) }
    const loadWanted = async () => {
      const now = wanted.current
      // Another image does not wait for a tone of the one before.
      if (!now || busy.current === now.key) return
      busy.current = now.key
      const result = await now.load().then(
        (picture): Shown => ({ key: now.key, picture, error: null }),
        (error: unknown): Shown => ({
          key: now.key,
          picture: null,
          error: messageOf(error),
        }),
      )
      if (busy.current === now.key) busy.current = null
      if (wanted.current?.key === now.key) setShown(result)
      if (wanted.current !== now) await loadWanted()
    }
    void loadWanted()
    return () => {
      wanted.current = null
    }
  }, [image, key, tone])
  if (shown.key === key) return shown
  // Decoded ahead: it is there with the image's first frame.
  return { picture: image && readyImage(image, tone), error: null }
}
