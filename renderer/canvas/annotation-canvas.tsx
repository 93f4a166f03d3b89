import type Konva from 'konva'
import { useCallback, useEffect, useRef } from 'react'
import { Layer, Shape, Stage } from 'react-konva'
import type { AnnotationStore } from '#renderer/document/annotation-store.ts'
import { isVisible, selection } from '#renderer/document/selection.ts'
import { shapeBounds } from '#shared/geometry/shape.ts'
import type { Annotation } from '#shared/model/annotation.ts'
import type { Style } from './draw-annotations.ts'
import { drawOverlay, type Overlay } from './draw-overlay.ts'
import { ShapeBitmap } from './shape-bitmap.ts'
import { viewport } from './viewport.ts'

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
  onReady: (redrawOverlay: () => void) => void
}

/** The 2D context under Konva's wrapper. */
type SceneContext = Konva.Context & { _context: CanvasRenderingContext2D }

/** A picture is drawn with care when its view has been still for this long, milliseconds. */
const STILL_MS = 120

function drawPicture(
  context: CanvasRenderingContext2D,
  { bitmap, width, height }: CanvasPicture,
  isMoving: boolean,
): void {
  const { scale, x, y } = viewport.getState()
  // Beyond 200 % single pixels are what the person wants to see.
  context.imageSmoothingEnabled = scale < 2
  context.imageSmoothingQuality = isMoving ? 'low' : 'medium'
  context.drawImage(bitmap, x, y, width * scale, height * scale)
}

/** The annotations' bitmap for a document, kept in step with edits, the selection and what is hidden. */
function useShapeBitmap(
  annotations: AnnotationStore | null,
  style: Style,
  onChange: () => void,
): React.RefObject<ShapeBitmap | null> {
  const bitmap = useRef<ShapeBitmap | null>(null)
  const latestStyle = useRef(style)
  const setSource = useCallback(() => {
    if (!annotations) return
    const state = selection.getState()
    const shows = (annotation: Annotation) =>
      !selection.getState().selected.has(annotation.id) && isVisible(annotation, state)
    bitmap.current?.setSource({ store: annotations, style: latestStyle.current, shows })
  }, [annotations])
  useEffect(() => {
    if (!annotations) return
    const shapes = new ShapeBitmap(onChange)
    bitmap.current = shapes
    setSource()
    const stopSelection = selection.subscribe((state, before) => {
      const sameHidden =
        state.hidden === before.hidden &&
        state.hiddenClasses === before.hiddenClasses &&
        state.allHidden === before.allHidden
      if (!sameHidden) setSource()
      else if (state.selected !== before.selected) {
        const changed = new Set([...state.selected, ...before.selected])
        const moved = [...changed].flatMap((id) => annotations.get(id) ?? [])
        shapes.patch(moved.map(({ shape }) => shapeBounds(shape)))
      }
    })
    const stopAnnotations = annotations.subscribe((changes) => shapes.patchChanges(changes))
    return () => {
      stopSelection()
      stopAnnotations()
      shapes.dispose()
      if (bitmap.current === shapes) bitmap.current = null
    }
  }, [annotations, setSource, onChange])
  // In another style the shapes stay on screen until they have been drawn anew.
  useEffect(() => {
    latestStyle.current = style
    setSource()
  }, [style, setSource])
  return bitmap
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
  }>({ picture: null, shapes: null, overlay: null })
  const isMoving = useRef(false)
  const drawShapes = useCallback(() => void layers.current.shapes?.batchDraw(), [])
  const bitmap = useShapeBitmap(annotations, style, drawShapes)

  useEffect(() => {
    const { current } = layers
    const drawOverlayLayer = () => void current.overlay?.batchDraw()
    onReady(drawOverlayLayer)
    let timer: ReturnType<typeof setTimeout> | undefined
    const settle = () => {
      isMoving.current = false
      current.picture?.batchDraw()
    }
    const unsubscribe = viewport.subscribe(() => {
      isMoving.current = true
      clearTimeout(timer)
      timer = setTimeout(settle, STILL_MS)
      current.picture?.batchDraw()
      current.shapes?.batchDraw()
      drawOverlayLayer()
    })
    return () => {
      unsubscribe()
      clearTimeout(timer)
    }
  }, [onReady])

  const scene = (draw: (context: CanvasRenderingContext2D) => void) => (context: Konva.Context) => {
    if (picture) draw((context as SceneContext)._context)
  }

  return (
    <Stage width={width} height={height} listening={false}>
      <Layer
        ref={(layer) => {
          layers.current.picture = layer
        }}
        listening={false}
      >
        <Shape
          sceneFunc={scene((context) => picture && drawPicture(context, picture, isMoving.current))}
        />
      </Layer>
      <Layer
        ref={(layer) => {
          layers.current.shapes = layer
        }}
        listening={false}
      >
        <Shape sceneFunc={scene((context) => bitmap.current?.draw(context, viewport.getState()))} />
      </Layer>
      <Layer
        ref={(layer) => {
          layers.current.overlay = layer
        }}
        listening={false}
      >
        <Shape
          sceneFunc={scene((context) =>
            drawOverlay(context, viewport.getState(), overlay(), style),
          )}
        />
      </Layer>
    </Stage>
  )
}
