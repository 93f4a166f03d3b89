import type Konva from 'konva'
import { useCallback, useEffect, useRef } from 'react'
import { Layer, Shape, Stage } from 'react-konva'
import type { StoreApi } from 'zustand/vanilla'
import type { AnnotationStore } from '#renderer/document/annotation-store.ts'
import { choices } from '#renderer/document/choices.ts'
import type { Selection } from '#renderer/document/selection.ts'
import type { Viewport } from '#renderer/document/viewport.ts'
import type { Style } from './draw-annotations.ts'
import { drawOverlay, type Overlay } from './draw-overlay.ts'
import { drawPicture, type Picture } from './picture.ts'
import { ShapeBitmap } from './shape-bitmap.ts'

/** The parts of an open image that the canvas draws. */
export interface CanvasSource {
  document: { annotations: AnnotationStore }
  selection: Selection
  view: StoreApi<Viewport>
}

export interface CanvasProps {
  width: number
  height: number
  picture: Picture | null
  /** The CSS filter of the picture. */
  filter: string
  source: CanvasSource | null
  style: Style
  /** Drawn by the overlay instead while they are selected or moved. */
  overlay: () => Overlay | null
  /** Receives a function that requests a redraw of the overlay. */
  onReady: (redrawOverlay: () => void) => void
  /** Called when all shapes are drawn sharply at the view's scale, and when they no longer are. */
  onComplete: (isComplete: boolean) => void
}

/** Calls back when the device pixel ratio changes, because of another monitor or the browser's zoom. */
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

/** The bitmap of a document's annotations, updated with edits, the selection and visibility. */
function useShapeBitmap(
  source: CanvasSource | null,
  style: Style,
  onChange: () => void,
  onComplete: (isComplete: boolean) => void,
): React.RefObject<ShapeBitmap | null> {
  const bitmap = useRef<ShapeBitmap | null>(null)
  const latestStyle = useRef(style)
  const setSource = useCallback(() => {
    if (!source) return
    const { selection } = source
    bitmap.current?.setSource({
      store: source.document.annotations,
      style: latestStyle.current,
      // The overlay does not draw hidden selected shapes, so their pose's lines stay here.
      isLifted: (annotation) => selection.isLifted(annotation),
      isVisible: (annotation) => selection.isVisible(annotation),
    })
  }, [source])
  useEffect(() => {
    if (!source) return
    const { selection, document } = source
    const { annotations } = document
    const shapes = new ShapeBitmap(onChange, onComplete)
    bitmap.current = shapes
    setSource()
    const stopChoices = choices.subscribe((state, before) => {
      if (state.hiddenClasses !== before.hiddenClasses || state.allHidden !== before.allHidden)
        setSource()
    })
    const stopSelection = selection.state.subscribe((state, before) => {
      if (state.hidden !== before.hidden) setSource()
      else if (state.selected !== before.selected || state.fresh !== before.fresh) {
        const changed = new Set([...state.selected, ...before.selected])
        for (const id of [state.fresh, before.fresh]) if (id !== null) changed.add(id)
        shapes.patchShapes([...changed].flatMap((id) => annotations.get(id) ?? []))
      }
    })
    const stopAnnotations = annotations.subscribe((changes) => shapes.patchChanges(changes))
    return () => {
      stopChoices()
      stopSelection()
      stopAnnotations()
      shapes.dispose()
      if (bitmap.current === shapes) bitmap.current = null
    }
  }, [source, setSource, onChange, onComplete])
  // After a style change, the old shapes stay on screen until they are redrawn.
  useEffect(() => {
    latestStyle.current = style
    setSource()
  }, [style, setSource])
  return bitmap
}

/**
 * Three Konva layers of one shape each: picture, annotations, overlay. React does not handle annotations; every
 * change requests a redraw of a layer, at most once per frame.
 */
export function AnnotationCanvas({
  width,
  height,
  picture,
  filter,
  source,
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
  const bitmap = useShapeBitmap(source, style, drawShapes, onComplete)

  useEffect(() => {
    const { current } = layers
    const drawOverlayLayer = () => void current.overlay?.batchDraw()
    onReady(drawOverlayLayer)
    // Konva reads the ratio when it creates a canvas, and keeps it.
    const stopRatio = followPixelRatio((ratio) => {
      for (const layer of [current.picture, current.shapes, current.overlay]) {
        layer?.getCanvas().setPixelRatio(ratio)
        layer?.batchDraw()
      }
    })
    return stopRatio
  }, [onReady])

  // A filter on the layer's own element, so that a change redraws nothing.
  useEffect(() => {
    const element = layers.current.picture?.getNativeCanvasElement()
    if (element) element.style.filter = filter
  }, [filter])

  useEffect(() => {
    if (!source) return
    const { current } = layers
    const drawAll = () => {
      for (const layer of Object.values(current)) layer?.batchDraw()
    }
    const stopView = source.view.subscribe(drawAll)
    const stopPeeking = source.selection.state.subscribe(({ isPeeking }, before) => {
      if (isPeeking !== before.isPeeking) current.shapes?.batchDraw()
    })
    drawAll()
    return () => {
      stopView()
      stopPeeking()
    }
  }, [source])

  const scene =
    (
      layer: keyof typeof layers.current,
      draw: (context: CanvasRenderingContext2D, view: Viewport, selection: Selection) => void,
    ) =>
    () => {
      const context = layers.current[layer]?.getNativeCanvasElement().getContext('2d')
      if (picture && source && context) draw(context, source.view.getState(), source.selection)
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
            (context, view) => picture && drawPicture(context, picture, view),
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
          sceneFunc={scene('shapes', (context, view, selection) => {
            if (!selection.state.getState().isPeeking) bitmap.current?.draw(context, view)
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
          sceneFunc={scene('overlay', (context, view, selection) => {
            const shown = selection.state.getState().isPeeking ? null : overlay()
            if (shown) drawOverlay(context, view, shown, style)
          })}
        />
      </Layer>
    </Stage>
  )
}
