import { z } from 'zod'
import {
  AuthenticationError,
  ConflictError,
  type ErrorContext,
  type FieldProblem,
  ForbiddenError,
  NotFoundError,
  PaymentRequiredError,
  type PaymentTerms,
  PictographError,
  RateLimitError,
  ServerError,
  ValidationError,
} from './errors.ts'

const paymentSchema = z.object({
  required_micro_usd: z.number().nullish(),
  remaining_micro_usd: z.number().nullish(),
  unit: z.string().nullish(),
  upgrade_url: z.string().nullish(),
})

function termsOf(details: unknown): PaymentTerms {
  const { data } = paymentSchema.safeParse(details)
  return {
    requiredMicroUsd: data?.required_micro_usd ?? null,
    remainingMicroUsd: data?.remaining_micro_usd ?? null,
    unit: data?.unit ?? null,
    upgradeUrl: data?.upgrade_url ?? null,
  }
}

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
  if (status === 402) return new PaymentRequiredError(message, full, termsOf(body.details))
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
