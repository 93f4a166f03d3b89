import { z } from 'zod'
import { datasetState, imageById, nextImage } from '#renderer/document/dataset-state.ts'
import { actionKey } from '#renderer/document/key-label.ts'
import { flushEdits, forgetAhead, refreshLabels } from '#renderer/document/session.ts'
import { say } from '#renderer/document/status-line.ts'
import { client } from '#renderer/rpc/connection.ts'
import type { Editor } from '#renderer/tools/editor.ts'
import { openEditor, workspace } from '#renderer/tools/workspace.ts'
import { boundsOfPoints } from '#shared/geometry/box.ts'
import { shapeVertices, translateShape } from '#shared/geometry/shape.ts'
import { type Annotation, annotationSchema, newId } from '#shared/model/annotation.ts'
import type { ChangeSet } from '#shared/model/change-set.ts'
import { copiesOf, missingCopies } from '#shared/model/copy.ts'
import type { DatasetImage } from '#shared/model/dataset.ts'
import { counted, t } from '#shared/texts/texts.ts'
import type { Action } from './action.ts'
import { notifyError, showDialog } from './app-state.ts'
import { deleteAnnotations, hasSelection } from './edit-actions.ts'

/** Where copied shapes are kept, so that another window and another dataset can take them. */
const CLIPBOARD_KEY = 'pictograph.clipboard'
let clipboard: Annotation[] = []

function copy({ selection }: Editor): void {
  clipboard = selection.annotations()
  try {
    localStorage.setItem(CLIPBOARD_KEY, JSON.stringify(clipboard))
  } catch {
    // Too many to share with other windows; this window still has them.
    localStorage.removeItem(CLIPBOARD_KEY)
  }
  say(t('{length} copied', { length: clipboard.length }))
}

function copied(): Annotation[] {
  const shared = localStorage.getItem(CLIPBOARD_KEY)
  if (shared === null) return clipboard
  try {
    return z.array(annotationSchema).parse(JSON.parse(shared))
  } catch {
    return clipboard
  }
}

function addCopies(
  editor: Editor,
  label: string,
  originals: readonly Annotation[],
  dx: number,
  dy: number,
): void {
  const by = editor.clampMove(originals, { x: dx, y: dy })
  const created = copiesOf(originals, editor.document.annotations.list).map((annotation) => ({
    ...annotation,
    shape: translateShape(annotation.shape, by.x, by.y),
  }))
  editor.edit(label, { created, updated: [], deleted: [] })
  editor.selection.select(created.map(({ id }) => id))
}

/** Pastes with the center of the copied shapes under the pointer. */
function pasteAtPointer(editor: Editor): void {
  const originals = copied()
  const at = editor.menuPlace ?? editor.pointer
  if (originals.length === 0) {
    say(t('Nothing has been copied'))
    return
  }
  if (!at) {
    say(t('The pointer is not over the image. {key} pastes in place', { key: actionKey('paste') }))
    return
  }
  const box = boundsOfPoints(originals.flatMap(({ shape }) => shapeVertices(shape)))
  addCopies(editor, t('Paste'), originals, at.x - box.x - box.w / 2, at.y - box.y - box.h / 2)
}

/** How far a duplicate lies from its original, image pixels. */
const DUPLICATE_OFFSET = 10

function duplicate(editor: Editor): void {
  const originals = editor.selection.annotations()
  const offset = { x: DUPLICATE_OFFSET, y: DUPLICATE_OFFSET }
  const by = editor.clampMove(originals, offset)
  // At the corner of the image it moves the other way, so that it does not cover the original.
  const sign = by.x === 0 && by.y === 0 ? -1 : 1
  addCopies(editor, t('Duplicate'), originals, sign * offset.x, sign * offset.y)
}

/** Adds the shapes of the previous image that this one lacks, at the same places. */
async function copyFromPrevious(editor: Editor): Promise<void> {
  const { document, selection } = editor
  const previous = nextImage(datasetState.getState().images, document.image.id, -1)
  if (!previous) {
    say(t('There is no image before this one'))
    return
  }
  await flushEdits()
  const { annotations } = await client.annotations.open({ imageId: previous.id })
  if (editor.isDisposed) return
  const created = missingCopies(annotations, document.annotations.list)
  editor.edit(t('Copy from the previous image'), { created, updated: [], deleted: [] })
  selection.select(created.map(({ id }) => id))
  const skipped = annotations.length - created.length
  const from = imageById(previous.id)?.path ?? ''
  say(
    skipped > 0
      ? t('{length} copied from {from}, {skipped} identical skipped', {
          length: created.length,
          from,
          skipped,
        })
      : t('{length} copied from {from}', { length: created.length, from }),
  )
}

