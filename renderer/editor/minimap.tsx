import { type PointerEvent, useEffect, useRef } from 'react'
import { toImage } from '#renderer/document/viewport.ts'
import { thumbnailUrl } from '#renderer/rpc/media.ts'
import type { Editor } from '#renderer/tools/editor.ts'
import type { DatasetImage } from '#shared/model/dataset.ts'
import { t } from '#shared/texts/texts.ts'

/** Its longer side, screen pixels. */
const SIDE = 180

/** The whole image in a corner with the part that is in view; a press goes there. */
export function Minimap({ image, view: store }: { image: DatasetImage; view: Editor['view'] }) {
  const frame = useRef<HTMLDivElement>(null)
  const { width, height } = { width: image.width ?? 1, height: image.height ?? 1 }
  const scale = SIDE / Math.max(width, height)

  useEffect(() => {
    const place = () => {
      const view = store.getState()
      const style = frame.current?.style
      const corner = toImage(view, { x: 0, y: 0 })
      style?.setProperty('left', `${corner.x * scale}px`)
      style?.setProperty('top', `${corner.y * scale}px`)
      style?.setProperty('width', `${(view.width / view.scale) * scale}px`)
      style?.setProperty('height', `${(view.height / view.scale) * scale}px`)
    }
    place()
    return store.subscribe(place)
  }, [scale, store])

  const goTo = (event: PointerEvent<HTMLElement>) => {
    if (event.buttons !== 1) return
    event.currentTarget.setPointerCapture(event.pointerId)
    const { left, top } = event.currentTarget.getBoundingClientRect()
    const [x, y] = [(event.clientX - left) / scale, (event.clientY - top) / scale]
    store.setState((view) => ({
      x: view.width / 2 - x * view.scale,
      y: view.height / 2 - y * view.scale,
    }))
  }
  return (
    <div
      data-minimap=""
      role="img"
      aria-label={t('The whole image and the part in view')}
      onPointerDown={goTo}
      onPointerMove={goTo}
      className="absolute right-3 bottom-3 z-10 cursor-crosshair overflow-hidden rounded-md border border-line-strong bg-canvas shadow-float"
    >
      <img
        alt=""
        draggable={false}
        width={Math.round(width * scale)}
        height={Math.round(height * scale)}
        src={thumbnailUrl(image, SIDE * 2)}
      />
      <div
        ref={frame}
        className="pointer-events-none absolute border-2 border-accent outline-1 outline-white/70"
      />
    </div>
  )
}
