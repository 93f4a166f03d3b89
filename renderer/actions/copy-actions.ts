import { z } from 'zod'
import { menuPlace, pointerPlace } from '#renderer/canvas/pointer-place.ts'
import { datasetState, imageById, nextImage } from '#renderer/document/dataset-state.ts'
import { select, selection } from '#renderer/document/selection.ts'
import { flushEdits, forgetAhead, refreshLabels, session } from '#renderer/document/session.ts'
import { client } from '#renderer/rpc/connection.ts'
import { say, selectedAnnotations } from '#renderer/tools/tool-state.ts'
import { boundsOfPoints } from '#shared/geometry/box.ts'
import { shapeVertices, translateShape } from '#shared/geometry/shape.ts'
import { type Annotation, annotationSchema, newId } from '#shared/model/annotation.ts'
import type { ChangeSet } from '#shared/model/change-set.ts'
import { copiesOf, missingCopies } from '#shared/model/copy.ts'
import type { DatasetImage } from '#shared/model/dataset.ts'
import { counted, t } from '#shared/texts/texts.ts'
import type { Action } from './action.ts'
import { notifyError, showDialog } from './app-state.ts'
import { deleteAnnotations } from './edit-actions.ts'

const hasDocument = () => session.getState().document !== null
const hasSelection = () => selection.getState().selected.size > 0

/** Where copied shapes are kept, so that another window and another dataset can take them. */
const CLIPBOARD_KEY = 'pictograph.clipboard'
let clipboard: Annotation[] = []

function copy(): void {
  clipboard = selectedAnnotations()
  try {
    localStorage.setItem(CLIPBOARD_KEY, JSON.stringify(clipboard))
  } catch {
    // Too many to share with other windows: this one still has them.
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

function addCopies(label: string, originals: readonly Annotation[], dx: number, dy: number): void {
  const { document } = session.getState()
  if (!document) return
  const created = copiesOf(originals, document.annotations.list).map((annotation) => ({
    ...annotation,
    shape: translateShape(annotation.shape, dx, dy),
  }))
  document.edit(label, { created, updated: [], deleted: [] })
  select(created.map(({ id }) => id))
}

/** The middle of what was copied comes to lie under the pointer. */
function pasteAtPointer(): void {
  const originals = copied()
  const at = menuPlace.image ?? pointerPlace.getState().image
  if (originals.length === 0) {
    say(t('Nothing has been copied'))
    return
  }
  if (!at) {
    say(t('The pointer is not over the image: Ctrl+V pastes in place'))
    return
  }
  const box = boundsOfPoints(originals.flatMap(({ shape }) => shapeVertices(shape)))
  addCopies(t('Paste'), originals, at.x - box.x - box.w / 2, at.y - box.y - box.h / 2)
}

/** How far a duplicate lies from its original, image pixels. */
const DUPLICATE_OFFSET = 10

/** Adds what the previous image has and this one has not, at the same places. */
async function copyFromPrevious(): Promise<void> {
  const { document, imageId } = session.getState()
  const previous = nextImage(datasetState.getState(), imageId, -1)
  if (!document || !previous) {
    say(t('There is no image before this one'))
    return
  }
  await flushEdits()
  const { annotations } = await client.annotations.open({ imageId: previous.id })
  if (session.getState().document !== document) return
  const created = missingCopies(annotations, document.annotations.list)
  document.edit(t('Copy from the previous image'), { created, updated: [], deleted: [] })
  select(created.map(({ id }) => id))
  const skipped = annotations.length - created.length
  const from = imageById(previous.id)?.path ?? ''
  say(
    t('{length} copied from {from}{value}', {
      length: created.length,
      from,
      value: skipped > 0 ? t(', {skipped} identical skipped', { skipped }) : '',
    }),
  )
}

/** The images after the open one, at most `count`. */
export function imagesAfter(count: number): DatasetImage[] {
  const images: DatasetImage[] = []
  let from = session.getState().imageId
  while (images.length < count) {
    const next = nextImage(datasetState.getState(), from, 1)
    if (!next) break
    images.push(next)
    from = next.id
  }
  return images
}

/** What propagating takes along: the selection, or all shapes where nothing is selected. */
export function propagated(): readonly Annotation[] {
  const selected = selectedAnnotations()
  return selected.length > 0 ? selected : (session.getState().document?.annotations.list ?? [])
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
      annotations.length === 1
        ? annotations[0].className
        : t('{length} shapes', { length: annotations.length })
    const label = t('Propagate {what}', { what })
    await client.annotations.commitMany({ datasetId: dataset.id, commitId: newId(), label, edits })
    for (const { id } of images) forgetAhead(id)
    refreshLabels()
    const added = edits.reduce((sum, { changes }) => sum + changes.created.length, 0)
    const skipped = annotations.length * images.length - added
    say(
      t('{added} copied to {count}{value} · Ctrl+Z takes all of it back', {
        added,
        count: counted(images.length, 'image'),
        value: skipped > 0 ? t(', {skipped} identical skipped', { skipped }) : '',
      }),
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
    context: 'canvas',
    keys: ['Mod+C'],
    enabled: hasSelection,
    run: copy,
  },
  {
    id: 'cut',
    label: t('Cut shapes'),
    group: 'Edit',
    context: 'canvas',
    keys: ['Mod+X'],
    enabled: hasSelection,
    run: () => {
      copy()
      deleteAnnotations(selectedAnnotations())
    },
  },
  {
    id: 'paste',
    label: t('Paste shapes in place'),
    group: 'Edit',
    context: 'canvas',
    keys: ['Mod+V'],
    enabled: hasDocument,
    run: () => addCopies(t('Paste'), copied(), 0, 0),
  },
  {
    id: 'paste-at-pointer',
    label: t('Paste shapes at the pointer'),
    group: 'Edit',
    context: 'canvas',
    keys: ['Mod+Alt+V'],
    enabled: hasDocument,
    run: pasteAtPointer,
  },
  {
    id: 'duplicate',
    label: t('Duplicate shapes'),
    group: 'Edit',
    context: 'canvas',
    keys: ['Mod+D'],
    enabled: hasSelection,
    run: () => addCopies(t('Duplicate'), selectedAnnotations(), DUPLICATE_OFFSET, DUPLICATE_OFFSET),
  },
  {
    id: 'copy-previous',
    label: t('Copy shapes from the previous image'),
    group: 'Edit',
    context: 'canvas',
    keys: ['Mod+Shift+V'],
    enabled: hasDocument,
    run: () => copyFromPrevious().catch(notifyError),
  },
  {
    id: 'propagate',
    label: t('Propagate shapes to the next images…'),
    group: 'Edit',
    context: 'canvas',
    keys: ['Mod+Shift+P'],
    enabled: hasDocument,
    run: () => showDialog({ kind: 'propagate' }),
  },
]