/** The images after the open one, at most `count`. */
export function imagesAfter(count: number): DatasetImage[] {
  const images: DatasetImage[] = []
  let from = workspace.getState().imageId
  while (images.length < count) {
    const next = nextImage(datasetState.getState().images, from, 1)
    if (!next) break
    images.push(next)
    from = next.id
  }
  return images
}

/** The shapes to propagate: the selection, or all shapes if nothing is selected. */
export function propagated(): readonly Annotation[] {
  const editor = openEditor()
  const selected = editor?.selection.annotations() ?? []
  return selected.length > 0 ? selected : (editor?.document.annotations.list ?? [])
}

/** Adds shapes to each of the next images, identical ones skipped: one edit, which one undo takes back. */
export async function propagate(
  annotations: readonly Annotation[],
  count: number,
  signal: AbortSignal,
): Promise<void> {
  const { dataset } = datasetState.getState()
  const images = imagesAfter(count)
  if (!dataset) return
  try {
    await flushEdits()
    const edits: { imageId: string; changes: ChangeSet }[] = []
    for (const { id } of images) {
      const { annotations: present } = await client.annotations.open({ imageId: id })
      if (signal.aborted) return
      const created = missingCopies(annotations, present)
      edits.push({ imageId: id, changes: { created, updated: [], deleted: [] } })
    }
    const what =
      annotations.length === 1 ? annotations[0].className : counted(annotations.length, 'shape')
    const label = t('Propagate {what}', { what })
    await client.annotations.commitMany({ datasetId: dataset.id, commitId: newId(), label, edits })
    for (const { id } of images) forgetAhead(id)
    refreshLabels()
    const added = edits.reduce((sum, { changes }) => sum + changes.created.length, 0)
    const skipped = annotations.length * images.length - added
    say(
      skipped > 0
        ? t('{added} copied to {count}, {skipped} identical skipped', {
            added,
            count: counted(images.length, 'image'),
            skipped,
          })
        : t('{added} copied to {count}', { added, count: counted(images.length, 'image') }),
    )
  } catch (error) {
    notifyError(error)
  }
}

export const COPY_ACTIONS: readonly Action[] = [
  {
    id: 'copy',
    label: t('Copy shapes'),
    group: 'Edit',
    context: 'image',
    keys: ['Mod+C'],
    enabled: hasSelection,
    run: copy,
  },
  {
    id: 'cut',
    label: t('Cut shapes'),
    group: 'Edit',
    context: 'image',
    keys: ['Mod+X'],
    enabled: hasSelection,
    run: (editor) => {
      copy(editor)
      deleteAnnotations(editor, editor.selection.annotations())
    },
  },
  {
    id: 'paste',
    label: t('Paste shapes in place'),
    group: 'Edit',
    context: 'image',
    keys: ['Mod+V'],
    run: (editor) => addCopies(editor, t('Paste'), copied(), 0, 0),
  },
  {
    id: 'paste-at-pointer',
    label: t('Paste shapes at the pointer'),
    group: 'Edit',
    context: 'image',
    keys: ['Mod+Alt+V'],
    run: pasteAtPointer,
  },
  {
    id: 'duplicate',
    label: t('Duplicate shapes'),
    group: 'Edit',
    context: 'image',
    keys: ['Mod+D'],
    enabled: hasSelection,
    run: duplicate,
  },
  {
    id: 'copy-previous',
    label: t('Copy shapes from the previous image'),
    group: 'Edit',
    context: 'image',
    keys: ['Mod+Shift+V'],
    run: copyFromPrevious,
  },
  {
    id: 'propagate',
    label: t('Propagate shapes to the next images…'),
    group: 'Edit',
    context: 'image',
    keys: ['Mod+Shift+P'],
    run: () => showDialog({ kind: 'propagate' }),
  },
]
