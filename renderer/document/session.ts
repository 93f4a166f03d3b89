import { createStore } from 'zustand/vanilla'
import type { DraftData, Drafts, OpenedDocument } from '#shared/contract/annotations.ts'
import type { AppEvent } from '#shared/contract/events.ts'
import type { AssistAsk, Proposal } from '#shared/contract/service.ts'
import { newId } from '#shared/model/annotation.ts'
import { messageOf } from '#shared/model/message-of.ts'
import { t } from '#shared/texts/texts.ts'
import { Autosave, type SaveState } from './autosave.ts'
import type { DocumentBackend } from './backend.ts'
import { ImageDocument } from './image-document.ts'
import { adoptJournals, windowJournal } from './journal.ts'
import { forgetChanged, forgetImage } from './selection.ts'

interface SessionState {
  imageId: string | null
  document: ImageDocument | null
  /** Why the image's labels could not be opened. */
  error: string | null
  /** What is being drawn, or was when the image was left, by tool. */
  drafts: Drafts
  save: SaveState
}

export const session = createStore<SessionState>(() => ({
  imageId: null,
  document: null,
  error: null,
  drafts: {},
  save: { kind: 'saved' },
}))

let backend: DocumentBackend
/** Undefined until the session has started. */
let autosave: Autosave | undefined

export interface SessionOptions {
  /** Unsent edits belong to a library; another one knows nothing of their images. */
  libraryId: string
  /** Something about saving that the person must know. */
  onTrouble: (message: string) => void
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
  { libraryId, onTrouble }: SessionOptions,
): Promise<void> {
  const windowId = newId()
  backend = over
  const own = new Autosave(
    over,
    {
      onState: (save) => session.setState({ save }),
      onCommitted: (imageId, { undo, redo }) => {
        const { document } = session.getState()
        forgetAhead(imageId)
        if (document?.image.id === imageId && own.pending(imageId).length <= 1)
          document.history.setState({ undo, redo })
      },
      onStale: (imageId) => {
        const { document } = session.getState()
        if (document?.image.id === imageId) void document.reload().catch(() => {})
      },
      onRefused: ({ label, imageId }, reason) => {
        onTrouble(t('“{label}” could not be saved: {reason}', { label, reason }))
        const { document } = session.getState()
        if (document?.image.id === imageId) void document.reload().catch(() => {})
      },
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

/** Opens an image's labels; of two calls the later one counts. */
export async function openDocument(imageId: string): Promise<void> {
  forgetImage()
  const known = ahead.get(imageId)
  ahead.delete(imageId)
  if (known?.opened) {
    // In one step: nothing is taken down to be put up again a moment later.
    showDocument(imageId, known.opened)
    refreshLabels()
    return
  }
  session.setState({ imageId, document: null, error: null, drafts: {} })
  try {
    const opened = await (known?.opening ?? backend.open(imageId))
    if (session.getState().imageId === imageId) showDocument(imageId, opened)
  } catch (error) {
    if (session.getState().imageId === imageId) session.setState({ error: messageOf(error) })
  }
}

/** What undo would do may have changed by an edit elsewhere. */
export function refreshLabels(): void {
  session
    .getState()
    .document?.refreshLabels()
    .catch(() => {})
}

function showDocument(imageId: string, opened: OpenedDocument): void {
  if (!autosave) return
  const document = new ImageDocument(opened, autosave, backend)
  document.annotations.subscribe(forgetChanged)
  document.annotations.subscribe((_changes, origin) => {
    if (origin === 'local') rememberEdit(imageId)
  })
  session.setState({ imageId, document, error: null, drafts: opened.drafts })
}

/** Images that were edited in this window, the latest last. */
const edited = new Set<string>()

function rememberEdit(imageId: string): void {
  edited.delete(imageId)
  edited.add(imageId)
}

/** The image edited last that has something to undo, so far as is known; null when there is none but the open one. */
export function lastEditElsewhere(): string | null {
  const { imageId } = session.getState()
  return [...edited].findLast((id) => id !== imageId) ?? null
}

/** Nothing of this image can be undone any more. */
export function forgetEdits(imageId: string): void {
  edited.delete(imageId)
}

export function closeDocument(): void {
  forgetImage()
  session.setState({ imageId: null, document: null, error: null, drafts: {} })
}

/** The drafts with one tool's changed; null takes it away. */
export function withDraft(drafts: Drafts, toolId: string, data: DraftData | null): Drafts {
  const { [toolId]: _old, ...others } = drafts
  return data === null ? others : { ...others, [toolId]: data }
}

/** Keeps what a tool is drawing, here and on disk. */
export function setDraft(toolId: string, data: DraftData | null): void {
  const { document, drafts: before } = session.getState()
  if (data === null && before[toolId] === undefined) return
  const drafts = withDraft(before, toolId, data)
  session.setState({ drafts })
  if (document) forgetAhead(document.image.id)
  document?.saveDrafts(drafts)
}

/** Keeps a tool's draft of an image that is no longer open, unless one of the same tool was begun there since. */
export async function keepDraftOf(
  { image }: ImageDocument,
  toolId: string,
  data: DraftData,
): Promise<void> {
  const { drafts } = await backend.open(image.id)
  if (drafts[toolId] !== undefined) return
  forgetAhead(image.id)
  await backend.saveDrafts(image.id, withDraft(drafts, toolId, data))
}

export function onAnnotationsEvent(event: Extract<AppEvent, { type: 'annotations' }>): void {
  forgetAhead(event.imageId)
  session
    .getState()
    .document?.onEvent(event)
    .catch(() => {})
}
