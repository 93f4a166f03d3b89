export interface EventReader<E> {
  open: () => Promise<AsyncIterable<E>>
  handle: (event: E) => void
  /** An event could not be shown; the others go on. */
  onFault: (error: unknown, event: E) => void
}

/** Hands each event on, in order, until there are no more. Throws what the stream throws, e.g. that the connection broke. */
export async function readEvents<E>({ open, handle, onFault }: EventReader<E>): Promise<void> {
  for await (const event of await open())
    try {
      handle(event)
    } catch (error) {
      onFault(error, event)
    }
}
