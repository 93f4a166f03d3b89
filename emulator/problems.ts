/** An error response in the service's form. */
export class Problem extends Error {
  readonly status: number
  readonly code: string
  readonly details: unknown
  /** What older clients read; default: the message. */
  readonly legacy: unknown
  readonly headers: Record<string, string>

  constructor(
    status: number,
    code: string,
    message: string,
    {
      details = null,
      legacy = message,
      headers = {},
    }: { details?: unknown; legacy?: unknown; headers?: Record<string, string> } = {},
  ) {
    super(message)
    this.status = status
    this.code = code
    this.details = details
    this.legacy = legacy
    this.headers = headers
  }

  get body(): unknown {
    const { code, message, details, legacy } = this
    return { error: { code, message, details }, detail: legacy }
  }
}

interface FieldProblem {
  loc: (string | number)[]
  msg: string
}

/** A request that violates the contract, with a message per field. */
export class InvalidRequest extends Problem {
  readonly fields: readonly FieldProblem[]

  constructor(fields: readonly FieldProblem[], status: 400 | 422 = 422) {
    super(
      status,
      'validation_error',
      fields.map(({ loc, msg }) => `${loc.join('.')}: ${msg}`).join('; '),
    )
    this.fields = fields
  }

  override get body(): unknown {
    const { code, message, fields } = this
    return { error: { code, message, details: { errors: fields } }, detail: fields }
  }
}

export const notFound = (what: string) => new Problem(404, 'not_found', `${what} not found`)
export const conflict = (message: string) => new Problem(409, 'conflict', message)
