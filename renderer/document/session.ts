import { createStore } from 'zustand/vanilla'
import type { PictureWork } from '#shared/assist/picture-work.ts'
import type { DraftData, OpenedDocument, SavedView } from '#shared/contract/annotations.ts'
import type { AppEvent } from '#shared/contract/events.ts'
import type { AssistAsk, Proposal } from '#shared/contract/service.ts'
import { newId } from '#shared/model/annotation.ts'
import type { DatasetImage } from '#shared/model/dataset.ts'
import { t } from '#shared/texts/texts.ts'
import { Autosave, type SaveState } from './autosave.ts'
import type { DocumentBackend } from './backend.ts'
import { DraftSaver } from './draft-saver.ts'
import { ImageDocument, withDraft } from './image-document.ts'
import { adoptJournals, windowJournal } from './journal.ts'
import type { SegmentBackend } from './segment-state.ts'

/** Whether every edit of this window is on disk. */
export const session = createStore<{ save: SaveState }>(() => ({ save: { kind: 'saved' } }))

/** The open documents of this window by image, so that changes from elsewhere reach them. */
const open = new Map<string, ImageDocument>()

let backend: DocumentBackend
/** Undefined until the session starts. */
let autosave: Autosave | undefined
let draftSaver: DraftSaver

export interface SessionOptions {
  /** Unsent edits belong to a library; another library does not know their images. */
  libraryId: string
  /** Reports a problem with saving that the user must know. */
  onTrouble: (message: string) => void
  /** The page failed to show that something was saved. */
  onFault: (error: unknown) => void
}

/** Name of a lock held while this window exists, so that others know that its journal has an owner. */
const LOCK_PREFIX = 'pictograph.window.'

async function livingWindows(): Promise<ReadonlySet<string>> {
  // Only secure origins have locks. Without them every journal counts as abandoned, which is harmless: an edit that
  // is sent twice is committed once.
  const held = (await navigator.locks?.query())?.held ?? []
  return new Set(held.map(({ name }) => name?.slice(LOCK_PREFIX.length) ?? ''))
}

/** Call once, before anything is opened. Sends what earlier windows could not send. */
export async function startSession(
  over: DocumentBackend,
  { libraryId, onTrouble, onFault }: SessionOptions,
): Promise<void> {
  const windowId = newId()
  backend = over
  draftSaver = new DraftSaver(over)
  const own = new Autosave(
    over,
    {
      onState: (save) => session.setState({ save }),
      onCommitted: (imageId, committed) => {
        forgetAhead(imageId)
        open
          .get(imageId)
          ?.onCommitted(committed)
          .catch(() => {})
      },
      onRefused: ({ label, imageId }, reason) => {
        onTrouble(t('Couldn’t save “{label}”: {reason}', { label, reason }))
        reload(imageId)
      },
      onFault,
    },
    windowJournal(localStorage, libraryId, windowId, () =>
      onTrouble(
        t(
          'There are more unsaved edits than this window can keep. Don’t close it until they are saved.',
        ),
      ),
    ),
  )
  autosave = own
  const alive = await livingWindows()
  void navigator.locks?.request(LOCK_PREFIX + windowId, () => new Promise(() => {}))
  for (const commit of adoptJournals(localStorage, libraryId, (id) => alive.has(id)))
    own.enqueue(commit)
  // The adopted edits are deleted from the store, so keep them as ours at once.
  own.keep()
}

/** True if closing the window now would leave unsent edits (which the journal keeps). */
export function hasUnsentEdits(): boolean {
  return autosave !== undefined && !autosave.isIdle
}

export function keepUnsentEdits(): void {
  autosave?.keep()
}

export function retrySaving(): void {
  autosave?.retryNow()
}

/** Resolves when every edit is acknowledged. */
export function flushEdits(): Promise<void> {
  return autosave?.flush() ?? Promise.resolve()
}

/** Operations of smart tools on the pixels of an open image. */
export function pictureOf(image: DatasetImage): PictureWork {
  return backend.picture(image)
}
/** Requests to the models on this computer. */
export const segmentBackend = (): SegmentBackend => backend.segment

