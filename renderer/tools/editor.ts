import { createStore, type StoreApi } from 'zustand/vanilla'
import { canvasFrame } from '#renderer/document/canvas-frame.ts'
import { choices, type ToolId } from '#renderer/document/choices.ts'
import { datasetState } from '#renderer/document/dataset-state.ts'
import { editorSettings } from '#renderer/document/editor-settings.ts'
import type { ImageDocument } from '#renderer/document/image-document.ts'
import { ImageProposals } from '#renderer/document/image-proposals.ts'
import { Selection } from '#renderer/document/selection.ts'
import { saveView } from '#renderer/document/session.ts'
import { say } from '#renderer/document/status-line.ts'
import {
  fitBox,
  resized,
  restoreView,
  toImage,
  type Viewport,
  viewToSave,
} from '#renderer/document/viewport.ts'
import type { DraftData } from '#shared/contract/annotations.ts'
import { boundsOfShapes, clampMove, clampPoint, type Size } from '#shared/geometry/clamp-shape.ts'
import { shapeHandles } from '#shared/geometry/shape.ts'
import type { Handle } from '#shared/geometry/shape-geometry.ts'
import type { Annotation, Box, Point } from '#shared/model/annotation.ts'
import type { AnnotationClass } from '#shared/model/annotation-class.ts'
import type { ChangeSet } from '#shared/model/change-set.ts'
import type { Conflict } from '#shared/model/sync.ts'
import { KeyboardCursor } from './keyboard-cursor.ts'
import { frameHandles, frameOf } from './select/edit-gestures.ts'
import type { ActiveTool } from './tool.ts'
import { toolHost } from './tool-host.ts'
import { toolById } from './tools.ts'

/** The class of shapes drawn before any class was made. */
const FIRST_CLASS = 'object'
/** A view is kept when it has been still for this long, milliseconds. */
const SAVE_VIEW_AFTER_MS = 400

interface ToolInHand {
  id: ToolId
  active: ActiveTool
  /** The pointer is held: keys wait, so that no gesture is cut off. */
  isHeld: boolean
}

interface ConflictState {
  /** Differences to the service that the user has to decide. */
  conflicts: readonly Conflict[]
  /** Which of them is being decided. */
  index: number
  /** 0 shows mine alone, 1 theirs alone. */
  blend: number
}

/** Takes a tool's draft that comes after its image was left, for instance with an answer of the service. */
export type LateDraft = (imageId: string, toolId: ToolId, data: DraftData) => void

/**
 * One open image: its document, what is selected, the tool in hand, the part in view, and its conflicts. All of it
 * ends with `dispose`; nothing that was begun here can change another image.
 */
export class Editor {
  readonly document: ImageDocument
  readonly selection: Selection
  readonly view: StoreApi<Viewport>
  readonly tool: StoreApi<ToolInHand>
  readonly conflicts: StoreApi<ConflictState>
  /** What models found and nobody accepted yet. */
  readonly proposals: ImageProposals
  readonly cursor: KeyboardCursor
  /** Where a menu was opened over the image, image pixels: the pointer is over the menu since. */
  menuPlace: Point | null = null
  readonly #onLateDraft: LateDraft
  readonly #listeners = new Set<() => void>()
  #isPlaced = false
  #savingView: ReturnType<typeof setTimeout> | undefined
  #isDisposed = false

  constructor(document: ImageDocument, onLateDraft: LateDraft) {
    this.document = document
    this.#onLateDraft = onLateDraft
    this.cursor = new KeyboardCursor(this)
    this.selection = new Selection(document.annotations)
    this.proposals = new ImageProposals(document.annotations)
    this.conflicts = createStore<ConflictState>(() => ({ conflicts: [], index: 0, blend: 0.5 }))
    this.view = createStore<Viewport>(() => ({ scale: 1, x: 0, y: 0, width: 1, height: 1 }))
    this.resize(canvasFrame.getState())
    const { toolId } = choices.getState()
    this.tool = createStore<ToolInHand>(() => ({
      id: toolId,
      active: this.#createTool(toolId),
      isHeld: false,
    }))
    if (toolById(toolId).draws) this.selection.select([])
    this.view.subscribe(() => this.#saveViewSoon())
  }

  /** The whole image; image pixels. */
  get #box(): Box {
    const { width, height } = this.document.image
    return { x: 0, y: 0, w: width ?? 1, h: height ?? 1 }
  }

  /** The image's size; null while it is not known. */
  get size(): Size | null {
    const { width, height } = this.document.image
    return width && height ? { width, height } : null
  }

  /** The size that shapes have to stay inside; null when it is allowed to draw beyond it. */
  get borders(): Size | null {
    return editorSettings.getState().keepInside ? this.size : null
  }

  /** Something is begun with the tool in hand. */
  get isDrawing(): boolean {
    return this.document.drafts.getState()[this.tool.getState().id] !== undefined
  }

  get isDisposed(): boolean {
    return this.#isDisposed
  }

  get classes(): readonly AnnotationClass[] {
    return datasetState.getState().dataset?.classes ?? []
  }

  /** The class that a new shape gets. */
  get className(): string {
    return currentClassName()
  }

  /** Where the pointer is, image pixels; null when it is not over the canvas. */
  get pointer(): Point | null {
    const { pointer } = canvasFrame.getState()
    return pointer && toImage(this.view.getState(), pointer)
  }

