import { createStore } from 'zustand/vanilla'
import type { Draft } from '#shared/contract/contract.ts'
import type { AppEvent } from '#shared/contract/events.ts'
import { Autosave, type Journal, type SaveState } from './autosave.ts'
import type { DocumentBackend } from './backend.ts'
import { ImageDocument } from './image-document.ts'
import { forgetDeleted, forgetImage } from './selection.ts'

interface SessionState {
  imageId: string | null
  document: ImageDocument | null
  /** Why the image's labels could not be opened. */
  error: string | null
  /** What is being drawn, or was when the image was left. */
  draft: Draft | null
  save: SaveState
}

export const session = createStore<SessionState>(() => ({
  imageId: null,
  document: null,
  error: null,
  draft: null,
  save: { kind: 'saved' },
}))

const JOURNAL_KEY = 'pictograph.unsent'

/** The browser's own storage: written at once, and read again by the next window. */
const journal: Journal = {
  read: () => JSON.parse(localStorage.getItem(JOURNAL_KEY) ?? '[]'),
  write: (commits) => {
    if (commits.length === 0) localStorage.removeItem(JOURNAL_KEY)
    else localStorage.setItem(JOURNAL_KEY, JSON.stringify(commits))
  },
}

let backend: DocumentBackend
let autosave: Autosave

/** Called once, before anything is opened. */
export function startSession(over: DocumentBackend): void {
  backend = over
  autosave = new Autosave(
    over,
    {
      onState: (save) => session.setState({ save }),
      onCommitted: (imageId, { undo, redo }) => {
        const { document } = session.getState()
        if (document?.image.id === imageId && autosave.pending(imageId).length <= 1)
          document.history.setState({ undo, redo })
      },
      onStale: (imageId) => {
        const { document } = session.getState()
        if (document?.image.id === imageId) void document.reload()
      },
    },
    journal,
  )
}

/** Closing the window now would leave edits behind (they are kept in the journal all the same). */
export function hasUnsentEdits(): boolean {
  return !autosave.isIdle
}

export function keepUnsentEdits(): void {
  autosave.keep()
}

export function retrySaving(): void {
  autosave.retryNow()
}

/** Resolves when every edit has been acknowledged. */
export function flushEdits(): Promise<void> {
  return autosave.flush()
}

/** Opens an image's labels; of two calls the later one counts. */
export async function openDocument(imageId: string): Promise<void> {
  forgetImage()
  session.setState({ imageId, document: null, error: null, draft: null })
  try {
    const opened = await backend.open(imageId)
    if (session.getState().imageId !== imageId) return
    const document = new ImageDocument(opened, autosave, backend)
    document.annotations.subscribe(forgetDeleted)
    session.setState({ document, draft: opened.draft })
  } catch (error) {
    if (session.getState().imageId === imageId)
      session.setState({ error: error instanceof Error ? error.message : String(error) })
  }
}

export function closeDocument(): void {
  forgetImage()
  session.setState({ imageId: null, document: null, error: null, draft: null })
}

/** Keeps what is being drawn, here and on disk. */
export function setDraft(draft: Draft | null): void {
  const { document, draft: before } = session.getState()
  if (draft === null && before === null) return
  session.setState({ draft })
  document?.saveDraft(draft)
}

export function onAnnotationsEvent(event: Extract<AppEvent, { type: 'annotations' }>): void {
  void session.getState().document?.onEvent(event)
}
