import { EyeOff, ImageOff, LoaderCircle } from 'lucide-react'
import { useCallback, useEffect, useMemo, useRef, useState } from 'react'
import { AnnotationCanvas } from '#renderer/canvas/annotation-canvas.tsx'
import type { Style } from '#renderer/canvas/draw-annotations.ts'
import { prefetchImage } from '#renderer/canvas/image-loader.ts'
import { classColors } from '#renderer/canvas/palette.ts'
import { filterOf } from '#renderer/canvas/tone.ts'
import { announcer } from '#renderer/document/announcer.ts'
import { canvasFrame } from '#renderer/document/canvas-frame.ts'
import { choices } from '#renderer/document/choices.ts'
import { datasetState, imageById, nextImage } from '#renderer/document/dataset-state.ts'
import { prefetchDocument } from '#renderer/document/session.ts'
import { workspace } from '#renderer/tools/workspace.ts'
import { Button } from '#renderer/ui/button.tsx'
import { EmptyState, ErrorNote } from '#renderer/ui/feedback.tsx'
import { useStore } from '#renderer/ui/use-store.ts'
import type { Settings } from '#shared/contract/settings.ts'
import type { DatasetImage } from '#shared/model/dataset.ts'
import { t } from '#shared/texts/texts.ts'
import { currentOverlay } from './current-overlay.ts'
import { Minimap } from './minimap.tsx'
import { SegmentBar } from './segment-bar.tsx'
import { ShapeMenu } from './shape-menu.tsx'
import { ToneFilter } from './tone-filter.tsx'
import { useCanvasInput } from './use-canvas-input.ts'
import { usePicture } from './use-picture.ts'

function useSize(element: React.RefObject<HTMLElement | null>): { width: number; height: number } {
  const [size, setSize] = useState({ width: 0, height: 0 })
  useEffect(() => {
    if (!element.current) return
    const observer = new ResizeObserver(([entry]) => {
      const { width, height } = entry.contentRect
      const next = { width: Math.floor(width), height: Math.floor(height) }
      // Before the canvas is drawn at that size, so that the view already fits.
      canvasFrame.setState(next)
      setSize(next)
    })
    observer.observe(element.current)
    return () => {
      observer.disconnect()
      canvasFrame.setState({ width: 0, height: 0, pointer: null })
    }
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
    (image?.missing ? t('The file is no longer in the folder. Its labels are kept.') : null)
  if (problem)
    return (
      <EmptyState icon={<ImageOff />} title={t('This image can’t be shown')}>
        {problem}
      </EmptyState>
    )
  if (!loading) return null
  return <EmptyState icon={<LoaderCircle className="animate-spin" />} title={t('Loading…')} />
}

/** Read out by screen readers; nobody sees it. */
function Announcer() {
  const text = useStore(announcer, (state) => state.text)
  return (
    <output data-announcer="" className="sr-only">
      {text}
    </output>
  )
}

/** Says that shapes are hidden and can show them, because hidden shapes get missed or drawn twice. */
function HiddenBadge() {
  const allHidden = useStore(choices, (state) => state.allHidden)
  if (!allHidden) return null
  return (
    <Button
      variant="primary"
      className="absolute top-3 right-3 z-10 h-7 shadow-float [&_svg]:size-4"
      onClick={() => choices.setState({ allHidden: false })}
    >
      <EyeOff />
      {t('All shapes are hidden. Show them')}
    </Button>
  )
}

export function CanvasPanel({ settings }: { settings: Settings }) {
  const container = useRef<HTMLElement>(null)
  const size = useSize(container)
  const { editor, error: openError, imageId } = useStore(workspace)
  const document = editor?.document ?? null
  const image = useStore(datasetState, () =>
    imageId === null ? null : (imageById(imageId) ?? null),
  )
  const classes = useStore(datasetState, (state) => state.dataset?.classes)
  const { fillOpacity, strokeOpacity, strokeWidth, showLabels, showCrosshair, showLoupe } = settings
  const { brightness, contrast, gamma } = settings
  const tone = useMemo(() => ({ brightness, contrast, gamma }), [brightness, contrast, gamma])
  const filter = filterOf(tone)
  const { picture, error } = usePicture(document ? (image?.width ? image : document.image) : null)
  const redraw = useRef(() => {})
  const style = useMemo<Style>(
    () => ({
      classes: classes ?? [],
      colorOf: classColors(classes ?? []),
      fillOpacity,
      strokeOpacity,
      strokeWidth,
      showLabels,
    }),
    [classes, fillOpacity, strokeOpacity, strokeWidth, showLabels],
  )
  const overlay = useCallback(
    () => editor && currentOverlay(editor, style, picture, { showCrosshair, showLoupe, filter }),
    [editor, style, picture, showCrosshair, showLoupe, filter],
  )
  const onReady = useCallback((ready: () => void) => {
    redraw.current = ready
  }, [])
  // For tests that wait for the complete image: set without React, while drawing.
  const onComplete = useCallback((isComplete: boolean) => {
    if (container.current) container.current.dataset.complete = String(isComplete)
  }, [])
  // Stable: a new listener in the middle of a gesture would lose it.
  const redrawOverlay = useCallback(() => redraw.current(), [])
  useCanvasInput(container, editor, redrawOverlay)

  useEffect(() => editor?.subscribe(() => redraw.current()), [editor])

  useEffect(() => {
    if (!picture || imageId === null) return
    for (const direction of [1, -1] as const) {
      const next = nextImage(datasetState.getState().images, imageId, direction)
      if (!next) continue
      prefetchImage(next)
      prefetchDocument(next.id)
    }
  }, [picture, imageId])

  return (
    <>
      <ShapeMenu editor={editor}>
        <section
          ref={container}
          data-canvas=""
          data-region=""
          data-image={imageId}
          data-ready={picture !== null}
          role="application"
          aria-label={t(
            'Image canvas. Draw with the pointer, or with a drawing tool, arrow keys and Enter. Tab goes through the shapes; F6 leaves the canvas.',
          )}
          // biome-ignore lint/a11y/noNoninteractiveTabindex: the drawing surface takes keys
          tabIndex={0}
          className="relative min-w-0 flex-1 touch-none overflow-hidden bg-canvas outline-offset-[-1px] select-none focus-visible:outline-1"
        >
          {size.width > 0 && (
            <AnnotationCanvas
              width={size.width}
              height={size.height}
              picture={picture}
              filter={filter}
              source={editor}
              style={style}
              overlay={overlay}
              onReady={onReady}
              onComplete={onComplete}
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
      </ShapeMenu>
      <HiddenBadge />
      <Announcer />
      <ToneFilter tone={tone} />
      <SegmentBar settings={settings} />
      {/* Not inside: a press on it is none on the canvas. */}
      {settings.showMinimap && picture && image && editor && (
        <Minimap image={image} view={editor.view} />
      )}
    </>
  )
}
