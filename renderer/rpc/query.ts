import { createTanstackQueryUtils } from '@orpc/tanstack-query'
import { QueryClient } from '@tanstack/react-query'
import { ConnectionLostError, client } from './connection.ts'

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

export const orpc = createTanstackQueryUtils(client)
