import {
  AuthenticationError,
  ConflictError,
  ForbiddenError,
  NetworkError,
  NotFoundError,
  PaymentRequiredError,
  PictographError,
  RateLimitError,
  RequestTimeoutError,
  ServerError,
  UnexpectedAnswerError,
  ValidationError,
} from '#core/api/client.ts'
import { codeOf, toUserError, UserError } from '#core/user-error.ts'

const dollars = (micro: number) => `$${(micro / 1_000_000).toFixed(2)}`

function payment({
  message,
  requiredMicroUsd,
  remainingMicroUsd,
  upgradeUrl,
}: PaymentRequiredError): string {
  const cost =
    requiredMicroUsd === null || remainingMicroUsd === null
      ? ''
      : ` It costs ${dollars(requiredMicroUsd)}, and ${dollars(remainingMicroUsd)} are left.`
  return `${message}.${cost}${upgradeUrl ? ` More: ${upgradeUrl}` : ''}`
}

function waiting({ retryAfter }: RateLimitError): string {
  const minutes = retryAfter === null ? null : Math.max(1, Math.ceil(retryAfter / 60))
  return minutes === null
    ? 'The plan’s requests for this hour are used up. It goes on by itself later'
    : `The plan’s requests for this hour are used up. It goes on by itself in ${minutes} min`
}

/** `reason` for code and words for a person, with the way out. */
function wordsOf(error: PictographError): [reason: string, words: string] {
  const { message } = error
  if (error instanceof AuthenticationError)
    return [
      'key_refused',
      `The service does not accept the key (${message}). Add the account again with a valid key.`,
    ]
  if (error instanceof PaymentRequiredError) return ['payment', payment(error)]
  if (error instanceof ForbiddenError)
    return ['forbidden', `Your key’s role or plan does not allow this: ${message}`]
  if (error instanceof NotFoundError)
    return ['gone_there', `The service does not have it (any more): ${message}`]
  if (error instanceof ConflictError) return ['conflict_there', message]
  if (error instanceof ValidationError) return ['refused', `The service refused it: ${message}`]
  if (error instanceof RateLimitError) return ['rate_limited', waiting(error)]
  if (error instanceof RequestTimeoutError)
    return ['offline', 'The service did not answer in time. Check the network, or try again later.']
  if (error instanceof NetworkError) return ['offline', `${message}. Check the network.`]
  if (error instanceof UnexpectedAnswerError) return ['unexpected_answer', message]
  if (error instanceof ServerError)
    return ['service_failed', `${message}. It is the service’s fault: try again in a moment.`]
  return ['service', message]
}

/** The connection broke in the middle of a body: undici's codes, and the system's. */
export function isBroken(error: unknown): boolean {
  return /^(UND_ERR_|ECONNRESET|EPIPE|ERR_STREAM_PREMATURE_CLOSE)/.test(codeOf(error))
}

/** Any fault of talking to the service in words for a person, with the request's id to report. */
export function toServiceError(error: unknown, what?: string): UserError {
  if (isBroken(error))
    return new UserError('offline', 'The connection broke in the middle. Try again.', {
      cause: error,
    })
  if (!(error instanceof PictographError)) return toUserError(error, what)
  const [reason, words] = wordsOf(error)
  return new UserError(reason, what ? `${what}: ${words}` : words, {
    cause: error,
    requestId: error.requestId,
  })
}

/** It may work later as it is: the network, the hour's limit, a failing service. */
export function isPassing(error: unknown): boolean {
  if (error instanceof UserError)
    return ['offline', 'closed', 'key_refused', 'account_gone'].includes(error.reason)
  return (
    error instanceof NetworkError ||
    isBroken(error) ||
    error instanceof RateLimitError ||
    error instanceof ServerError ||
    error instanceof AuthenticationError ||
    (error instanceof PictographError && error.status === 408)
  )
}

/** The service looked at it and said no, for a reason that stays. */
export function isRefusal(error: unknown): boolean {
  return (
    (error instanceof PictographError && !isPassing(error)) ||
    (error instanceof UserError && error.reason === 'class_gone')
  )
}

/** It would meet any other request in the same way: the network, the key, the hour's limit, the end of the app. */
export function isGeneral(error: unknown): boolean {
  return (
    isOffline(error) ||
    isBroken(error) ||
    error instanceof RateLimitError ||
    error instanceof AuthenticationError ||
    (error instanceof UserError && isPassing(error))
  )
}

/** Nothing gets through: no connection, or something else than the service answers. */
export function isOffline(error: unknown): boolean {
  return (
    error instanceof NetworkError ||
    // A captive portal's page, or a proxy's.
    (error instanceof ServerError && error.status !== null && error.status < 300)
  )
}
