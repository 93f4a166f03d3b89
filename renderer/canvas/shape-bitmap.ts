import type { AnnotationStore } from '#renderer/document/annotation-store.ts'
import type { Viewport } from '#renderer/document/viewport.ts'
import { boundsOfPoints, boxCorners } from '#shared/geometry/box.ts'
import { shapeBounds } from '#shared/geometry/shape.ts'
import type { Annotation, Box } from '#shared/model/annotation.ts'
import type { ChangeSet } from '#shared/model/change-set.ts'
import {
  type Detail,
  detailFor,
  drawAnnotations,
  drawLinks,
  type Style,
} from './draw-annotations.ts'
import { drawLabels, LABEL_OVERHANG } from './draw-labels.ts'

/** The extra border of the bitmap on each side of the canvas, so that panning finds it drawn. Screen pixels. */
const MARGIN_X = 400
const MARGIN_Y = 225
/** A bitmap that is stretched by more than this factor is redrawn during the gesture. */
const MAX_STRETCH = 2
/** After the view has been still for this long, draw sharply at its exact scale. Milliseconds. */
const STILL_MS = 80
/** Drawing time per frame in milliseconds: most of a frame when idle, a third during a gesture. */
const SLICE_IDLE_MS = 14
const SLICE_MOVING_MS = 6
/**
 * Number of shapes to draw between two checks of the clock; fewer during a gesture, because a batch cannot be
 * interrupted.
 */
const BATCH_IDLE = 128
const BATCH_MOVING = 32
/** With more changed shapes than this, redrawing everything is cheaper than patching. */
const MAX_PATCHES = 16
/** How far a stroke or dot extends around a shape. Screen pixels. */
const STROKE_REACH = 8

interface Bitmap {
  canvas: HTMLCanvasElement
  context: CanvasRenderingContext2D
  /** The view it was drawn for, shifted by the margin. */
  view: Viewport
  detail: Detail
}

interface Source {
  store: AnnotationStore
  style: Style
  /** The overlay draws it for the moment. */
  isLifted: (annotation: Annotation) => boolean
  isVisible: (annotation: Annotation) => boolean
}

function newBitmap(): Bitmap {
  const canvas = document.createElement('canvas')
  // In memory, not on a graphics card, because `flush` reads from it.
  const context = canvas.getContext('2d', { willReadFrequently: true })
  if (!context) throw new Error('The browser gives no 2D canvas')
  return {
    canvas,
    context,
    view: { scale: 1, x: 0, y: 0, width: 0, height: 0 },
    detail: detailFor(0),
  }
}

function shows({ isLifted, isVisible }: Source, annotation: Annotation): boolean {
  return !isLifted(annotation) && isVisible(annotation)
}

/** Draws the lines of poses in a box; those of a lifted pose are drawn with it. */
function drawPoses(
  context: CanvasRenderingContext2D,
  view: Viewport,
  box: Box,
  { store, style, isLifted, isVisible }: Source,
): void {
  const resting = store
    .instancesIn(box)
    .map((id) => store.instance(id))
    .filter((members) => !members.some(isLifted))
  drawLinks(
    context,
    view,
    resting.map((members) => members.filter(isVisible)),
    style,
  )
}

/**
 * Browsers only record drawing commands and execute them when the canvas is shown: ten thousand shapes in one frame.
 * Reading a pixel executes them now, so that the clock measures the cost of a slice.
 */
function flush(context: CanvasRenderingContext2D): void {
  context.getImageData(0, 0, 1, 1)
}

/** The image pixels that a view with margins covers. */
function coverage({ scale, x, y, width, height }: Viewport): Box {
  return { x: -x / scale, y: -y / scale, w: width / scale, h: height / scale }
}

/** A box enlarged by screen pixels at a scale. */
function grown(box: Box, scale: number, reach: number): Box {
  const margin = reach / scale
  return { x: box.x - margin, y: box.y - margin, w: box.w + 2 * margin, h: box.h + 2 * margin }
}

/**
 * All annotations except the selected ones, drawn ahead into a bitmap larger than the canvas. A gesture moves and
 * stretches the bitmap, which costs the same for ten or ten thousand shapes; a new one is drawn in slices beside it
 * and replaces it when it is complete.
 */
export class ShapeBitmap {
  readonly #onChange: () => void
  readonly #onComplete: (isComplete: boolean) => void
  #wasComplete = false
  #front = newBitmap()
  #back = newBitmap()
  #source: Source | null = null
  #job: Generator<void> | null = null
  #view: Viewport | null = null
  #movedAt = 0
  /** Device pixels per CSS pixel of the canvas that shows the bitmap. */
  #dpr = window.devicePixelRatio
  #frame = 0
  /** The front bitmap shows the current source, at some scale. */
  #isValid = false
  /** The front bitmap is outdated, and is being redrawn. */
  #isStale = false

