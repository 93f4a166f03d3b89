import { ImageOff, LoaderCircle } from 'lucide-react'
import { useCallback, useEffect, useMemo, useRef, useState } from 'react'
import { AnnotationCanvas, type CanvasPicture } from '#renderer/canvas/annotation-canvas.tsx'
import type { Style } from '#renderer/canvas/draw-annotations.ts'
import type { Overlay } from '#renderer/canvas/draw-overlay.ts'
import { loadImage, prefetchImage } from '#renderer/canvas/image-loader.ts'
import { classColors } from '#renderer/canvas/palette.ts'
import { fitBox, resized, restoreView, saveView, viewport } from '#renderer/canvas/viewport.ts'
import { datasetState, imageById, nextImage } from '#renderer/document/dataset-state.ts'
import type { ImageDocument } from '#renderer/document/image-document.ts'
import { isLocked, isVisible, selection } from '#renderer/document/selection.ts'
import { session } from '#renderer/document/session.ts'
import { client } from '#renderer/rpc/connection.ts'
import { currentClassName, selectedAnnotations, toolState } from '#renderer/tools/tool-state.ts'
import { EmptyState, ErrorNote } from '#renderer/ui/feedback.tsx'
import { useStore } from '#renderer/ui/use-store.ts'
import type { Settings } from '#shared/contract/settings.ts'
import { shapeHandles } from '#shared/geometry/shape.ts'
import type { DatasetImage } from '#shared/model/dataset.ts'
import { canvasPointer, useCanvasInput } from './use-canvas-input.ts'

/** A view is kept when it has been still for this long, milliseconds. */
const SAVE_VIEW_AFTER_MS = 400

function currentOverlay(style: Style, showCrosshair: boolean): Overlay {
  const { document } = session.getState()
  const { active, toolId } = toolState.getState()
  const { hovered, vertex } = selection.getState()
  const preview = active.preview()
  const selected = selectedAnnotations()
    .filter((annotation) => isVisible(annotation))
    .map((annotation) => {
      const shape = preview.replaced.get(annotation.id)
      return shape ? { ...annotation, shape } : annotation
    })
  const [only, second] = selected
  const editable = only && !second && !isLocked(only) && toolId === 'select'
  const under = hovered === null ? undefined : document?.annotations.get(hovered)
  return {
    selected,
    hovered: under && isVisible(under) && !selected.includes(under) ? under : null,
    handles: editable ? shapeHandles(only.shape) : [],
    activeVertex: vertex,
    outlines: preview.outlines,
    vertices: preview.vertices,
    closing: preview.closing,
    marquee: preview.marquee,
    color: style.colorOf(currentClassName()),
    crosshair: showCrosshair && toolId !== 'pan' ? canvasPointer.screen : null,
  }
}

/** The decoded picture of the open image, or why there is none. */
function usePicture(image: DatasetImage | null): {
  picture: CanvasPicture | null
  error: string | null
} {
  const [state, setState] = useState<{
    key: string
    picture: CanvasPicture | null
    error: string | null
  }>({
    key: '',
    picture: null,
    error: null,
  })
  const key = image ? `${image.id} ${image.modifiedAtMs} ${image.width}` : ''
  useEffect(() => {
    if (!image?.width || !image.height || image.missing) return
    const { width, height } = image
    let wanted = true
    loadImage(image).then(
      (bitmap) => wanted && setState({ key, picture: { bitmap, width, height }, error: null }),
      (error: unknown) =>
        wanted &&
        setState({
          key,
          picture: null,
          error: error instanceof Error ? error.message : String(error),
        }),
    )
    return () => {
      wanted = false
    }
  }, [image, key])
  return state.key === key ? state : { picture: null, error: null }
}

/** Puts the view where it was on this image, or fits it; and keeps where it goes. */
function useView(document: ImageDocument | null, size: { width: number; height: number }): void {
  const shown = useRef<ImageDocument | null>(null)
  useEffect(() => {
    const box = { x: 0, y: 0, w: document?.image.width ?? 1, h: document?.image.height ?? 1 }
    viewport.setState((state) => resized(state, size, box))
    if (!document || size.width < 2 || shown.current === document) return
    shown.current = document
    const { view } = document
    viewport.setState((state) => (view ? restoreView(state, view) : fitBox(state, box)))
  }, [document, size])
  useEffect(() => {
    if (!document) return
    let timer: ReturnType<typeof setTimeout> | undefined
    const save = () => {
      timer = undefined
      void client.images
        .saveView({ id: document.image.id, view: saveView(viewport.getState()) })
        .catch(() => {})
    }
    const unsubscribe = viewport.subscribe(() => {
      if (shown.current !== document) return
      clearTimeout(timer)
      timer = setTimeout(save, SAVE_VIEW_AFTER_MS)
    })
    return () => {
      unsubscribe()
      if (timer === undefined) return
      clearTimeout(timer)
      save()
    }
  }, [document])
}

