import type { Style } from '#renderer/canvas/draw-annotations.ts'
import type { Overlay } from '#renderer/canvas/draw-overlay.ts'
import type { Picture } from '#renderer/canvas/picture.ts'
import { canvasPointer } from '#renderer/canvas/pointer-place.ts'
import { conflictState } from '#renderer/document/cloud-state.ts'
import { isVisible, selection } from '#renderer/document/selection.ts'
import { session } from '#renderer/document/session.ts'
import { FRAME_MARGIN, frameOf } from '#renderer/tools/select/edit-gestures.ts'
import {
  currentClassName,
  currentHandles,
  editableAnnotations,
  selectedAnnotations,
  toolState,
} from '#renderer/tools/tool-state.ts'
import type { Settings } from '#shared/contract/settings.ts'
import { selfCrossings } from '#shared/geometry/crossings.ts'
import { shapeHandles, shapeVertices } from '#shared/geometry/shape.ts'
import type { Annotation } from '#shared/model/annotation.ts'

/** More selected shapes than this are not looked through for crossings. */
const CHECKED = 50
/** A shape of more points than this is not looked through at each frame in which it changes. */
const CHECKED_POINTS = 300

function currentTheirs(): Overlay['theirs'] {
  const { conflicts, index, blend } = conflictState.getState()
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
  style: Style,
  picture: Picture | null,
  { showCrosshair, showLoupe }: Pick<Settings, 'showCrosshair' | 'showLoupe'>,
): Overlay {
  const { document } = session.getState()
  const { active, toolId } = toolState.getState()
  const { hovered, vertices } = selection.getState()
  const preview = active.preview()
  const asShown = (annotation: Annotation) => {
    const shape = preview.replaced.get(annotation.id)
    return shape ? { ...annotation, shape } : annotation
  }
  const selected = selectedAnnotations().map(asShown)
  const [only, second] = selected
  const under = hovered === null ? undefined : document?.annotations.get(hovered)
  const handles = currentHandles()
  const isReshaped = only !== undefined && !second && handles.length > 0
  return {
    selected,
    instances: [...new Set(selected.flatMap(({ instanceId }) => instanceId ?? []))].map((id) =>
      (document?.annotations.instance(id) ?? []).filter((item) => isVisible(item)).map(asShown),
    ),
    hovered:
      under && isVisible(under) && !selected.some(({ id }) => id === under.id) ? under : null,
    // While a gesture goes on the handles are those of what it has made so far.
    handles: isReshaped ? shapeHandles(only.shape) : preview.replaced.size > 0 ? [] : handles,
    frame:
      second && handles.length > 0
        ? { box: frameOf(editableAnnotations().map(asShown)), margin: FRAME_MARGIN }
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
    color: style.colorOf(currentClassName()),
    pointer: toolId === 'pan' ? null : canvasPointer.screen,
    showCrosshair,
    theirs: currentTheirs(),
    loupe:
      picture && document && showLoupe
        ? {
            picture,
            annotationsIn: (box) =>
              document.annotations
                .inBox(box)
                .filter((item) => isVisible(item) && !selection.getState().selected.has(item.id)),
          }
        : null,
  }
}
