import { z } from 'zod'

export interface ErrorContext {
  /** `GET /api/v1/developer/datasets/` */
  route: string
  status?: number
  /** The service's own word for it, such as `dataset_not_found`. */
  code?: string
  /** What the service calls the request in its logs. */
  requestId?: string
  details?: unknown
  cause?: unknown
}

/** Anything that went wrong between us and the service; the message is for a person. */
export class PictographError extends Error {
  readonly route: string
  readonly status: number | null
  readonly code: string | null
  readonly requestId: string | null
  readonly details: unknown

  constructor(message: string, context: ErrorContext) {
    super(message, { cause: context.cause })
    this.name = new.target.name
    this.route = context.route
    this.status = context.status ?? null
    this.code = context.code ?? null
    this.requestId = context.requestId ?? null
    this.details = context.details ?? null
  }
}

/** The key is missing, malformed, expired or revoked. */
export class AuthenticationError extends PictographError {}
/** The key's role, or the plan, does not allow it. */
export class ForbiddenError extends PictographError {}
/** It is not there, or another organisation's. */
export class NotFoundError extends PictographError {}
/** The name is taken, and the like. */
export class ConflictError extends PictographError {}
/** The service failed, or answered something that is no answer. */
export class ServerError extends PictographError {}
/** No answer came: name resolution, connection, TLS, reset. */
export class NetworkError extends PictographError {}
/** No answer came in time. */
export class RequestTimeoutError extends NetworkError {}
/** The service answered something that the contract does not know. */
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

export class PaymentRequiredError extends PictographError {
  /** Millionths of a dollar; null where the service did not say. */
  readonly requiredMicroUsd: number | null
  readonly remainingMicroUsd: number | null
  readonly unit: string | null
  readonly upgradeUrl: string | null

  constructor(message: string, context: ErrorContext) {
    super(message, context)
    const { data } = paymentSchema.safeParse(context.details)
    this.requiredMicroUsd = data?.required_micro_usd ?? null
    this.remainingMicroUsd = data?.remaining_micro_usd ?? null
    this.unit = data?.unit ?? null
    this.upgradeUrl = data?.upgrade_url ?? null
  }
}

export class RateLimitError extends PictographError {
  /** Seconds until a request may be made again; null where the service did not say. */
  readonly retryAfter: number | null

  constructor(message: string, context: ErrorContext, retryAfter: number | null) {
    super(message, context)
    this.retryAfter = retryAfter
  }
}

const paymentSchema = z.object({
  required_micro_usd: z.number().nullish(),
  remaining_micro_usd: z.number().nullish(),
  unit: z.string().nullish(),
  upgrade_url: z.string().nullish(),
})

const fieldSchema = z.object({
  loc: z.array(z.union([z.string(), z.number()])),
  msg: z.string(),
})
const structuredSchema = z.object({
  code: z.string().nullish(),
  message: z.string().nullish(),
  details: z.unknown().optional(),
})
const bodySchema = z.object({
  error: z.union([structuredSchema, z.string()]).nullish().catch(null),
  detail: z.unknown().optional(),
  message: z.string().nullish().catch(null),
})

interface ErrorBody {
  message: string | null
  code: string | undefined
  details: unknown
  fields: FieldProblem[]
}

/** What an error's body says, in any of the forms that the service has had. */
export function readErrorBody(json: unknown): ErrorBody {
  const parsed = bodySchema.safeParse(json)
  if (!parsed.success) return { message: null, code: undefined, details: undefined, fields: [] }
  const { error, detail, message } = parsed.data
  const structured = typeof error === 'object' ? error : null
  const list = z.array(fieldSchema).safeParse(detail)
  const fields = list.success
    ? list.data.map(({ loc, msg }) => ({ field: loc.join('.'), message: msg }))
    : []
  const object = z.object({ message: z.string() }).safeParse(detail)
  const words =
    structured?.message ??
    (typeof detail === 'string' ? detail : null) ??
    (object.success ? object.data.message : null) ??
    (fields.length > 0
      ? fields.map((item) => `${item.field}: ${item.message}`).join('; ')
      : null) ??
    (typeof error === 'string' ? error : null) ??
    message ??
    null
  return {
    message: words,
    code: structured?.code ?? undefined,
    details: structured?.details ?? (fields.length > 0 ? detail : undefined),
    fields,
  }
}

/** The error of an answer that is none. `retryAfter`: seconds, of a 429. */
export function errorOfAnswer(
  status: number,
  json: unknown,
  context: Pick<ErrorContext, 'route' | 'requestId'>,
  retryAfter: number | null,
): PictographError {
  const body = readErrorBody(json)
  const message = body.message ?? `HTTP ${status}`
  const full: ErrorContext = {
    ...context,
    status,
    ...(body.code !== undefined && { code: body.code }),
    details: body.details,
  }
  if (status === 401) return new AuthenticationError(message, full)
  if (status === 402) return new PaymentRequiredError(message, full)
  if (status === 403) return new ForbiddenError(message, full)
  if (status === 404) return new NotFoundError(message, full)
  // A taken file name is sometimes a 400 that only its words tell from others.
  if (status === 409 || (status === 400 && /already exists/i.test(message)))
    return new ConflictError(message, full)
  if (status === 400 || status === 422) return new ValidationError(message, full, body.fields)
  if (status === 429) return new RateLimitError(message, full, retryAfter)
  if (status >= 500) return new ServerError(message, full)
  return new PictographError(message, full)
}
