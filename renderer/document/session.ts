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

/** Documents that are open in this window, by image: changes elsewhere reach them. */
const open = new Map<string, ImageDocument>()

let backend: DocumentBackend
/** Undefined until the session has started. */
let autosave: Autosave | undefined
let draftSaver: DraftSaver

export interface SessionOptions {
  /** Unsent edits belong to a library; another one knows nothing of their images. */
  libraryId: string
  /** Something about saving that the person must know. */
  onTrouble: (message: string) => void
  /** The page failed at showing that something was saved. */
  onFault: (error: unknown) => void
}

/** Held for as long as this window lives, so that others know that its journal has an owner. */
const LOCK_PREFIX = 'pictograph.window.'

async function livingWindows(): Promise<ReadonlySet<string>> {
  // Only pages of a secure origin have locks; without them every journal counts as left behind,
  // which is harmless: an edit that is sent twice is made once.
  const held = (await navigator.locks?.query())?.held ?? []
  return new Set(held.map(({ name }) => name?.slice(LOCK_PREFIX.length) ?? ''))
}

/** Called once, before anything is opened. What earlier windows could not send is sent now. */
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
        onTrouble(t('“{label}” could not be saved: {reason}', { label, reason }))
        reload(imageId)
      },
      onFault,
    },
    windowJournal(localStorage, libraryId, windowId, () =>
      onTrouble(
        t(
          'There are more unsaved edits than this window can keep. Do not close it until they are saved.',
        ),
      ),
    ),
  )
  autosave = own
  const alive = await livingWindows()
  void navigator.locks?.request(LOCK_PREFIX + windowId, () => new Promise(() => {}))
  for (const commit of adoptJournals(localStorage, libraryId, (id) => alive.has(id)))
    own.enqueue(commit)
  // Theirs are gone from the store: kept as ours at once.
  own.keep()
}

/** Closing the window now would leave edits behind (they are kept in the journal all the same). */
export function hasUnsentEdits(): boolean {
  return autosave !== undefined && !autosave.isIdle
}

export function keepUnsentEdits(): void {
  autosave?.keep()
}

export function retrySaving(): void {
  autosave?.retryNow()
}

/** Resolves when every edit has been acknowledged. */
export function flushEdits(): Promise<void> {
  return autosave?.flush() ?? Promise.resolve()
}

/** What smart tools ask of an open image's picture. */
export function pictureOf(image: DatasetImage): PictureWork {
  return backend.picture(image)
}
/** The models of this machine. */
export const segmentBackend = (): SegmentBackend => backend.segment

/** Asks the service for shapes. Throws what it says. */
export function assist(imageId: string, className: string, ask: AssistAsk): Promise<Proposal> {
  return backend.assist(imageId, className, ask)
}

/** Labels of images that are likely to be opened next. What is told of their image makes them worthless. */
const ahead = new Map<string, { opening: Promise<OpenedDocument>; opened: OpenedDocument | null }>()
/** More neighbours than this are not read ahead. */
const AHEAD = 3

/** Reads the labels of an image that is likely to be opened next. */
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

/** What was read ahead no longer holds: of one image, or of all. */
export function forgetAhead(imageId?: string): void {
  if (imageId === undefined) ahead.clear()
  else ahead.delete(imageId)
}

/** What was read ahead of an image, once; null when there is nothing that still holds. */
export function takeAhead(imageId: string): OpenedDocument | null {
  const opened = ahead.get(imageId)?.opened ?? null
  if (opened) ahead.delete(imageId)
  return opened
}

/** Reads an image's labels. Throws why they cannot be read. */
export function readDocument(imageId: string): Promise<OpenedDocument> {
  const known = ahead.get(imageId)
  ahead.delete(imageId)
  return known?.opening ?? backend.open(imageId)
}

/** The image's document for as long as it is open: until `closeDocument`. */
export function openDocument(opened: OpenedDocument): ImageDocument {
  if (!autosave) throw new Error('The session has not started')
  const { id } = opened.image
  const document = new ImageDocument(opened, autosave, draftSaver, backend)
  document.annotations.subscribe((_changes, origin) => {
    if (origin === 'local') rememberEdit(id)
  })
  // What was read ahead meanwhile does not know of it.
  document.drafts.subscribe(() => forgetAhead(id))
  open.set(id, document)
  return document
}

export function closeDocument(document: ImageDocument): void {
  if (open.get(document.image.id) === document) open.delete(document.image.id)
}

/** Brings an open image to what the core has. What fails is read again with the next event. */
function reload(imageId: string): void {
  open
    .get(imageId)
    ?.reload()
    .catch(() => {})
}

/** After a break of the connection: what happened in between was not told. */
export function reloadAll(): void {
  forgetAhead()
  for (const imageId of open.keys()) reload(imageId)
}

/** What undo would do may have changed by an edit elsewhere. */
export function refreshLabels(): void {
  for (const document of open.values()) document.refreshLabels().catch(() => {})
}

/** Keeps where an image is looked at. */
export function saveView(imageId: string, view: SavedView): void {
  forgetAhead(imageId)
  backend.saveView(imageId, view).catch(() => {})
}

/** Images that were edited in this window, the latest last. */
const edited = new Set<string>()

function rememberEdit(imageId: string): void {
  edited.delete(imageId)
  edited.add(imageId)
}

/** The image other than this one that was edited last and has something to undo, as far as is known; null when there is none. */
export function lastEditElsewhere(imageId: string): string | null {
  return [...edited].findLast((id) => id !== imageId) ?? null
}

/** Nothing of this image can be undone any more. */
export function forgetEdits(imageId: string): void {
  edited.delete(imageId)
}

/** Keeps a tool's draft of an image that is no longer open, unless one of the same tool was begun there since. */
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
