export interface EventReader<E> {
  open: () => Promise<AsyncIterable<E>>
  handle: (event: E) => void
  /** An event could not be handled; the others continue. */
  onFault: (error: unknown, event: E) => void
}

/**
 * Handles each event in order until the stream ends. Throws what the stream throws, for example that the connection
 * broke.
 */
export async function readEvents<E>({ open, handle, onFault }: EventReader<E>): Promise<void> {
  for await (const event of await open())
    try {
      handle(event)
    } catch (error) {
      onFault(error, event)
    }
}
