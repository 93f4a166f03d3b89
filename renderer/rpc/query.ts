import { createTanstackQueryUtils } from '@orpc/tanstack-query'
import { QueryClient } from '@tanstack/react-query'
import { ConnectionLostError, client, connection } from './connection.ts'

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      // The core tells what changed; nothing has to be asked again by time or focus.
      staleTime: Number.POSITIVE_INFINITY,
      refetchOnWindowFocus: false,
      retry: (count, error) => error instanceof ConnectionLostError && count < 20,
      retryDelay: 500,
      networkMode: 'always',
    },
    mutations: { networkMode: 'always' },
  },
})

// What was asked for while the engine was away is asked for again.
connection.subscribe(({ state }) => {
  if (state === 'connected')
    void queryClient.refetchQueries({
      predicate: (query) => query.state.error instanceof ConnectionLostError,
    })
})

export const orpc = createTanstackQueryUtils(client)
