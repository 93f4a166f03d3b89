import { imageById } from '#renderer/document/dataset-state.ts'
import { forgetEdits, lastEditElsewhere } from '#renderer/document/session.ts'
import { say } from '#renderer/document/status-line.ts'
import type { Editor } from '#renderer/tools/editor.ts'
import { openEditor } from '#renderer/tools/workspace.ts'
import { fileNameOf } from '#shared/model/paths.ts'
import { t } from '#shared/texts/texts.ts'
import type { ImageAction } from './action.ts'
import { notifyError } from './app-state.ts'
import { openImage } from './datasets.ts'

/** The images of the last undo message: where undo was pressed, and where the next press goes. */
let offered: { from: string; to: string } | null = null

/**
 * On an image without steps undo first says where the last edit was made; the next press goes there and takes it back,
 * so that it happens in sight. False when nothing was edited elsewhere.
 */
async function undoElsewhere(from: string): Promise<boolean> {
  forgetEdits(from)
  for (let to = lastEditElsewhere(from); to !== null; to = lastEditElsewhere(from)) {
    const image = imageById(to)
    if (!image) {
      // Removed, or in another dataset.
      forgetEdits(to)
      continue
    }
    const isSecond = offered?.from === from && offered.to === to
    offered = isSecond ? null : { from, to }
    if (!isSecond) {
      const name = fileNameOf(image.path)
      say(
        t('Nothing to undo on this image · the last edit was on {name}. Press again to go there', {
          name,
        }),
      )
      return true
    }
    await openImage(to)
    const editor = openEditor()
    if (editor?.document.image.id === to) await turn(editor, 'undo')
    return true
  }
  return false
}

async function turn({ document }: Editor, direction: 'undo' | 'redo'): Promise<void> {
  try {
    const label = await document[direction]()
    if (label === null && direction === 'undo' && (await undoElsewhere(document.image.id))) return
    const isUndo = direction === 'undo'
    if (label === null) say(isUndo ? t('Nothing to undo') : t('Nothing to redo'))
    else say(isUndo ? t('Undone: {label}', { label }) : t('Redone: {label}', { label }))
  } catch (error) {
    notifyError(error)
  }
}

export const UNDO_ACTIONS: readonly ImageAction[] = [
  {
    id: 'undo',
    label: t('Undo'),
    group: 'Edit',
    context: 'image',
    keys: ['Mod+Z'],
    // While drawing, undo removes the last point.
    run: (editor) => {
      const { active } = editor.tool.getState()
      if (!(editor.isDrawing && active.removeLast())) return turn(editor, 'undo')
    },
  },
  {
    id: 'redo',
    label: t('Redo'),
    group: 'Edit',
    context: 'image',
    keys: ['Mod+Shift+Z', 'Mod+Y'],
    run: (editor) => {
      if (!editor.tool.getState().active.restoreLast?.()) return turn(editor, 'redo')
    },
  },
]
