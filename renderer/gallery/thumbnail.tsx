import { CircleAlert } from 'lucide-react'
import { useState } from 'react'
import { thumbnailUrl } from '#renderer/rpc/media.ts'
import type { DatasetImage } from '#shared/model/dataset.ts'
import { t } from '#shared/texts/texts.ts'

/** The small picture of an image. `width`: device pixels. */
export function Thumbnail({ image, width }: { image: DatasetImage; width: number }) {
  const [failed, setFailed] = useState(false)
  if (image.problem !== null || image.missing || failed)
    return (
      <CircleAlert
        className="size-5 text-danger"
        aria-label={image.problem ?? t('Image not available')}
      />
    )
  return (
    <img
      src={thumbnailUrl(image, width)}
      alt=""
      loading="lazy"
      decoding="async"
      draggable={false}
      onError={() => setFailed(true)}
      className="size-full object-cover"
    />
  )
}
