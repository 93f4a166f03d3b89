import { useEffect, useState } from 'react'
import { loadImage, readyImage } from '#renderer/canvas/image-loader.ts'
import type { Picture } from '#renderer/canvas/picture.ts'
import type { DatasetImage } from '#shared/model/dataset.ts'
import { messageOf } from '#shared/model/message-of.ts'

interface Shown {
  /** Which file it is of. */
  key: string
  picture: Picture | null
  error: string | null
}

const NOTHING: Shown = { key: '', picture: null, error: null }

/** The decoded picture of the open image, or why there is none. */
export function usePicture(image: DatasetImage | null): Omit<Shown, 'key'> {
  const [shown, setShown] = useState(NOTHING)
  const key = image ? `${image.id} ${image.modifiedAtMs} ${image.width}` : ''
  // biome-ignore lint/correctness/useExhaustiveDependencies: other facts of the image do not change its picture
  useEffect(() => {
    if (!image?.width || !image.height || image.missing) return
    let isWanted = true
    loadImage(image).then(
      (picture) => isWanted && setShown({ key, picture, error: null }),
      (error: unknown) => isWanted && setShown({ key, picture: null, error: messageOf(error) }),
    )
    return () => {
      isWanted = false
    }
  }, [key, image?.missing])
  if (shown.key === key) return shown
  // Decoded ahead: it is there with the image's first frame.
  return { picture: image && readyImage(image), error: null }
}
