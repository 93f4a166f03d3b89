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
  const reason = messageOf(error)
  return new NetworkError(`The service could not be reached: ${reason}`, { route, cause: error })
}
