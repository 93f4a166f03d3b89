import { implement, ORPCError } from '@orpc/server'
import type { HostWindow, Log } from '#core/ports.ts'
import { toServiceError } from '#core/service-error.ts'
import { contract } from '#shared/contract/contract.ts'

export interface RpcContext {
  log: Log
  /** The host window of the caller; null: a browser tab. */
  window: HostWindow | null
}

function toRpcError(error: unknown, path: readonly string[], log: Log): unknown {
  if (error instanceof ORPCError) return error
  const problem = toServiceError(error)
  if (problem.reason === 'unexpected')
    log.error('request failed', { path: path.join('.'), error: String(error) })
  return new ORPCError('PROBLEM', {
    status: 422,
    message: problem.message,
    data: { reason: problem.reason, requestId: problem.requestId },
  })
}

/** Implements the contract; every error reaches the renderer with a readable message. */
export const os = implement(contract)
  .$context<RpcContext>()
  .use(async ({ next, path, context }) => {
    try {
      return await next()
    } catch (error) {
      throw toRpcError(error, path, context.log)
    }
  })

/** The same for errors within a stream, which the middleware does not see. */
export async function* guarded<T>(steps: AsyncIterable<T>, log: Log): AsyncGenerator<T> {
  try {
    yield* steps
  } catch (error) {
    throw toRpcError(error, ['stream'], log)
  }
}
