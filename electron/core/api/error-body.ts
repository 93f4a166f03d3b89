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

const words = z.string().nullish().catch(null)
const fieldSchema = z
  .object({ loc: z.unknown().optional(), field: words, msg: words, message: words })
  .refine(({ msg, message }) => (msg ?? message ?? '') !== '')
const detailSchema = z.object({ message: words, error: words, code: words, msg: words })
const structuredSchema = z.object({
  code: z
    .union([z.string(), z.number().transform(String)])
    .nullish()
    .catch(null),
  message: words,
  details: z.unknown().optional(),
})
const bodySchema = z.object({
  error: z.union([structuredSchema, z.string()]).nullish().catch(null),
  detail: z.unknown().optional(),
  details: z.unknown().optional(),
  errors: z.unknown().optional(),
  code: words,
  message: words,
  title: words,
})

interface ErrorBody {
  message: string | null
  code: string | undefined
  details: unknown
  fields: FieldProblem[]
}

/** The first text that says something. */
const firstText = (...texts: readonly (string | null | undefined)[]): string | null =>
  texts.find((text) => text && text.trim() !== '') ?? null

/** Reads an error's body in all formats that the service has used; any other body has no message. */
export function readErrorBody(json: unknown): ErrorBody {
  const bare = typeof json === 'string' ? { message: json } : json
  const parsed = bodySchema.safeParse(bare)
  if (!parsed.success) return { message: null, code: undefined, details: undefined, fields: [] }
  const { error, detail, message, title, code, errors } = parsed.data
  const structured = typeof error === 'object' ? error : null
  const own = detailSchema.safeParse(detail).data
  const fields = fieldsOf([structured?.details, parsed.data.details, { errors }, detail])
  return {
    message: firstText(
      structured?.message,
      typeof detail === 'string' ? detail : null,
      typeof error === 'string' ? error : null,
      message,
      own?.message,
      own?.msg,
      fields
        .map((item) => (item.field ? `${item.field}: ${item.message}` : item.message))
        .join('; '),
      title,
    ),
    code: firstText(structured?.code, own?.error, own?.code, code) ?? undefined,
    details: structured?.details ?? (typeof detail === 'string' ? undefined : detail),
    fields,
  }
}

/** `body.annotations.0.name`; some answers write it as one text. */
function fieldName({ loc, field }: { loc?: unknown; field?: string | null | undefined }): string {
  const path = Array.isArray(loc) ? loc.join('.') : typeof loc === 'string' ? loc : null
  return path ?? field ?? ''
}

/** Each refused field, from the first place that lists some: `[{loc, msg}]`, `{errors: [...]}` or `{field: [text]}`. */
function fieldsOf(places: readonly unknown[]): FieldProblem[] {
  for (const place of places) {
    const record = recordSchema.safeParse(place).data
    const list = Array.isArray(place) ? place : record?.errors
    const found = Array.isArray(list) ? listedFields(list) : namedFields(record?.errors)
    if (found.length > 0) return found
  }
  return []
}

const recordSchema = z.record(z.string(), z.unknown())

/** A list of texts has no fields; beside fields, other rows say nothing. */
function listedFields(list: readonly unknown[]): FieldProblem[] {
  const fields = rowsOf(fieldSchema, list).map((item) => ({
    field: fieldName(item),
    message: item.msg ?? item.message ?? '',
  }))
  if (fields.length > 0) return fields
  return rowsOf(z.string().min(1), list).map((message) => ({ field: '', message }))
}

/** `{ name: ['is taken'] }` */
const namedFields = (value: unknown): FieldProblem[] =>
  Object.entries(recordSchema.safeParse(value).data ?? {}).flatMap(([field, problems]) =>
    rowsOf(z.string(), [problems].flat()).map((message) => ({ field, message })),
  )

/** Fields that only say what went wrong. */
const ERROR_FIELDS: ReadonlySet<string> = new Set([
  'error',
  'errors',
  'error_code',
  'detail',
  'details',
  'code',
  'message',
  'msg',
  'title',
  'type',
  'status',
  'status_code',
  'success',
  'ok',
  'instance',
  'path',
  'request_id',
  'timestamp',
  'data',
])
const refusalSchema = z.looseObject({
  success: z.unknown().optional(),
  ok: z.unknown().optional(),
  error: z.unknown().optional(),
  errors: z.unknown().optional(),
  detail: z.unknown().optional(),
  data: z.null().optional(),
})

/** False for what means that there is no error: null, false, 0, and an empty text, list or object. */
function isSaid(value: unknown): boolean {
  if (typeof value === 'string') return value.trim() !== ''
  if (typeof value === 'object' && value !== null) return Object.keys(value).length > 0
  return Boolean(value)
}

/**
 * True for a body that only reports an error, as some gateways send it with status 200: read as a record with all its
 * fields missing, it would look as if the call had succeeded. A body that says that it is a success is none.
 */
export function isErrorBody(json: unknown): boolean {
  const { data: body } = refusalSchema.safeParse(json)
  if (!body || Array.isArray(json)) return false
  if (!Object.keys(body).every((name) => ERROR_FIELDS.has(name))) return false
  const isSuccess = body.success ?? body.ok
  if (isSuccess === true) return false
  return isSuccess === false || [body.error, body.errors, body.detail].some(isSaid)
}

/** A gateway of the service refuses these requests with a page of its own: nobody else is in between. */
const REFUSED_BY_GATEWAY: ReadonlySet<number> = new Set([413, 414, 431])

export const isWebPage = (text: string): boolean =>
  /<html|<!doctype|<body/i.test(text.slice(0, 2_000))

/** What a body says that is not JSON: a page of a proxy, or a line of a gateway. */
function messageOfText(status: number, text: string): string {
  const line = (given: string) => given.replaceAll(/\s+/g, ' ').trim().slice(0, 200)
  if (!isWebPage(text))
    return text.trim() === '' ? `HTTP ${status}` : `HTTP ${status}: ${line(text)}`
  const title = line(/<title[^>]*>([^<]*)/i.exec(text)?.[1] ?? '')
  const what = title === '' ? '' : ` (“${title}”)`
  if (REFUSED_BY_GATEWAY.has(status))
    return `HTTP ${status}${what}: the request is too large for the service`
  return `HTTP ${status}: a web page came instead of the service’s answer${what}; a proxy or a network that wants a login first may be in between`
}

/** The body of a failed response: its JSON, or what it says instead. */
export function readFailure(
  status: number,
  text: string,
): { json: unknown; isForeign: boolean; fallback: string } {
  try {
    return { json: JSON.parse(text), isForeign: false, fallback: `HTTP ${status}` }
  } catch {
    const isForeign = isWebPage(text) && !REFUSED_BY_GATEWAY.has(status)
    return { json: null, isForeign, fallback: messageOfText(status, text) }
  }
}

/** The error for a failed response. `retryAfter`: seconds, for a 429. `fallback`: the message of a body without one. */
export function errorOfAnswer(
  status: number,
  json: unknown,
  context: Pick<ErrorContext, 'route' | 'requestId' | 'isForeign'>,
  retryAfter: number | null,
  fallback = `HTTP ${status}`,
): PictographError {
  const body = readErrorBody(json)
  const message = body.message ?? fallback
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
