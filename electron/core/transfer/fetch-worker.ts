/** Runs in a thread of its own: files from storage to their places. */
import { Agent } from 'undici'
import { receiveStorage } from '#core/api/storage.ts'
import { onPassed } from '#core/memory.ts'
import { answerOrders } from '#core/threads/answer-orders.ts'
import { isArchive } from '#core/zip-file.ts'
import { type FetchedFile, fetchFile } from './fetch-file.ts'
import type { FetchNote, FetchOrder } from './fetch-threads.ts'
import { decodes } from './whole-image.ts'

/** How long a connection may take, milliseconds. */
const CONNECT_MS = 30_000

// Whoever orders decides how many of them are used.
const agent = new Agent({ connections: 256, pipelining: 1, connect: { timeout: CONNECT_MS } })

answerOrders<FetchOrder, FetchedFile, FetchNote>((order, { signal, note }) =>
  fetchFile({
    ...order,
    open: (fromByte, etag, sink) =>
      receiveStorage(agent, order.address, { signal, fromByte, etag }, sink),
    decodes: (bytes) => decodes(order.target, bytes),
    ...(order.holds === 'archive' && { isWhole: isArchive }),
    onBytes: (bytes) => {
      onPassed(bytes)
      note({ bytes })
    },
    onEtag: (etag) => note({ etag }),
  }),
)