  /** Commits an edit of the open image; shapes that are made, or get another class, can be seen. `finished`: the tool whose draft it completes. */
  edit(label: string, changes: ChangeSet, finished?: ToolId): void {
    for (const { className } of changes.created) showClass(className)
    for (const { before, after } of changes.updated)
      if (before.className !== after.className) showClass(after.className)
    this.document.edit(label, changes, finished)
  }

  /** What can be grabbed: of the shape just drawn, of the one selected shape, or of the frame around several. */
  handles(): readonly Handle[] {
    const fresh = this.selection.fresh()
    if (fresh) return this.selection.isLocked(fresh) ? [] : shapeHandles(fresh.shape)
    const editable = this.selection.editable()
    if (editable.length === 0 || this.tool.getState().id !== 'select') return []
    const [only, second] = editable
    if (second) return frameHandles(frameOf(editable))
    return this.selection.annotations().length === 1 ? shapeHandles(only.shape) : []
  }

  /** The nearest point inside the image, unless it is allowed to draw beyond it. */
  inside(point: Point): Point {
    return this.borders ? clampPoint(point, this.borders) : point
  }

  /** How far shapes can be moved together towards `by`, unless it is allowed to draw beyond the image. Image pixels. */
  clampMove(annotations: readonly Annotation[], by: Point): Point {
    if (!this.borders || annotations.length === 0) return by
    return clampMove(boundsOfShapes(annotations.map(({ shape }) => shape)), by, this.borders)
  }

  /** Takes a tool in hand. What the tool left unfinished on this image goes on. */
  takeTool(id: ToolId): void {
    // Made before the selection goes: a tool may go on with what is selected.
    const active = this.#createTool(id)
    if (toolById(id).draws && id !== 'hole') this.selection.select([])
    this.selection.state.setState({ fresh: null })
    this.cursor.end()
    say(null)
    choices.setState({ toolId: id })
    this.tool.setState({ id, active, isHeld: false })
  }

  /** A tool's draft that came late, for instance with an answer of the service. What was begun since then counts more. */
  takeLateDraft(toolId: ToolId, data: DraftData): void {
    if (this.document.drafts.getState()[toolId] !== undefined) return
    this.document.setDraft(toolId, data)
    const { id, isHeld } = this.tool.getState()
    if (id === toolId && !isHeld) this.takeTool(toolId)
  }

  /** Puts the view where it was on this image, or fits it, at first; later the middle stays. */
  resize({ width, height }: { width: number; height: number }): void {
    if (width < 2 || height < 2) return
    this.view.setState((view) => {
      const sized = { ...view, width, height }
      if (this.#isPlaced) return resized(view, { width, height }, this.#box)
      const { view: saved } = this.document
      return saved ? restoreView(sized, saved, this.#box) : fitBox(sized, this.#box)
    })
    this.#isPlaced = true
  }

  /**
   * Calls back when anything changes that the overlay or the status line shows: the annotations, the selection, the
   * tool and what it draws, conflicts. The view has its own store.
   */
  subscribe(listener: () => void): () => void {
    const call = () => listener()
    this.#listeners.add(call)
    const stops = [
      this.document.annotations.subscribe(call),
      this.selection.state.subscribe(call),
      this.tool.subscribe(call),
      this.conflicts.subscribe(call),
      this.proposals.subscribe(call),
      choices.subscribe(call),
    ]
    return () => {
      this.#listeners.delete(call)
      for (const stop of stops) stop()
    }
  }

  dispose(): void {
    if (this.#savingView !== undefined) this.#saveView()
    this.#isDisposed = true
  }

  #createTool(id: ToolId): ActiveTool {
    const isInHand = () => !this.#isDisposed && this.tool.getState().active === tool
    const host = toolHost({
      editor: this,
      toolId: id,
      isInHand,
      changed: () => {
        for (const listener of this.#listeners) listener()
      },
      onLateDraft: (data) => {
        if (this.#isDisposed) this.#onLateDraft(this.document.image.id, id, data)
        else this.takeLateDraft(id, data)
      },
    })
    const tool = toolById(id).create(host, this.document.drafts.getState()[id] ?? null)
    return tool
  }

  #saveViewSoon(): void {
    clearTimeout(this.#savingView)
    this.#savingView = setTimeout(() => this.#saveView(), SAVE_VIEW_AFTER_MS)
  }

  #saveView(): void {
    clearTimeout(this.#savingView)
    this.#savingView = undefined
    saveView(this.document.image.id, viewToSave(this.view.getState(), this.#box))
  }
}

/** The class that new shapes get. */
export function currentClassName(): string {
  const { className } = choices.getState()
  const classes = datasetState.getState().dataset?.classes ?? []
  const known = classes.find(({ name }) => name === className) ?? classes[0]
  return known?.name ?? FIRST_CLASS
}

/** What is drawn is seen: drawing ends what hides its class, or all shapes. */
function showClass(className: string): void {
  const { allHidden, hiddenClasses } = choices.getState()
  if (!allHidden && !hiddenClasses.has(className)) return
  choices.setState({
    allHidden: false,
    hiddenClasses: new Set([...hiddenClasses].filter((name) => name !== className)),
  })
}
