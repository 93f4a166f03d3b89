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

/** The class of shapes in a dataset without classes. */
const FIRST_CLASS = 'object'
/** The view is saved after it has not moved for this long. Milliseconds. */
const SAVE_VIEW_AFTER_MS = 400

interface ToolInHand {
  id: ToolId
  active: ActiveTool
  /** True while the pointer is held. Keys wait then, so that they do not interrupt a gesture. */
  isHeld: boolean
}

interface ConflictState {
  /** Conflicts with the service that the user has to resolve. */
  conflicts: readonly Conflict[]
  /** Index of the conflict that is shown. */
  index: number
  /** Blend of both versions: 0 shows only mine, 1 only theirs. */
  blend: number
}

/** Receives a tool's draft after its image was closed, for example with a late answer of the service. */
export type LateDraft = (imageId: string, toolId: ToolId, data: DraftData) => void

/**
 * One open image: its document, selection, active tool, view and conflicts. `dispose` ends all of them, so that nothing
 * that was started here can change another image.
 */
export class Editor {
  readonly document: ImageDocument
  readonly selection: Selection
  readonly view: StoreApi<Viewport>
  readonly tool: StoreApi<ToolInHand>
  readonly conflicts: StoreApi<ConflictState>
  /** Proposals of models that the user has not accepted or rejected yet. */
  readonly proposals: ImageProposals
  readonly cursor: KeyboardCursor
  /** Where the context menu was opened, because the pointer is over the menu now. Image pixels. */
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

  /** The whole image as a box. Image pixels. */
  get #box(): Box {
    const { width, height } = this.document.image
    return { x: 0, y: 0, w: width ?? 1, h: height ?? 1 }
  }

  /** The image's size; null while it is unknown. */
  get size(): Size | null {
    const { width, height } = this.document.image
    return width && height ? { width, height } : null
  }

  /** The size that shapes must stay inside; null if the settings allow drawing outside the image. */
  get borders(): Size | null {
    return editorSettings.getState().keepInside ? this.size : null
  }

  /** True if the active tool has started a shape or a gesture. */
  get isDrawing(): boolean {
    return this.document.drafts.getState()[this.tool.getState().id] !== undefined
  }

  get isDisposed(): boolean {
    return this.#isDisposed
  }

  get classes(): readonly AnnotationClass[] {
    return datasetState.getState().dataset?.classes ?? []
  }

  /** The class of the next shape. */
  get className(): string {
    return currentClassName()
  }

  /** Position of the pointer in image pixels; null while it is not over the canvas. */
  get pointer(): Point | null {
    const { pointer } = canvasFrame.getState()
    return pointer && toImage(this.view.getState(), pointer)
  }

  /**
   * Commits an edit of the open image. Shapes that are new or get another class are made visible. `finished`: the tool
   * whose draft the edit completes.
   */
  edit(label: string, changes: ChangeSet, finished?: ToolId): void {
    for (const { className } of changes.created) showClass(className)
    for (const { before, after } of changes.updated)
      if (before.className !== after.className) showClass(after.className)
    this.document.edit(label, changes, finished)
  }

  /** The handles of the shape just drawn, of the one selected shape, or of the frame around several. */
  handles(): readonly Handle[] {
    const fresh = this.selection.fresh()
    if (fresh) return this.selection.isLocked(fresh) ? [] : shapeHandles(fresh.shape)
    const editable = this.selection.editable()
    if (editable.length === 0 || this.tool.getState().id !== 'select') return []
    const [only, second] = editable
    if (second) return frameHandles(frameOf(editable))
    return this.selection.annotations().length === 1 ? shapeHandles(only.shape) : []
  }

  /** The nearest point inside the image; the point itself if the settings allow drawing outside. */
  inside(point: Point): Point {
    return this.borders ? clampPoint(point, this.borders) : point
  }

  /** Limits a move of several shapes so that all stay inside the image, unless the settings allow drawing outside. Image pixels. */
  clampMove(annotations: readonly Annotation[], by: Point): Point {
    if (!this.borders || annotations.length === 0) return by
    return clampMove(boundsOfShapes(annotations.map(({ shape }) => shape)), by, this.borders)
  }

  /** Activates a tool. It continues its own draft on this image, if there is one. */
  takeTool(id: ToolId): void {
    // Create the tool before the selection is cleared, because it may continue the selected shape.
    const active = this.#createTool(id)
    if (toolById(id).draws && id !== 'hole') this.selection.select([])
    this.selection.state.setState({ fresh: null })
    this.cursor.end()
    say(null)
    choices.setState({ toolId: id })
    this.tool.setState({ id, active, isHeld: false })
  }

  /** Adopts a tool's late draft, for example from an answer of the service, unless the user has started something since. */
  takeLateDraft(toolId: ToolId, data: DraftData): void {
    if (this.document.drafts.getState()[toolId] !== undefined) return
    this.document.setDraft(toolId, data)
    const { id, isHeld } = this.tool.getState()
    if (id === toolId && !isHeld) this.takeTool(toolId)
  }

  /** At first restores the saved view of this image, or fits it. When the canvas changes its size, the centre stays. */
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
   * Calls back when something changes that the overlay or the status line shows: annotations, selection, conflicts, the
   * tool and its preview. The view has its own store.
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

/** The class of new shapes. */
export function currentClassName(): string {
  const { className } = choices.getState()
  const classes = datasetState.getState().dataset?.classes ?? []
  const known = classes.find(({ name }) => name === className) ?? classes[0]
  return known?.name ?? FIRST_CLASS
}

/** Stops hiding the class and all shapes, so that a drawn shape is never invisible. */
function showClass(className: string): void {
  const { allHidden, hiddenClasses } = choices.getState()
  if (!allHidden && !hiddenClasses.has(className)) return
  choices.setState({
    allHidden: false,
    hiddenClasses: new Set([...hiddenClasses].filter((name) => name !== className)),
  })
}
