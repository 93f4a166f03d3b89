import type Konva from 'konva'
import { useCallback, useEffect, useRef } from 'react'
import { Layer, Shape, Stage } from 'react-konva'
import type { AnnotationStore } from '#renderer/document/annotation-store.ts'
import { isVisible, selection } from '#renderer/document/selection.ts'
import type { Style } from './draw-annotations.ts'
import { drawOverlay, type Overlay } from './draw-overlay.ts'
import { drawPicture, type Picture } from './picture.ts'
import { ShapeBitmap } from './shape-bitmap.ts'
import { viewport } from './viewport.ts'

export interface CanvasProps {
  width: number
  height: number
  picture: Picture | null
  annotations: AnnotationStore | null
  style: Style
  /** Drawn by the overlay instead, for as long as they are selected or moved. */
  overlay: () => Overlay
  /** Called with a function that asks for the overlay to be drawn again. */
  onReady: (redrawOverlay: () => void) => void
  /** All shapes are drawn, sharp, at the view's scale; or no longer. */
  onComplete: (isComplete: boolean) => void
}

/** Calls back whenever a CSS pixel has another number of device pixels: another monitor, or the browser's zoom. */
function followPixelRatio(onChange: (ratio: number) => void): () => void {
  const abort = new AbortController()
  const listen = () => {
    const query = window.matchMedia(`(resolution: ${window.devicePixelRatio}dppx)`)
    const changed = () => {
      onChange(window.devicePixelRatio)
      listen()
    }
    query.addEventListener('change', changed, { once: true, signal: abort.signal })
  }
  listen()
  return () => abort.abort()
}

/** The annotations' bitmap for a document, kept in step with edits, the selection and what is hidden. */
function useShapeBitmap(
  annotations: AnnotationStore | null,
  style: Style,
  onChange: () => void,
  onComplete: (isComplete: boolean) => void,
): React.RefObject<ShapeBitmap | null> {
  const bitmap = useRef<ShapeBitmap | null>(null)
  const latestStyle = useRef(style)
  const setSource = useCallback(() => {
    if (!annotations) return
    const state = selection.getState()
    bitmap.current?.setSource({
      store: annotations,
      style: latestStyle.current,
      // Nobody else draws what is selected and hidden: its pose's lines stay here.
      isLifted: (annotation) =>
        selection.getState().selected.has(annotation.id) && isVisible(annotation, state),
      isVisible: (annotation) => isVisible(annotation, state),
    })
  }, [annotations])
  useEffect(() => {
    if (!annotations) return
    const shapes = new ShapeBitmap(onChange, onComplete)
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
        shapes.patchShapes([...changed].flatMap((id) => annotations.get(id) ?? []))
      }
    })
    const stopAnnotations = annotations.subscribe((changes) => shapes.patchChanges(changes))
    return () => {
      stopSelection()
      stopAnnotations()
      shapes.dispose()
      if (bitmap.current === shapes) bitmap.current = null
    }
  }, [annotations, setSource, onChange, onComplete])
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
  onComplete,
}: CanvasProps) {
  const layers = useRef<{
    picture: Konva.Layer | null
    shapes: Konva.Layer | null
    overlay: Konva.Layer | null
  }>({ picture: null, shapes: null, overlay: null })
  const drawShapes = useCallback(() => void layers.current.shapes?.batchDraw(), [])
  const bitmap = useShapeBitmap(annotations, style, drawShapes, onComplete)

  useEffect(() => {
    const { current } = layers
    const drawOverlayLayer = () => void current.overlay?.batchDraw()
    onReady(drawOverlayLayer)
    const stopView = viewport.subscribe(() => {
      current.picture?.batchDraw()
      current.shapes?.batchDraw()
      drawOverlayLayer()
    })
    const stopPeeking = selection.subscribe(({ isPeeking }, before) => {
      if (isPeeking !== before.isPeeking) current.shapes?.batchDraw()
    })
    // Konva takes the ratio when it makes a canvas, and keeps it.
    const stopRatio = followPixelRatio((ratio) => {
      for (const layer of [current.picture, current.shapes, current.overlay]) {
        layer?.getCanvas().setPixelRatio(ratio)
        layer?.batchDraw()
      }
    })
    return () => {
      stopView()
      stopPeeking()
      stopRatio()
    }
  }, [onReady])

  const scene =
    (layer: keyof typeof layers.current, draw: (context: CanvasRenderingContext2D) => void) =>
    () => {
      const context = layers.current[layer]?.getNativeCanvasElement().getContext('2d')
      if (picture && context) draw(context)
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
          sceneFunc={scene(
            'picture',
            (context) => picture && drawPicture(context, picture, viewport.getState()),
          )}
        />
      </Layer>
      <Layer
        ref={(layer) => {
          layers.current.shapes = layer
        }}
        listening={false}
      >
        <Shape
          sceneFunc={scene('shapes', (context) => {
            if (!selection.getState().isPeeking) bitmap.current?.draw(context, viewport.getState())
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
          sceneFunc={scene('overlay', (context) => {
            if (!selection.getState().isPeeking)
              drawOverlay(context, viewport.getState(), overlay(), style)
          })}
        />
      </Layer>
    </Stage>
  )
}
