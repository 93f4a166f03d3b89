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
  limitType,
  current,
  limit,
}: PaymentRequiredError): string {
  const cost = requiredMicroUsd === null ? '' : ` It costs ${formatMicroUsd(requiredMicroUsd)}.`
  const left = remainingMicroUsd === null ? '' : ` ${formatMicroUsd(remainingMicroUsd)} is left.`
  const plan =
    limitType === null || limit === null
      ? ''
      : ` The plan allows ${limit.toLocaleString('en')} ${limitType}${current === null ? '' : `; ${current.toLocaleString('en')} are in use`}.`
  // Some answers have only a status.
  const said = /^HTTP \d+$/.test(message) ? 'The plan or the balance does not allow this' : message
  return `${said.replace(/[.\s]*$/, '')}.${plan}${cost}${left}${upgradeUrl ? ` More: ${upgradeUrl}` : ''}`
}

function waiting({ retryAfter }: RateLimitError): string {
  const minutes = retryAfter === null ? null : Math.max(1, Math.ceil(retryAfter / 60))
  return minutes === null
    ? 'The plan’s requests for this hour are used up. It resumes automatically later'
    : `The plan’s requests for this hour are used up. It resumes automatically in ${minutes} min`
}

/** `reason` for code, and a message for the user that says what to do. */
function wordsOf(error: PictographError): [reason: string, words: string] {
  const { message } = error
  if (error.isForeign && (error.status ?? 0) < 500)
    return ['offline', `${message}. Check the network.`]
  if (error instanceof AuthenticationError)
    return [
      'key_refused',
      `The service does not accept the key (${message}). Add the account again with a valid key.`,
    ]
  if (error instanceof PaymentRequiredError) return ['payment', payment(error)]
  if (error instanceof ForbiddenError)
    return ['forbidden', `Your key’s role or plan does not allow this: ${message}`]
  if (error instanceof NotFoundError) return ['gone_there', `Not found on the service: ${message}`]
  if (error instanceof ConflictError) return ['conflict_there', message]
  if (error instanceof ValidationError) return ['refused', `The service refused it: ${message}`]
  if (error instanceof RateLimitError) return ['rate_limited', waiting(error)]
  if (error instanceof RequestTimeoutError)
    return ['offline', 'The service did not answer in time. Check the network, or try again later.']
  if (error instanceof NetworkError) return ['offline', `${message}. Check the network.`]
  if (error instanceof UnexpectedAnswerError)
    return ['unexpected_answer', `${message.replace(/[.\s]*$/, '')}. Try again later.`]
  if (error instanceof ServerError)
    return ['service_failed', `${message}. The service failed. Try again in a moment.`]
  return ['service', message]
}

/** True if the connection broke in the middle of a body: codes of undici and the system. */
export function isBroken(error: unknown): boolean {
  return /^(UND_ERR_|ECONNRESET|EPIPE|ERR_STREAM_PREMATURE_CLOSE)/.test(codeOf(error))
}

/** Converts any error of the service to a message for the user, with the request id for reports. */
export function toServiceError(error: unknown, what?: string): UserError {
  if (isBroken(error))
    return new UserError('offline', 'The connection was lost. Try again.', {
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
 * What to do after an error:
 * - `line`: the service is unreachable. Everything waits until it is reachable.
 * - `later`: the service cannot do it now. The same request may work later.
 * - `refused`: the service refused it, or its answer is invalid, and would be the same again. It waits for the user;
 *   everything else continues.
 * - `ours`: an error on this side, such as a full disk or a bug. It is reported and retried.
 */
export type FaultKind = 'line' | 'later' | 'refused' | 'ours'

export interface Fault {
  kind: FaultKind
  /** Any other request would fail the same way: no network, a refused key, the hourly limit, the app is closing. */
  isGeneral: boolean
}

const LINE: Fault = { kind: 'line', isGeneral: true }
const LATER: Fault = { kind: 'later', isGeneral: false }
const ALL_LATER: Fault = { kind: 'later', isGeneral: true }
const REFUSED: Fault = { kind: 'refused', isGeneral: false }
const OURS: Fault = { kind: 'ours', isGeneral: false }

/** Faults of errors that already are UserErrors, by reason. */
const BY_REASON: Readonly<Record<string, Fault>> = {
  offline: LINE,
  closed: ALL_LATER,
  key_refused: ALL_LATER,
  account_gone: ALL_LATER,
  class_gone: REFUSED,
  class_in_use: REFUSED,
}

/** Status codes that mean "not now". */
const STATUS_LATER: ReadonlySet<number | null> = new Set([408, 425, 429])

/** The only classification of errors between this app and the service. */
export function faultOf(error: unknown): Fault {
  if (error instanceof UserError)
    return (
      BY_REASON[error.reason] ??
      (error.cause instanceof PictographError ? faultOf(error.cause) : OURS)
    )
  if (isBroken(error) || error instanceof NetworkError) return LINE
  if (!(error instanceof PictographError)) return OURS
  // A 5xx page is a gateway's of the service; any other one is of a portal or a proxy.
  if (error.isForeign) return (error.status ?? 0) >= 500 ? LATER : LINE
  if (error instanceof AuthenticationError || error instanceof RateLimitError) return ALL_LATER
  if (error instanceof ServerError) {
    // A 2xx that is not JSON is the page of a captive portal or a proxy.
    return error.status !== null && error.status < 300 ? LINE : LATER
  }
  if (STATUS_LATER.has(error.status)) return LATER
  return REFUSED
}

/** The same request may work later: no network, the hourly limit, a failing service. */
export function isPassing(error: unknown): boolean {
  const { kind } = faultOf(error)
  return kind === 'line' || kind === 'later'
}

/** The service refused the request or gave an invalid answer, and a retry will not help. */
export const isRefusal = (error: unknown): boolean => faultOf(error).kind === 'refused'

/** A gateway refuses a request for its size, before the service hears of it. */
const NOT_HEARD: ReadonlySet<number | null> = new Set([413, 414, 431])

/**
 * A refusal that does not say that nothing was done: an answer that cannot be read, or a status that the service does
 * not have. The request may have been executed, so a retry must be the same request.
 */
export const isUnclear = (error: unknown): boolean =>
  error instanceof UnexpectedAnswerError ||
  (error instanceof PictographError &&
    error.constructor === PictographError &&
    !NOT_HEARD.has(error.status))

/** Any other request would fail the same way: the network, the key, the hourly limit, the app is closing. */
export const isGeneral = (error: unknown): boolean => faultOf(error).isGeneral

/**
 * The service is unreachable: no connection, or something else answers. A connection that breaks in the middle of an
 * answer does not count, because the service was reached.
 */
export const isOffline = (error: unknown): boolean =>
  faultOf(error).kind === 'line' && !isBroken(error)
