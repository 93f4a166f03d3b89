import type Konva from 'konva'
import { useEffect, useRef } from 'react'
import { Layer, Shape, Stage } from 'react-konva'
import type { AnnotationStore } from '#renderer/document/annotation-store.ts'
import { isVisible, selection } from '#renderer/document/selection.ts'
import type { Annotation } from '#shared/model/annotation.ts'
import { drawAnnotations, drawLabels, type Style } from './draw-annotations.ts'
import { drawOverlay, type Overlay } from './draw-overlay.ts'
import { viewport, visibleBox } from './viewport.ts'

export interface CanvasPicture {
  bitmap: ImageBitmap
  /** Image pixels; the bitmap of a very large image is smaller. */
  width: number
  height: number
}

export interface CanvasProps {
  width: number
  height: number
  picture: CanvasPicture | null
  annotations: AnnotationStore | null
  style: Style
  /** Drawn by the overlay instead, for as long as they are selected or moved. */
  overlay: () => Overlay
  /** Called with a function that asks for the overlay to be drawn again. */
  onReady: (redraw: { all: () => void; overlay: () => void }) => void
}

/** The 2D context under Konva's wrapper. */
type SceneContext = Konva.Context & { _context: CanvasRenderingContext2D }

function drawPicture(
  context: CanvasRenderingContext2D,
  { bitmap, width, height }: CanvasPicture,
): void {
  const { scale, x, y } = viewport.getState()
  // Beyond 200 % single pixels are what the person wants to see.
  context.imageSmoothingEnabled = scale < 2
  context.imageSmoothingQuality = 'medium'
  context.drawImage(bitmap, x, y, width * scale, height * scale)
}

/** In view, visible, and not drawn by the overlay. */
function staticAnnotations(store: AnnotationStore, overlay: Overlay): Annotation[] {
  const state = selection.getState()
  const lifted = new Set(overlay.selected.map(({ id }) => id))
  const order = new Map(store.list.map(({ id }, index) => [id, index]))
  return store
    .inBox(visibleBox(viewport.getState()))
    .filter((annotation) => !lifted.has(annotation.id) && isVisible(annotation, state))
    .sort((a, b) => (order.get(a.id) ?? 0) - (order.get(b.id) ?? 0))
}

/**
 * Three Konva layers of one shape each: picture, annotations, overlay. React sees none of the
 * annotations; whatever changes asks for a layer to be drawn, at most once a frame.
 */
export function AnnotationCanvas({
  width,
  height,
  picture,
  annotations,
  style,
  overlay,
  onReady,
}: CanvasProps) {
  const layers = useRef<{
    picture: Konva.Layer | null
    shapes: Konva.Layer | null
    overlay: Konva.Layer | null
  }>({
    picture: null,
    shapes: null,
    overlay: null,
  })

  useEffect(() => {
    const { current } = layers
    const drawOverlayLayer = () => current.overlay?.batchDraw()
    const drawAll = () => {
      current.picture?.batchDraw()
      current.shapes?.batchDraw()
      drawOverlayLayer()
    }
    onReady({ all: drawAll, overlay: drawOverlayLayer })
    return viewport.subscribe(drawAll)
  }, [onReady])

  const scene = (draw: (context: CanvasRenderingContext2D) => void) => (context: Konva.Context) => {
    draw((context as SceneContext)._context)
  }

  return (
    <Stage width={width} height={height} listening={false}>
      <Layer
        ref={(layer) => {
          layers.current.picture = layer
        }}
        listening={false}
      >
        <Shape sceneFunc={scene((context) => picture && drawPicture(context, picture))} />
      </Layer>
      <Layer
        ref={(layer) => {
          layers.current.shapes = layer
        }}
        listening={false}
      >
        <Shape
          sceneFunc={scene((context) => {
            if (!annotations || !picture) return
            const shown = staticAnnotations(annotations, overlay())
            drawAnnotations(context, viewport.getState(), shown, style)
            if (style.showLabels) drawLabels(context, viewport.getState(), shown, style)
          })}
        />
      </Layer>
      <Layer
        ref={(layer) => {
          layers.current.overlay = layer
        }}
        listening={false}
      >
        <Shape
          sceneFunc={scene(
            (context) => picture && drawOverlay(context, viewport.getState(), overlay(), style),
          )}
        />
      </Layer>
    </Stage>
  )
}