/** Asks the service for shapes. Throws the service's error. */
export function assist(imageId: string, className: string, ask: AssistAsk): Promise<Proposal> {
  return backend.assist(imageId, className, ask)
}

/** Prefetched labels of images that are likely to be opened next. They are stale after an event about their image. */
const ahead = new Map<string, { opening: Promise<OpenedDocument>; opened: OpenedDocument | null }>()
/** Maximum number of prefetched neighbours. */
const AHEAD = 3

/** Prefetches the labels of an image that is likely to be opened next. */
export function prefetchDocument(imageId: string): void {
  if (ahead.has(imageId)) return
  const entry = { opening: backend.open(imageId), opened: null as OpenedDocument | null }
  ahead.set(imageId, entry)
  entry.opening.then(
    (opened) => {
      entry.opened = opened
    },
    () => forgetAhead(imageId),
  )
  for (const oldest of ahead.keys()) if (ahead.size > AHEAD) ahead.delete(oldest)
}

/** Drops prefetched labels of one image, or of all. */
export function forgetAhead(imageId?: string): void {
  if (imageId === undefined) ahead.clear()
  else ahead.delete(imageId)
}

/** Takes the prefetched labels of an image; null if there are none that are still valid. */
export function takeAhead(imageId: string): OpenedDocument | null {
  const opened = ahead.get(imageId)?.opened ?? null
  if (opened) ahead.delete(imageId)
  return opened
}

/** Reads an image's labels. Throws if they cannot be read. */
export function readDocument(imageId: string): Promise<OpenedDocument> {
  const known = ahead.get(imageId)
  ahead.delete(imageId)
  return known?.opening ?? backend.open(imageId)
}

/** Opens an image's document; end it with `closeDocument`. */
export function openDocument(opened: OpenedDocument): ImageDocument {
  if (!autosave) throw new Error('The session has not started')
  const { id } = opened.image
  const document = new ImageDocument(opened, autosave, draftSaver, backend)
  document.annotations.subscribe((_changes, origin) => {
    if (origin === 'local') rememberEdit(id)
  })
  // Labels prefetched meanwhile lack the draft.
  document.drafts.subscribe(() => forgetAhead(id))
  open.set(id, document)
  return document
}

export function closeDocument(document: ImageDocument): void {
  if (open.get(document.image.id) === document) open.delete(document.image.id)
}

/** Reloads an open image from the core. A failure is retried with the next event. */
function reload(imageId: string): void {
  open
    .get(imageId)
    ?.reload()
    .catch(() => {})
}

/** After a lost connection, because events in between were missed. */
export function reloadAll(): void {
  forgetAhead()
  for (const imageId of open.keys()) reload(imageId)
}

/** An edit elsewhere may have changed what undo would do. */
export function refreshLabels(): void {
  for (const document of open.values()) document.refreshLabels().catch(() => {})
}

/** Saves the view of an image. */
export function saveView(imageId: string, view: SavedView): void {
  forgetAhead(imageId)
  backend.saveView(imageId, view).catch(() => {})
}

/** Images that were edited in this window, latest last. */
const edited = new Set<string>()

function rememberEdit(imageId: string): void {
  edited.delete(imageId)
  edited.add(imageId)
}

/** The image, other than this one, that was edited last and may have something to undo; null if there is none. */
export function lastEditElsewhere(imageId: string): string | null {
  return [...edited].findLast((id) => id !== imageId) ?? null
}

/** Nothing of this image can be undone any more. */
export function forgetEdits(imageId: string): void {
  edited.delete(imageId)
}

/**
 * Saves a tool's draft of an image that is no longer open, unless the same tool has started another one there since.
 */
export async function keepDraftOf(imageId: string, toolId: string, data: DraftData): Promise<void> {
  const opened = await backend.open(imageId)
  const drafts = draftSaver.pending(imageId) ?? opened.drafts
  if (drafts[toolId] !== undefined) return
  forgetAhead(imageId)
  draftSaver.save(imageId, withDraft(drafts, toolId, data))
}

export function onAnnotationsEvent(event: Extract<AppEvent, { type: 'annotations' }>): void {
  forgetAhead(event.imageId)
  open
    .get(event.imageId)
    ?.onEvent(event)
    .catch(() => {})
}