  /**
   * `onChange`: the layer that shows the bitmap must be redrawn. `onComplete`: called when all shapes are drawn
   * sharply at the view's scale, and when they no longer are.
   */
  constructor(onChange: () => void, onComplete: (isComplete: boolean) => void) {
    this.#onChange = onChange
    this.#onComplete = onComplete
  }

  /** Sets another image, style or set of visible shapes; everything is redrawn. */
  setSource(source: Source | null): void {
    const sameStore = source?.store === this.#source?.store
    this.#source = source
    this.#job = null
    if (!sameStore) this.#isValid = false
    this.#isStale = true
    this.#wake(true)
  }

  /** Redraws shapes that were changed, added, removed, lifted or put back. */
  patch(boxes: readonly Box[]): void {
    this.#job = null
    const few = boxes.length <= MAX_PATCHES
    if (!few) this.#isStale = true
    if (this.#isValid && few) for (const box of boxes) this.#patchBox(box)
    this.#wake(this.#isStale || !this.#isSharp())
    this.#onChange()
  }

  patchChanges({ created, updated, deleted }: ChangeSet): void {
    this.patchShapes([
      ...created,
      ...deleted,
      ...updated.flatMap(({ before, after }) => [before, after]),
    ])
  }

  /** Redraws the places of these annotations and of their poses. */
  patchShapes(annotations: readonly Annotation[]): void {
    const alone = annotations.filter(({ instanceId }) => instanceId === undefined)
    const boxes = alone.map(({ shape }) => shapeBounds(shape))
    const store = this.#source?.store
    for (const [id, parts] of Map.groupBy(annotations, ({ instanceId }) => instanceId)) {
      if (id === undefined || !store) continue
      // Lines start at the old places of the parts and end at the other parts.
      const members = [...parts, ...store.instance(id)]
      boxes.push(boundsOfPoints(members.flatMap(({ shape }) => boxCorners(shapeBounds(shape)))))
    }
    this.patch(boxes)
  }

  /** Draws the bitmap for a view. The context's unit is one CSS pixel. */
  draw(context: CanvasRenderingContext2D, view: Viewport): void {
    const before = this.#view
    const isNew =
      !before || before.scale !== view.scale || before.x !== view.x || before.y !== view.y
    this.#view = view
    if (isNew || before.width !== view.width || before.height !== view.height) {
      this.#movedAt = performance.now()
      this.#wake(false)
    }
    if (!this.#isValid) return
    const { canvas, view: drawn } = this.#front
    const ratio = view.scale / drawn.scale
    // Konva fixes the ratio when it creates a canvas; the window may be on another monitor by now.
    const dpr = context.getTransform().a
    if (dpr !== this.#dpr) {
      this.#dpr = dpr
      this.#isStale = true
      this.#wake(true)
    }
    const left = view.x - drawn.x * ratio
    const top = view.y - drawn.y * ratio
    context.save()
    context.setTransform(1, 0, 0, 1, 0, 0)
    if (ratio === 1) {
      context.imageSmoothingEnabled = false
      context.drawImage(canvas, Math.round(left * dpr), Math.round(top * dpr))
    } else {
      context.imageSmoothingEnabled = true
      context.imageSmoothingQuality = 'low'
      const { width, height } = drawn
      context.drawImage(canvas, left * dpr, top * dpr, width * ratio * dpr, height * ratio * dpr)
    }
    context.restore()
  }

  dispose(): void {
    cancelAnimationFrame(this.#frame)
    this.#frame = 0
    this.#source = null
    this.#job = null
  }

  #tellComplete(): void {
    const isComplete = this.#isSharp() && !this.#isStale && this.#job === null
    if (isComplete !== this.#wasComplete) this.#onComplete(isComplete)
    this.#wasComplete = isComplete
  }

  #isSharp(): boolean {
    return this.#isValid && this.#view !== null && this.#front.view.scale === this.#view.scale
  }

  /** True if part of the canvas is, or will soon be, outside of the bitmap. */
  #runsOut(view: Viewport): boolean {
    const { view: drawn } = this.#front
    const ratio = view.scale / drawn.scale
    const left = view.x - drawn.x * ratio
    const top = view.y - drawn.y * ratio
    return (
      left > -MARGIN_X / 4 ||
      top > -MARGIN_Y / 4 ||
      left + drawn.width * ratio < view.width + MARGIN_X / 4 ||
      top + drawn.height * ratio < view.height + MARGIN_Y / 4
    )
  }

  #wake(mustRedraw: boolean): void {
    if (mustRedraw && this.#view) this.#begin(this.#view)
    this.#tellComplete()
    if (this.#frame === 0 && this.#source) this.#frame = requestAnimationFrame(() => this.#step())
  }

  #isStill(): boolean {
    return performance.now() - this.#movedAt > STILL_MS
  }

  #batch(): number {
    return this.#isStill() || !this.#isValid ? BATCH_IDLE : BATCH_MOVING
  }

