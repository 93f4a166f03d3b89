import { actionKey } from '#renderer/document/key-label.ts'
import { pictureOf } from '#renderer/document/session.ts'
import { say } from '#renderer/document/status-line.ts'
import type { Editor } from '#renderer/tools/editor.ts'
import { clampShape } from '#shared/geometry/clamp-shape.ts'
import type { Annotation } from '#shared/model/annotation.ts'
import { t } from '#shared/texts/texts.ts'
import type { ImageAction } from './action.ts'

/** Search distance for edges around a border, screen pixels; and its minimum in image pixels. */
const REACH = 12
const LEAST_REACH = 4

const withBorder = ({ selection }: Editor) =>
  selection.editable().filter(({ shape }) => shape.kind !== 'polyline' && shape.kind !== 'keypoint')

/** Moves the borders of the selection to the strongest edges nearby, in one step. */
async function snapToEdges(editor: Editor): Promise<void> {
  const { document, borders, view } = editor
  const picture = pictureOf(document.image)
  const reach = Math.max(LEAST_REACH, REACH / view.getState().scale)
  const updated: { before: Annotation; after: Annotation }[] = []
  for (const before of withBorder(editor)) {
    const shape = await picture.snapToEdges(before.shape, reach)
    if (!shape) continue
    updated.push({
      before,
      after: { ...before, shape: borders ? clampShape(shape, borders) : shape },
    })
  }
  // Shapes that changed meanwhile are left alone.
  const current = updated.filter(({ before }) => document.annotations.get(before.id) === before)
  if (current.length === 0) {
    say(t('The selection is already on the nearest edges, or there are none nearby'))
    return
  }
  editor.edit(t('Snap to edges'), { created: [], updated: current, deleted: [] })
  say(
    t('Snapped to the nearest edges · repeat to go further, {key} to undo', {
      key: actionKey('undo'),
    }),
  )
}

export const PICTURE_ACTIONS: readonly ImageAction[] = [
  {
    id: 'snap-to-edges',
    label: t('Snap the selection to the nearest edges'),
    group: 'Shapes',
    context: 'image',
    keys: ['Shift+E'],
    enabled: (editor) => withBorder(editor).length > 0,
    run: snapToEdges,
  },
]
