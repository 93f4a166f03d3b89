import type { Style } from '#renderer/canvas/draw-annotations.ts'
import type { Overlay } from '#renderer/canvas/draw-overlay.ts'
import type { Picture } from '#renderer/canvas/picture.ts'
import { canvasFrame } from '#renderer/document/canvas-frame.ts'
import { toScreen } from '#renderer/document/viewport.ts'
import { drawnProposals } from '#renderer/proposals/drawn-proposals.ts'
import type { Editor } from '#renderer/tools/editor.ts'
import { FRAME_MARGIN, frameOf } from '#renderer/tools/select/edit-gestures.ts'
import { toolById } from '#renderer/tools/tools.ts'
import type { Settings } from '#shared/contract/settings.ts'
import { selfCrossings } from '#shared/geometry/crossings.ts'
import { shapeHandles, shapeVertices } from '#shared/geometry/shape.ts'
import type { Annotation } from '#shared/model/annotation.ts'

/** With more selected shapes than this, crossings are not searched. */
const CHECKED = 50
/** Shapes with more points than this are not checked for crossings in each frame of a change. */
const CHECKED_POINTS = 300

function currentTheirs(editor: Editor): Overlay['theirs'] {
  const { conflicts, index, blend } = editor.conflicts.getState()
  if (conflicts.length === 0) return null
  return {
    annotations: conflicts.flatMap(({ theirs }) => theirs ?? []),
    current: conflicts[index]?.id ?? null,
    // In the middle both can be seen well.
    opacity: Math.min(1, blend * 2),
    mineOpacity: Math.min(1, (1 - blend) * 2),
  }
}

/** What the overlay shows at this moment, put together from the selection, the tool and the document. */
export function currentOverlay(
  editor: Editor,
  style: Style,
  picture: Picture | null,
  {
    showCrosshair,
    showLoupe,
    filter,
  }: Pick<Settings, 'showCrosshair' | 'showLoupe'> & { filter: string },
): Overlay {
  const { document, selection } = editor
  const { at: cursor } = editor.cursor
  const { active, id: toolId } = editor.tool.getState()
  const { hovered, vertices } = selection.state.getState()
  const preview = active.preview()
  const asShown = (annotation: Annotation) => {
    const shape = preview.replaced.get(annotation.id)
    return shape ? { ...annotation, shape } : annotation
  }
  const fresh = selection.fresh()
  const lifted = fresh
    ? [...selection.annotations().filter(({ id }) => id !== fresh.id), fresh]
    : selection.annotations()
  const selected = lifted.map(asShown)
  const [only, second] = fresh ? [asShown(fresh)] : selected
  const under = hovered === null ? undefined : document.annotations.get(hovered)
  const handles = editor.handles()
  const isReshaped = only !== undefined && !second && handles.length > 0
  return {
    selected,
    instances: [...new Set(selected.flatMap(({ instanceId }) => instanceId ?? []))].map((id) =>
      document.annotations
        .instance(id)
        .filter((item) => selection.isVisible(item))
        .map(asShown),
    ),
    hovered:
      under && selection.isVisible(under) && !selected.some(({ id }) => id === under.id)
        ? under
        : null,
    // While a gesture goes on the handles are those of what it has made so far.
    handles: isReshaped ? shapeHandles(only.shape) : preview.replaced.size > 0 ? [] : handles,
    frame:
      second && handles.length > 0
        ? { box: frameOf(selection.editable().map(asShown)), margin: FRAME_MARGIN }
        : null,
    crossings: selected.slice(0, CHECKED).flatMap(({ id, shape }) => {
      if (shape.kind !== 'polygon') return []
      const isChanging = preview.replaced.has(id)
      return isChanging && shapeVertices(shape).length > CHECKED_POINTS ? [] : selfCrossings(shape)
    }),
    activeVertices: vertices,
    outlines: preview.outlines,
    vertices: preview.vertices,
    crosses: preview.crosses,
    closing: preview.closing,
    snap: preview.snap,
    marquee: preview.marquee,
    lasso: preview.lasso,
    caption: preview.caption,
    regions: preview.regions,
    brush: preview.brush,
    color: style.colorOf(editor.className),
    pointer:
      toolId === 'pan'
        ? null
        : cursor
          ? toScreen(editor.view.getState(), cursor)
          : canvasFrame.getState().pointer,
    // The crosshair is for drawing. The keyboard cursor has no other mark.
    showCrosshair: (showCrosshair && toolById(toolId).draws) || cursor !== null,
    proposals: drawnProposals(editor, style.classes),
    theirs: currentTheirs(editor),
    loupe:
      picture && showLoupe
        ? {
            picture,
            filter,
            annotationsIn: (box) =>
              document.annotations
                .inBox(box)
                .filter((item) => selection.isVisible(item) && !selection.isLifted(item)),
          }
        : null,
  }
}
