import { errors as undiciErrors } from 'undici'
import { messageOf } from '#shared/model/message-of.ts'
import { NetworkError, RequestTimeoutError } from './errors.ts'

/** The error for a request that got no answer. */
export function networkError(error: unknown, route: string): NetworkError {
  const name = error instanceof Error ? error.name : ''
  const isTimeout =
    name === 'TimeoutError' ||
    error instanceof undiciErrors.HeadersTimeoutError ||
    error instanceof undiciErrors.BodyTimeoutError ||
    error instanceof undiciErrors.ConnectTimeoutError
  if (isTimeout)
    return new RequestTimeoutError('The service did not answer in time', { route, cause: error })
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  const isBroken = /^(?:UND_ERR_SOCKET|ECONNRESET|EPIPE)$/.test(code)
  const reason = isBroken ? 'the connection broke off' : messageOf(error)
  return new NetworkError(`The service could not be reached: ${reason}`, { route, cause: error })
}
