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
import { formatMicroUsd } from '#shared/model/money.ts'

function payment({
  message,
  requiredMicroUsd,
  remainingMicroUsd,
  upgradeUrl,
}: PaymentRequiredError): string {
  const cost =
    requiredMicroUsd === null || remainingMicroUsd === null
      ? ''
      : ` It costs ${formatMicroUsd(requiredMicroUsd)}, and ${formatMicroUsd(remainingMicroUsd)} are left.`
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

/**
 * Whose turn it is after something went wrong:
 * - `line`: nothing gets through. Everything waits until the service can be reached.
 * - `later`: the service cannot do it now. The same request may work in a while.
 * - `refused`: the service said no, or something that we do not understand, and would say it again. Somebody has to
 *   look at it; meanwhile everything else goes on.
 * - `ours`: a fault on this side, such as a full disk or a bug. It is told, and tried again.
 */
export type FaultKind = 'line' | 'later' | 'refused' | 'ours'

export interface Fault {
  kind: FaultKind
  /** Any other request would meet the same: no network, a refused key, the hour's limit, the app is closing. */
  isGeneral: boolean
}

const LINE: Fault = { kind: 'line', isGeneral: true }
const LATER: Fault = { kind: 'later', isGeneral: false }
const ALL_LATER: Fault = { kind: 'later', isGeneral: true }
const REFUSED: Fault = { kind: 'refused', isGeneral: false }
const OURS: Fault = { kind: 'ours', isGeneral: false }

/** Faults that were put into words already, by their reason. */
const BY_REASON: Readonly<Record<string, Fault>> = {
  offline: LINE,
  closed: ALL_LATER,
  key_refused: ALL_LATER,
  account_gone: ALL_LATER,
  class_gone: REFUSED,
  class_in_use: REFUSED,
}

/** Status codes that say: not now. */
const STATUS_LATER: ReadonlySet<number | null> = new Set([408, 425, 429])

/** The one classification of what can go wrong between this app and the service. */
export function faultOf(error: unknown): Fault {
  if (error instanceof UserError)
    return (
      BY_REASON[error.reason] ??
      (error.cause instanceof PictographError ? faultOf(error.cause) : OURS)
    )
  if (isBroken(error) || error instanceof NetworkError) return LINE
  if (!(error instanceof PictographError)) return OURS
  if (error instanceof AuthenticationError || error instanceof RateLimitError) return ALL_LATER
  if (error instanceof ServerError) {
    // A 2xx that is not JSON is the page of a captive portal, or of a proxy.
    return error.status !== null && error.status < 300 ? LINE : LATER
  }
  if (STATUS_LATER.has(error.status)) return LATER
  return REFUSED
}

/** It may work later as it is: the network, the hour's limit, a failing service. */
export function isPassing(error: unknown): boolean {
  const { kind } = faultOf(error)
  return kind === 'line' || kind === 'later'
}

/** The service looked at it and said no, or what it says is of no use, for a reason that stays. */
export const isRefusal = (error: unknown): boolean => faultOf(error).kind === 'refused'

/** It would meet any other request in the same way: the network, the key, the hour's limit, the end of the app. */
export const isGeneral = (error: unknown): boolean => faultOf(error).isGeneral

/**
 * Nothing gets through: no connection, or something else than the service answers. A connection that broke in the
 * middle of an answer does not count: the service was reached.
 */
export const isOffline = (error: unknown): boolean =>
  faultOf(error).kind === 'line' && !isBroken(error)