function useSize(element: React.RefObject<HTMLElement | null>): { width: number; height: number } {
  const [size, setSize] = useState({ width: 0, height: 0 })
  useEffect(() => {
    if (!element.current) return
    const observer = new ResizeObserver(([entry]) => {
      const { width, height } = entry.contentRect
      setSize({ width: Math.floor(width), height: Math.floor(height) })
    })
    observer.observe(element.current)
    return () => observer.disconnect()
  }, [element])
  return size
}

/** Why there is no picture, in the middle of the canvas. */
function Instead({
  image,
  error,
  loading,
}: {
  image: DatasetImage | null
  error: string | null
  loading: boolean
}) {
  const problem =
    error ??
    image?.problem ??
    (image?.missing ? 'The file is no longer in the folder. Its labels are kept.' : null)
  if (problem)
    return (
      <EmptyState icon={<ImageOff />} title="This image cannot be shown">
        {problem}
      </EmptyState>
    )
  if (!loading) return null
  return <EmptyState icon={<LoaderCircle className="animate-spin" />} title="Loading…" />
}

export function CanvasPanel({ settings }: { settings: Settings }) {
  const container = useRef<HTMLElement>(null)
  const size = useSize(container)
  const document = useStore(session, (state) => state.document)
  const openError = useStore(session, (state) => state.error)
  const imageId = useStore(session, (state) => state.imageId)
  const image = useStore(datasetState, () =>
    imageId === null ? null : (imageById(imageId) ?? null),
  )
  const classes = useStore(datasetState, (state) => state.dataset?.classes)
  const { picture, error } = usePicture(document ? (image?.width ? image : document.image) : null)
  const redraw = useRef(() => {})
  const { fillOpacity, showLabels, showCrosshair } = settings
  const style = useMemo<Style>(
    () => ({ colorOf: classColors(classes ?? []), fillOpacity, showLabels }),
    [classes, fillOpacity, showLabels],
  )
  const overlay = useCallback(() => currentOverlay(style, showCrosshair), [style, showCrosshair])
  const onReady = useCallback((ready: () => void) => {
    redraw.current = ready
  }, [])
  useView(document, size)
  // Stable: a new listener in the middle of a gesture would lose it.
  const redrawOverlay = useCallback(() => redraw.current(), [])
  useCanvasInput(container, document, redrawOverlay)

  useEffect(() => {
    const stopSelection = selection.subscribe(() => redraw.current())
    const stopTool = toolState.subscribe(() => redraw.current())
    const stopAnnotations = document?.annotations.subscribe(() => redraw.current())
    return () => {
      stopSelection()
      stopTool()
      stopAnnotations?.()
    }
  }, [document])

  useEffect(() => {
    if (!picture || imageId === null) return
    for (const direction of [1, -1] as const) {
      const next = nextImage(datasetState.getState(), imageId, direction)
      if (next) prefetchImage(next)
    }
  }, [picture, imageId])

  return (
    <section
      ref={container}
      data-canvas=""
      data-ready={picture !== null}
      aria-label="Image canvas. Draw with the pointer; Tab goes through the shapes."
      // biome-ignore lint/a11y/noNoninteractiveTabindex: the drawing surface takes keys
      tabIndex={0}
      className="relative min-w-0 flex-1 touch-none overflow-hidden bg-canvas outline-offset-[-1px] select-none focus-visible:outline-1"
    >
      {size.width > 0 && (
        <AnnotationCanvas
          width={size.width}
          height={size.height}
          picture={picture}
          annotations={document?.annotations ?? null}
          style={style}
          overlay={overlay}
          onReady={onReady}
        />
      )}
      {!picture && (
        <div className="absolute inset-0">
          <Instead image={image} error={error} loading={document !== null && error === null} />
        </div>
      )}
      {openError && (
        <div className="absolute inset-x-6 top-6">
          <ErrorNote>{openError}</ErrorNote>
        </div>
      )}
    </section>
  )
}
