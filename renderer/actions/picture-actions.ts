import { pictureOf } from '#renderer/document/session.ts'
import { say } from '#renderer/document/status-line.ts'
import type { Editor } from '#renderer/tools/editor.ts'
import { clampShape } from '#shared/geometry/clamp-shape.ts'
import type { Annotation } from '#shared/model/annotation.ts'
import { t } from '#shared/texts/texts.ts'
import type { ImageAction } from './action.ts'

/** How far from a border its edge is looked for: what the eye takes for near. Screen pixels, and at least so many of the image. */
const REACH = 12
const LEAST_REACH = 4

const withBorder = ({ selection }: Editor) =>
  selection.editable().filter(({ shape }) => shape.kind !== 'polyline' && shape.kind !== 'keypoint')

/** One step: the borders of the selection go to the strongest edges nearby. */
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
  // What was changed meanwhile stays as it was changed.
  const current = updated.filter(({ before }) => document.annotations.get(before.id) === before)
  if (current.length === 0) {
    say(t('It lies on the nearest edges, or there are none nearby'))
    return
  }
  editor.edit(t('Draw to edges'), { created: [], updated: current, deleted: [] })
  say(t('Drawn to the nearest edges · once more goes further, Ctrl+Z takes it back'))
}

export const PICTURE_ACTIONS: readonly ImageAction[] = [
  {
    id: 'snap-to-edges',
    label: t('Draw the selection to the nearest edges of the picture'),
    group: 'Shapes',
    context: 'image',
    keys: ['Shift+E'],
    enabled: (editor) => withBorder(editor).length > 0,
    run: snapToEdges,
  },
]
