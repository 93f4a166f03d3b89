import { createStore } from 'zustand/vanilla'
import { datasetState } from '#renderer/document/dataset-state.ts'
import { editorSettings } from '#renderer/document/editor-settings.ts'
import type { ImageDocument } from '#renderer/document/image-document.ts'
import {
  isLocked,
  isVisible,
  select,
  selection,
  toggleSelected,
} from '#renderer/document/selection.ts'
import { assist, keepDraftOf, session, setDraft, withDraft } from '#renderer/document/session.ts'
import type { DraftData } from '#shared/contract/annotations.ts'
import { clampPoint, clampShape, type Size } from '#shared/geometry/clamp-shape.ts'
import { distanceToSegment } from '#shared/geometry/point.ts'
import { shapeHandles, shapeOutlines } from '#shared/geometry/shape.ts'
import type { Handle } from '#shared/geometry/shape-geometry.ts'
import { snapTo } from '#shared/geometry/snap.ts'
import { type Annotation, newAnnotation, type Point } from '#shared/model/annotation.ts'
import type { AnnotationClass } from '#shared/model/annotation-class.ts'
import { defaultAttributes } from '#shared/model/attributes.ts'
import { messageOf } from '#shared/model/message-of.ts'
import { linksOf } from '#shared/model/pose.ts'
import { t } from '#shared/texts/texts.ts'
import { frameHandles, frameOf } from './select/edit-gestures.ts'
import type { ActiveTool, ToolHost, ToolId } from './tool.ts'
import { toolById } from './tools.ts'

/** The class of shapes drawn before any class was made. */
const FIRST_CLASS = 'object'
/** How near a border a point is taken to it, screen pixels. */
const SNAP_RADIUS = 8

interface ToolState {
  toolId: ToolId
  active: ActiveTool
  /** The pointer is held: keys wait, so that no gesture is cut off. */
  isHeld: boolean
  /** Stays until another is chosen; a class that is gone is no longer it. */
  className: string | null
  /** Grows when the active tool's preview, cursor or hint changed. */
  version: number
  /** Something that went otherwise than asked; gone with the next press. */
  message: string | null
}

const changed = () => toolState.setState(({ version }) => ({ version: version + 1 }))

const openDocument = (): ImageDocument | null => session.getState().document
const classes = (): readonly AnnotationClass[] => datasetState.getState().dataset?.classes ?? []

/** The size of the open image, if what is drawn has to stay inside it. */
function borders(): Size | null {
  const { width, height } = openDocument()?.image ?? { width: null, height: null }
  return editorSettings.getState().keepInside && width && height ? { width, height } : null
}

/** What is drawn is seen: drawing ends what hides its class, or all shapes. */
function showClass(className: string): void {
  const { allHidden, hiddenClasses } = selection.getState()
  if (!allHidden && !hiddenClasses.has(className)) return
  selection.setState({
    allHidden: false,
    hiddenClasses: new Set([...hiddenClasses].filter((name) => name !== className)),
  })
}

/** What is selected and can be seen: nothing happens to what nobody sees. */
export function selectedAnnotations(): Annotation[] {
  const document = openDocument()
  if (!document) return []
  return [...selection.getState().selected]
    .flatMap((id) => document.annotations.get(id) ?? [])
    .filter((item) => isVisible(item))
}

/** What of it may be changed. */
export function editableAnnotations(): Annotation[] {
  return selectedAnnotations().filter((annotation) => !isLocked(annotation))
}

export function currentClassName(): string {
  const { className } = toolState.getState()
  const known = classes().find(({ name }) => name === className) ?? classes()[0]
  return known?.name ?? FIRST_CLASS
}

/** What can be grabbed: of the one selected shape, or of the frame around several. */
export function currentHandles(): readonly Handle[] {
  const editable = editableAnnotations()
  if (editable.length === 0 || toolState.getState().toolId !== 'select') return []
  const [only, second] = editable
  if (second) return frameHandles(frameOf(editable))
  return selectedAnnotations().length === 1 ? shapeHandles(only.shape) : []
}

/** The nearest point inside the open image, unless it is allowed to draw beyond it. */
export function insideImage(point: Point): Point {
  const size = borders()
  return size ? clampPoint(point, size) : point
}

