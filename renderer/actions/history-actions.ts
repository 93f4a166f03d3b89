import type { ImageDocument } from '#renderer/document/image-document.ts'
import { flushEdits } from '#renderer/document/session.ts'
import { client } from '#renderer/rpc/connection.ts'
import { notifyError } from './app-state.ts'

/** Steps back or forward until the edit `seq` is the last one that holds; null: before the first. */
export async function goToHistory(document: ImageDocument, seq: number | null): Promise<void> {
  try {
    await flushEdits()
    const history = await client.annotations.history({ imageId: document.image.id })
    // What came from the service is no step of ours to take back.
    const entries = history.filter(({ origin }) => origin !== 'sync')
    const target = seq ?? 0
    const back = entries.filter((entry) => !entry.undone && entry.seq > target).length
    const forward = entries.filter((entry) => entry.undone && entry.seq <= target).length
    for (let step = 0; step < back; step++) await document.undo()
    for (let step = 0; step < forward; step++) await document.redo()
  } catch (error) {
    notifyError(error)
  }
}