  /** Does one frame's share of the work. */
  #step(): void {
    this.#frame = 0
    const view = this.#view
    if (!view || !this.#source) return
    const start = performance.now()
    const still = this.#isStill()
    const ratio = view.scale / this.#front.view.scale
    const stretched = ratio > MAX_STRETCH || ratio < 1 / MAX_STRETCH
    // The picture has priority: shapes of another image start one frame later.
    const isFirst = !this.#isValid && !this.#job
    if (!this.#job) {
      const late = !this.#isValid || stretched || this.#runsOut(view)
      if (late || (still && ratio !== 1)) this.#begin(view)
    } else if (still && this.#back.view.scale !== view.scale) this.#begin(view)
    if (this.#job && !isFirst)
      this.#work(this.#job, start + (still || !this.#isValid ? SLICE_IDLE_MS : SLICE_MOVING_MS))
    this.#tellComplete()
    if (this.#job || !still) this.#frame = requestAnimationFrame(() => this.#step())
  }

  /** Until a moment of `performance.now()`. */
  #work(job: Generator<void>, endMs: number): void {
    while (performance.now() < endMs) {
      if (!job.next().done) continue
      this.#job = null
      ;[this.#front, this.#back] = [this.#back, this.#front]
      this.#isValid = true
      this.#isStale = false
      this.#onChange()
      return
    }
  }

  #begin(view: Viewport): void {
    if (!this.#source) return
    const { canvas, context } = this.#back
    const dpr = this.#dpr
    const width = view.width + 2 * MARGIN_X
    const height = view.height + 2 * MARGIN_Y
    // Whole device pixels between bitmap and canvas: otherwise the blit would blur.
    this.#back.view = {
      scale: view.scale,
      x: view.x + MARGIN_X,
      y: view.y + MARGIN_Y,
      width,
      height,
    }
    if (canvas.width !== Math.round(width * dpr)) canvas.width = Math.round(width * dpr)
    if (canvas.height !== Math.round(height * dpr)) canvas.height = Math.round(height * dpr)
    context.setTransform(dpr, 0, 0, dpr, 0, 0)
    context.clearRect(0, 0, width, height)
    this.#job = this.#drawAll(this.#back, this.#source)
  }

  *#drawAll(bitmap: Bitmap, source: Source): Generator<void> {
    const { context, view } = bitmap
    const { store, style } = source
    // Clearing a large bitmap was enough for a frame in which the person moves.
    flush(context)
    yield
    const box = grown(coverage(view), view.scale, LABEL_OVERHANG)
    const inView = store.inBox(box).filter((item) => shows(source, item))
    const detail = detailFor(inView.length)
    bitmap.detail = detail
    yield
    drawPoses(context, view, box, source)
    // Class by class, to change styles as rarely as possible.
    for (const group of Map.groupBy(inView, ({ className }) => className).values()) {
      for (let start = 0; start < group.length; ) {
        const end = start + this.#batch()
        drawAnnotations(context, view, group.slice(start, end), style, detail)
        flush(context)
        start = end
        yield
      }
    }
    if (!style.showLabels) return
    const near = (around: Box) => store.inBox(around).filter((item) => shows(source, item))
    for (let start = 0; start < inView.length; ) {
      const end = start + this.#batch()
      drawLabels(context, view, inView.slice(start, end), style, near)
      flush(context)
      start = end
      yield
    }
  }

  /** Clears a shape's place in the front bitmap and redraws what is there. */
  #patchBox(box: Box): void {
    const source = this.#source
    if (!source) return
    const { context, view, detail } = this.#front
    const reach = Math.max(STROKE_REACH, source.style.showLabels ? LABEL_OVERHANG : 0)
    const place = grown(box, view.scale, reach)
    const x = Math.floor(place.x * view.scale + view.x)
    const y = Math.floor(place.y * view.scale + view.y)
    const width = Math.ceil(place.w * view.scale) + 2
    const height = Math.ceil(place.h * view.scale) + 2
    const touched = source.store
      .inBox(grown(place, view.scale, reach))
      .filter((item) => shows(source, item))
    context.save()
    context.beginPath()
    context.rect(x, y, width, height)
    context.clip()
    context.clearRect(x, y, width, height)
    drawPoses(context, view, place, source)
    drawAnnotations(context, view, touched, source.style, detail)
    if (source.style.showLabels) {
      const near = (around: Box) => source.store.inBox(around).filter((item) => shows(source, item))
      drawLabels(context, view, touched, source.style, near)
    }
    context.restore()
  }
}
