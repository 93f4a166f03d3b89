export interface ErrorContext {
  /** `GET /api/v1/developer/datasets/` */
  route: string
  status?: number
  /** The service's error code, such as `dataset_not_found`. */
  code?: string
  /** The request's id in the service's logs. */
  requestId?: string
  details?: unknown
  cause?: unknown
  /** A web page came instead of an answer of the service. */
  isForeign?: boolean
}

/** Base class of all errors of the service and the connection; the message is for users. */
export class PictographError extends Error {
  readonly route: string
  readonly status: number | null
  readonly code: string | null
  readonly requestId: string | null
  readonly details: unknown
  /**
   * A web page came instead of an answer of the service: a proxy or a login page is in between, and the status says
   * nothing about the key or the dataset.
   */
  readonly isForeign: boolean

  constructor(message: string, context: ErrorContext) {
    super(message, { cause: context.cause })
    this.name = new.target.name
    this.route = context.route
    this.status = context.status ?? null
    this.code = context.code ?? null
    this.requestId = context.requestId ?? null
    this.details = context.details ?? null
    this.isForeign = context.isForeign ?? false
  }
}

/** The key is missing, malformed, expired or revoked. */
export class AuthenticationError extends PictographError {}
/** The key's role, or the plan, does not allow it. */
export class ForbiddenError extends PictographError {}
/** It does not exist, or belongs to another organisation. */
export class NotFoundError extends PictographError {}
/** For example, the name is taken. */
export class ConflictError extends PictographError {}
/** The service failed, or its answer is invalid. */
export class ServerError extends PictographError {}
/** No answer: name resolution, connection, TLS, reset. */
export class NetworkError extends PictographError {}
/** No answer in time. */
export class RequestTimeoutError extends NetworkError {}
/** The answer does not match the contract. */
export class UnexpectedAnswerError extends PictographError {}

/** One field that the service refused. */
export interface FieldProblem {
  /** `body.annotations.0.name` */
  field: string
  message: string
}

export class ValidationError extends PictographError {
  readonly fields: readonly FieldProblem[]

  constructor(message: string, context: ErrorContext, fields: readonly FieldProblem[]) {
    super(message, context)
    this.fields = fields
  }
}

/** The missing payment; fields are null if the service did not report them. */
export interface PaymentTerms {
  /** Millionths of a dollar. */
  requiredMicroUsd: number | null
  remainingMicroUsd: number | null
  unit: string | null
  upgradeUrl: string | null
  /** The plan limit that was reached, such as `images`; null for a payment. */
  limitType: string | null
  /** The current use of that limit. */
  current: number | null
  limit: number | null
}

export class PaymentRequiredError extends PictographError implements PaymentTerms {
  readonly requiredMicroUsd: number | null
  readonly remainingMicroUsd: number | null
  readonly unit: string | null
  readonly upgradeUrl: string | null
  readonly limitType: string | null
  readonly current: number | null
  readonly limit: number | null

  constructor(message: string, context: ErrorContext, terms: PaymentTerms) {
    super(message, context)
    this.requiredMicroUsd = terms.requiredMicroUsd
    this.remainingMicroUsd = terms.remainingMicroUsd
    this.unit = terms.unit
    this.upgradeUrl = terms.upgradeUrl
    this.limitType = terms.limitType
    this.current = terms.current
    this.limit = terms.limit
  }
}

export class RateLimitError extends PictographError {
  /** Seconds until the next request is allowed; null if the service did not say. */
  readonly retryAfter: number | null

  constructor(message: string, context: ErrorContext, retryAfter: number | null) {
    super(message, context)
    this.retryAfter = retryAfter
  }
}