const host: ToolHost = {
  annotations: () => (openDocument()?.annotations.list ?? []).filter((item) => isVisible(item)),
  pick: (at, tolerance) =>
    openDocument()
      ?.annotations.at(at, tolerance)
      .filter((item) => isVisible(item)) ?? [],
  inBox: (box) =>
    openDocument()
      ?.annotations.inBox(box)
      .filter((item) => isVisible(item)) ?? [],
  instanceOf: (annotation) =>
    annotation.instanceId === undefined
      ? [annotation]
      : (openDocument()?.annotations.instance(annotation.instanceId) ?? []),
  poseClass: (members) => linksOf(members, classes()).owner,
  poseAt: (at, tolerance) => {
    const store = openDocument()?.annotations
    const near = { x: at.x - tolerance, y: at.y - tolerance, w: 2 * tolerance, h: 2 * tolerance }
    for (const id of store?.instancesIn(near) ?? []) {
      const members = (store?.instance(id) ?? []).filter((item) => isVisible(item))
      const { links } = linksOf(members, classes())
      if (links.some(([a, b]) => distanceToSegment(at, a, b) <= tolerance)) return members
    }
    return []
  },
  nextInstanceId: () => openDocument()?.annotations.nextInstanceId() ?? 1,
  isLocked,
  selected: selectedAnnotations,
  select,
  toggle: toggleSelected,
  selectVertices: (handleIds) => selection.setState({ vertices: new Set(handleIds) }),
  vertices: () => selection.getState().vertices,
  edit: (label, changes) => {
    for (const { className } of changes.created) showClass(className)
    const { document, drafts: before } = session.getState()
    const { toolId } = toolState.getState()
    // What other tools left unfinished stays.
    const drafts = before[toolId] === undefined ? undefined : withDraft(before, toolId, null)
    document?.edit(label, changes, drafts)
    if (drafts) session.setState({ drafts })
  },
  create: (drawn) => {
    const size = borders()
    const shape = size ? clampShape(drawn, size) : drawn
    const className = currentClassName()
    showClass(className)
    const attributes = defaultAttributes(host.classNamed(className))
    const annotation = newAnnotation(shape, className, { attributes })
    host.edit(t('Draw {className}', { className }), {
      created: [annotation],
      updated: [],
      deleted: [],
    })
  },
  keepDraft: (data) => setDraft(toolState.getState().toolId, data),
  className: currentClassName,
  classNamed: (name) => classes().find((item) => item.name === name),
  snap: ({ at, pixel, mod }, except) => {
    if (mod || !editorSettings.getState().snapping) return null
    const radius = SNAP_RADIUS * pixel
    const box = { x: at.x - radius, y: at.y - radius, w: 2 * radius, h: 2 * radius }
    const outlines = host
      .inBox(box)
      .filter(({ id }) => id !== except)
      .flatMap(({ shape }) => shapeOutlines(shape))
    return snapTo(outlines, at, radius)
  },
  inside: insideImage,
  freehandTolerance: () => editorSettings.getState().freehandTolerance,
  assist: () => Promise.resolve(null),
  say,
  changed,
  handles: currentHandles,
}

/**
 * A tool belongs to the image that it was taken in hand on. After it was put away, it can change
 * neither another image nor what is seen; a draft that comes late (an answer of the service) goes to its own image.
 */
function createTool(toolId: ToolId, document: ImageDocument | null, draft: DraftData | null) {
  const isInHand = () => toolState.getState().active === tool
  const inHand =
    <Args extends unknown[]>(act: (...args: Args) => void) =>
    (...args: Args) => {
      if (isInHand()) act(...args)
    }
  const own: ToolHost = {
    ...host,
    select: inHand(host.select),
    toggle: inHand(host.toggle),
    selectVertices: inHand(host.selectVertices),
    edit: inHand(host.edit),
    create: inHand(host.create),
    say: inHand(host.say),
    changed: inHand(changed),
    keepDraft: (data) => {
      if (isInHand()) setDraft(toolId, data)
      else if (document) keepLate(document, toolId, data)
    },
    assist: async (ask) => {
      if (!document) return null
      try {
        return await assist(document.image.id, currentClassName(), ask)
      } catch (error) {
        own.say(messageOf(error))
        return null
      }
    },
  }
  const tool: ActiveTool = toolById(toolId).create(own, draft)
  return tool
}

/** A draft of a tool that was put away. If the same tool is in hand again without one, it goes on with it. */
function keepLate(document: ImageDocument, toolId: ToolId, data: DraftData | null): void {
  if (data === null) return
  const { document: open, drafts } = session.getState()
  if (open?.image.id !== document.image.id) {
    keepDraftOf(document, toolId, data).catch((error) => say(messageOf(error)))
    return
  }
  // What was begun since then counts more.
  if (drafts[toolId] !== undefined) return
  setDraft(toolId, data)
  const { toolId: current, isHeld } = toolState.getState()
  if (current === toolId && !isHeld) chooseTool(toolId)
}

export const toolState = createStore<ToolState>(() => ({
  toolId: 'select',
  active: toolById('select').create(host, null),
  isHeld: false,
  className: null,
  version: 0,
  message: null,
}))

/** Takes a tool in hand. What the tool left unfinished on this image goes on. */
export function chooseTool(toolId: ToolId): void {
  const { document, drafts } = session.getState()
  // Made before the selection goes: a tool may go on with what is selected.
  const active = createTool(toolId, document, drafts[toolId] ?? null)
  if (toolById(toolId).draws && toolId !== 'hole') select([])
  toolState.setState({
    toolId,
    active,
    isHeld: false,
    message: null,
  })
  changed()
}

// Another image: the tool in hand ends with the image that it belongs to, and a new one begins.
session.subscribe(({ document }, before) => {
  if (document !== before.document) chooseTool(toolState.getState().toolId)
})

/** A word in the status line, until the next press. */
export function say(message: string | null): void {
  toolState.setState({ message })
}
