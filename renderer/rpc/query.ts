import { createTanstackQueryUtils } from '@orpc/tanstack-query'
import { notifyManager, QueryClient } from '@tanstack/react-query'
import { ConnectionLostError, client, connection } from './connection.ts'

// A checkbox whose setting changes only with a later task shows its old state in between.
notifyManager.setScheduler(queueMicrotask)

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      // The core reports changes, so nothing is refetched by time or focus.
      staleTime: Number.POSITIVE_INFINITY,
      refetchOnWindowFocus: false,
      retry: (count, error) => error instanceof ConnectionLostError && count < 20,
      retryDelay: 500,
      networkMode: 'always',
    },
    mutations: { networkMode: 'always' },
  },
})

// Refetch what was requested while the core was away.
connection.subscribe(({ state }) => {
  if (state === 'connected')
    void queryClient.refetchQueries({
      predicate: (query) => query.state.error instanceof ConnectionLostError,
    })
})

export const orpc = createTanstackQueryUtils(client)
