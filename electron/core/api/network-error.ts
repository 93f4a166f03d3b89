import { errors as undiciErrors } from 'undici'
import { messageOf } from '#shared/model/message-of.ts'
import { NetworkError, RequestTimeoutError } from './errors.ts'

/** OpenSSL and BoringSSL codes for a certificate whose issuer is not trusted. */
const UNTRUSTED =
  /^(SELF_SIGNED_CERT_IN_CHAIN|DEPTH_ZERO_SELF_SIGNED_CERT|UNABLE_TO_GET_ISSUER_CERT(_LOCALLY)?|UNABLE_TO_VERIFY_LEAF_SIGNATURE)$/

/** Explains typical obstacles of company networks and how to fix them; null: something else. */
function adviceOn(error: unknown): string | null {
  const causes = [error, error instanceof Error ? error.cause : undefined]
  const codes = causes.map((cause) =>
    cause instanceof Error && 'code' in cause ? String(cause.code) : '',
  )
  if (codes.some((code) => UNTRUSTED.test(code)))
    return 'its certificate is not trusted. If your network inspects encrypted connections, name the file with its certificate (CA) in the network settings'
  if (causes.some((cause) => /\b407\b/.test(messageOf(cause))))
    return 'the proxy asks for a name and a password. Enter them in the network settings'
  return null
}

/** Code of a NetworkError: the host was reached, and the connection broke. */
export const CONNECTION_BROKEN = 'connection_broken'

/** The error for a request without an answer. */
export function networkError(error: unknown, route: string): NetworkError {
  const name = error instanceof Error ? error.name : ''
  const isTimeout =
    name === 'TimeoutError' ||
    error instanceof undiciErrors.HeadersTimeoutError ||
    error instanceof undiciErrors.BodyTimeoutError ||
    error instanceof undiciErrors.ConnectTimeoutError
  if (isTimeout)
    return new RequestTimeoutError('The service did not answer in time', { route, cause: error })
  const advice = adviceOn(error)
  if (advice !== null)
    return new NetworkError(`Couldn’t reach the service: ${advice}`, { route, cause: error })
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  const isBroken = /^(?:UND_ERR_SOCKET|ECONNRESET|EPIPE)$/.test(code)
  const reason = isBroken ? 'the connection broke off' : messageOf(error)
  return new NetworkError(`Couldn’t reach the service: ${reason}`, {
    route,
    cause: error,
    ...(isBroken && { code: CONNECTION_BROKEN }),
  })
}
