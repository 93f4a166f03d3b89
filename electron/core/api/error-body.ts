import { z } from 'zod'
import { paymentTerms } from './error-terms.ts'
import {
  AuthenticationError,
  ConflictError,
  type ErrorContext,
  type FieldProblem,
  ForbiddenError,
  NotFoundError,
  PaymentRequiredError,
  PictographError,
  RateLimitError,
  ServerError,
  ValidationError,
} from './errors.ts'
import { rowsOf } from './tolerant.ts'

const fieldSchema = z.object({
  loc: z.array(z.union([z.string(), z.number()])),
  msg: z.string(),
})
const listedSchema = z.object({ errors: z.array(z.unknown()) })
const detailSchema = z.object({
  message: z.string().nullish().catch(null),
  error: z.string().nullish().catch(null),
  code: z.string().nullish().catch(null),
})
const structuredSchema = z.object({
  code: z.string().nullish().catch(null),
  message: z.string().nullish().catch(null),
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

/** Reads an error's body in all formats that the service has used. */
export function readErrorBody(json: unknown): ErrorBody {
  const parsed = bodySchema.safeParse(json)
  if (!parsed.success) return { message: null, code: undefined, details: undefined, fields: [] }
  const { error, detail, message } = parsed.data
  const structured = typeof error === 'object' ? error : null
  const bare = typeof error === 'string' ? error : (message ?? null)
  const own = detailSchema.safeParse(detail).data
  const fields = fieldsOf(structured?.details, detail)
  return {
    message:
      structured?.message ??
      (typeof detail === 'string' ? detail : null) ??
      bare ??
      own?.message ??
      (fields.map((item) => `${item.field}: ${item.message}`).join('; ') || null),
    code: structured?.code ?? own?.error ?? own?.code ?? undefined,
    details: structured?.details ?? (typeof detail === 'string' ? undefined : detail),
    fields,
  }
}

/** Each refused field: from the structured list if present, else from the older one. */
function fieldsOf(details: unknown, detail: unknown): FieldProblem[] {
  const inDetails = listedSchema.safeParse(details).data?.errors
  const list = inDetails ?? (Array.isArray(detail) ? detail : [])
  return rowsOf(fieldSchema, list).map(({ loc, msg }) => ({ field: loc.join('.'), message: msg }))
}

/** The error for a failed response. `retryAfter`: seconds, for a 429. */
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
  if (status === 402) return new PaymentRequiredError(message, full, paymentTerms(json))
  if (status === 403) return new ForbiddenError(message, full)
  if (status === 404) return new NotFoundError(message, full)
  // For a taken file name, the service sometimes returns a 400 that only its message identifies.
  if (status === 409 || (status === 400 && /already exists/i.test(message)))
    return new ConflictError(message, full)
  if (status === 400 || status === 422) return new ValidationError(message, full, body.fields)
  if (status === 429) return new RateLimitError(message, full, retryAfter)
  if (status >= 500) return new ServerError(message, full)
  return new PictographError(message, full)
}
