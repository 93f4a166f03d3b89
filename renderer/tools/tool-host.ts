import type { ToolId } from '#renderer/document/choices.ts'
import { cloudState } from '#renderer/document/cloud-state.ts'
import { datasetState, nextImage } from '#renderer/document/dataset-state.ts'
import { editorSettings } from '#renderer/document/editor-settings.ts'
import { currentEngine } from '#renderer/document/segment-state.ts'
import { assist, pictureOf, segmentBackend } from '#renderer/document/session.ts'
import { say } from '#renderer/document/status-line.ts'
import type { DraftData } from '#shared/contract/annotations.ts'
import { clampShape } from '#shared/geometry/clamp-shape.ts'
import { distanceToSegment } from '#shared/geometry/point.ts'
import { shapeOutlines } from '#shared/geometry/shape.ts'
import { snapTo } from '#shared/geometry/snap.ts'
import { newAnnotation } from '#shared/model/annotation.ts'
import { defaultAttributes } from '#shared/model/attributes.ts'
import { messageOf } from '#shared/model/message-of.ts'
import { formatMicroUsd } from '#shared/model/money.ts'
import { linksOf } from '#shared/model/pose.ts'
import { t } from '#shared/texts/texts.ts'
import type { Editor } from './editor.ts'
import type { ToolHost } from './tool.ts'

/** A point this close to a border snaps to it. Screen pixels. */
const SNAP_RADIUS = 8

/** Number of next images that are prepared for the models in advance. */
const AHEAD = 3

/** The images that follow an image. */
function nextImages(imageId: string): string[] {
  const found: string[] = []
  for (let id = imageId; found.length < AHEAD; ) {
    const next = nextImage(datasetState.getState().images, id, 1)
    if (!next) break
    found.push(next.id)
    id = next.id
  }
  return found
}

interface HostOptions {
  editor: Editor
  toolId: ToolId
  /** True while the tool is active and its image is open. */
  isInHand: () => boolean
  changed: () => void
  /** Receives a draft of the tool after it became inactive. */
  onLateDraft: (data: DraftData) => void
}

/** What a tool may do with its image. An inactive tool can only change its own draft. */
export function toolHost({
  editor,
  toolId,
  isInHand,
  changed,
  onLateDraft,
}: HostOptions): ToolHost {
  const { document, selection } = editor
  const { annotations } = document
  const inHand =
    <Args extends unknown[]>(act: (...args: Args) => void) =>
    (...args: Args) => {
      if (isInHand()) act(...args)
    }
  const classNamed = (name: string) => editor.classes.find((item) => item.name === name)
  const inBox: ToolHost['inBox'] = (box) =>
    annotations.inBox(box).filter((item) => selection.isVisible(item))
  const own: ToolHost = {
    annotations: () => selection.visible(),
    pick: (at, tolerance) =>
      annotations.at(at, tolerance).filter((item) => selection.isVisible(item)),
    inBox,
    instanceOf: (annotation) =>
      annotation.instanceId === undefined
        ? [annotation]
        : annotations.instance(annotation.instanceId),
    pickProposal: (at, tolerance) => editor.proposals.pick(at, tolerance),
    poseClass: (members) => linksOf(members, editor.classes).owner,
    poseAt: (at, tolerance) => {
      const near = { x: at.x - tolerance, y: at.y - tolerance, w: 2 * tolerance, h: 2 * tolerance }
      for (const id of annotations.instancesIn(near)) {
        const members = annotations.instance(id).filter((item) => selection.isVisible(item))
        const { links } = linksOf(members, editor.classes)
        if (links.some(([a, b]) => distanceToSegment(at, a, b) <= tolerance)) return members
      }
      return []
    },
    nextInstanceId: () => annotations.nextInstanceId(),
    isLocked: (annotation) => selection.isLocked(annotation),
    selected: () => selection.annotations(),
    select: inHand((ids) => selection.select(ids)),
    toggle: inHand((id) => selection.toggle(id)),
    selectVertices: inHand((ids) => selection.state.setState({ vertices: new Set(ids) })),
    vertices: () => selection.state.getState().vertices,
    edit: inHand((label, changes) => editor.edit(label, changes, toolId)),
    create: (drawn) => {
      const shape = editor.borders ? clampShape(drawn, editor.borders) : drawn
      const { className } = editor
      const attributes = defaultAttributes(classNamed(className))
      const annotation = newAnnotation(shape, className, { attributes })
      own.edit(t('Draw {className}', { className }), {
        created: [annotation],
        updated: [],
        deleted: [],
      })
      return annotation.id
    },
    fresh: () => selection.fresh(),
    keepFresh: inHand((id) => selection.state.setState({ fresh: id })),
    keepDraft: (data) => {
      if (isInHand()) document.setDraft(toolId, data)
      else if (data !== null) onLateDraft(data)
    },
    className: () => editor.className,
    classNamed,
    snap: ({ at, pixel, mod }, except) => {
      if (mod || !editorSettings.getState().snapping) return null
      const radius = SNAP_RADIUS * pixel
      const box = { x: at.x - radius, y: at.y - radius, w: 2 * radius, h: 2 * radius }
      const outlines = inBox(box)
        .filter(({ id }) => id !== except)
        .flatMap(({ shape }) => shapeOutlines(shape))
      return snapTo(outlines, at, radius)
    },
    inside: (point) => editor.inside(point),
    borders: () => editor.borders,
    freehandTolerance: () => editorSettings.getState().freehandTolerance,
    assistEngine: currentEngine,
    prepareSegment: async () => {
      const engineId = currentEngine()
      if (engineId === null) return false
      try {
        await segmentBackend().prepare(document.image.id, engineId)
        if (isInHand()) await segmentBackend().prepareAhead(nextImages(document.image.id), engineId)
        return true
      } catch (error) {
        own.say(messageOf(error))
        return false
      }
    },
    segment: async (prompt, detail) => {
      const engineId = currentEngine()
      if (engineId === null) return null
      const output = editorSettings.getState().segmentOutput
      try {
        return await segmentBackend().ask(document.image.id, engineId, { prompt, output, detail })
      } catch (error) {
        own.say(messageOf(error))
        return null
      }
    },
    assist: async (ask) => {
      try {
        return await assist(document.image.id, editor.className, ask)
      } catch (error) {
        own.say(messageOf(error))
        return null
      }
    },
    assistPrice: () => {
      const { dataset } = datasetState.getState()
      const accountId = dataset?.remote?.accountId ?? dataset?.assistAccountId ?? ''
      const price = cloudState.getState().prices[accountId]?.price ?? null
      if (price === null) return null
      const words = { price: formatMicroUsd(price) }
      return dataset?.remote ? t('{price} per answer', words) : t('{price} per image', words)
    },
    picture: () => pictureOf(document.image),
    liveWire: () => editorSettings.getState().liveWire,
    say: inHand(say),
    changed: inHand(changed),
    handles: () => editor.handles(),
  }
  return own
}
