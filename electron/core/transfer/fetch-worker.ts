/** Worker thread: fetches files from storage to their paths. */
import { receiveStorage } from '#core/api/storage.ts'
import { onPassed } from '#core/memory.ts'
import { Pools } from '#core/network/routed-dispatcher.ts'
import { answerOrders } from '#core/threads/answer-orders.ts'
import { isArchive } from '#core/zip-file.ts'
import { type FetchedFile, fetchFile } from './fetch-file.ts'
import type { FetchNote, RoutedOrder } from './fetch-threads.ts'
import { decodes } from './whole-image.ts'

const pools = new Pools()

answerOrders<RoutedOrder, FetchedFile, FetchNote>((order, { signal, note }) =>
  fetchFile({
    ...order,
    open: async (fromByte, etag, sink) => {
      const pool = await pools.get(order.route)
      return receiveStorage(pool, order.address, { signal, fromByte, etag }, sink)
    },
    decodes: (bytes) => decodes(order.target, bytes),
    ...(order.holds === 'archive' && { isWhole: isArchive, maxBytes: Number.POSITIVE_INFINITY }),
    onBytes: (bytes) => {
      onPassed(bytes)
      note({ bytes })
    },
    onEtag: (etag) => note({ etag }),
  }),
)
