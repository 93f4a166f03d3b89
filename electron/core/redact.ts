/** The replacement of a secret. */
const HIDDEN = '…'

/** Names that hold a secret anywhere: in a query, a header, JSON, a variable or an option. */
const SECRET_NAMES = [
  'api[-_ ]?key',
  'x-api-key',
  'access[-_ ]?(?:token|key(?:[-_ ]?id)?)',
  'refresh[-_ ]?token',
  'id[-_ ]?token',
  'auth[-_ ]?token',
  'session[-_ ]?(?:token|id|key)',
  'csrf[-_ ]?token',
  'security[-_ ]?token',
  'client[-_ ]?secret',
  'secret(?:[-_ ]?(?:access[-_ ]?)?key)?',
  'private[-_ ]?key',
  'awsaccesskeyid',
  'authorization',
  'proxy-authorization',
  'set-cookie',
  'cookie',
  'password',
  'passwd',
  'passphrase',
  'pwd',
  'pass',
  'credentials?',
  'signature',
  'token',
  'claim',
  'jwt',
].join('|')

/** Only as query parameters, because these names are common words elsewhere. */
const SECRET_PARAMETERS =
  'sig|key|code|policy|auth|hmac|state|key-pair-id|x-[a-z]+-(?:signature|credential|security-token|token)|signedheaders'

/** In JSON inside JSON, a quote has backslashes before it. */
const QUOTE = String.raw`\\*["']?`
const NAME_START = String.raw`(?<![a-z])(?:[\w-]{0,40}[-_.])?`

const RULES: readonly [RegExp, string][] = [
  // Keys of the service and others that have a known prefix; JSON Web Tokens.
  [/\b(pk|sk|rk)_(?:live|test)_[\w-]+/g, `$1_${HIDDEN}`],
  [/\b(?:gh[pousr]_|github_pat_|glpat-|xox[abprs]-|AKIA|ASIA|AIza|hf_|npm_)[\w-]{8,}/g, HIDDEN],
  [/\beyJ[\w-]{8,}\.[\w-]+(?:\.[\w-]*)?/g, HIDDEN],
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g, HIDDEN],
  // The login in an address: `https://user:password@host`.
  [/(\b[a-z][a-z\d+.-]{0,20}:\\?\/\\?\/)[^\s/?#"'<>@]*(?:@[^\s/?#"'<>@]*)*@/gi, `$1${HIDDEN}@`],
  [/\b(Bearer|Basic|Digest|Negotiate|Token)(\s+)[\w\-.~+/=]{6,}/gi, `$1$2${HIDDEN}`],
  // A header takes the rest of its line, which may hold several cookies.
  [
    new RegExp(
      String.raw`((?:proxy-)?authorization|set-cookie|cookie)(${QUOTE}\s*[:=]\s*\\*["'])[^"'\\\n]+`,
      'gi',
    ),
    `$1$2${HIDDEN}`,
  ],
  [
    /((?:proxy-)?authorization|set-cookie|cookie)(\s*[:=]\s*)(?!\\*["'])[^"',\\\n]+/gi,
    `$1$2${HIDDEN}`,
  ],
  [new RegExp(String.raw`([?&#;](?:${SECRET_PARAMETERS})=)[^&\s"'<>\\]+`, 'gi'), `$1${HIDDEN}`],
  // `name=value`, `name: value`, `"name":"value"`, `--name value`.
  [
    new RegExp(
      String.raw`(${NAME_START}(?:${SECRET_NAMES})${QUOTE}\s*(?:=|:|%3D)\s*\\*(["']))(?:(?!\2|\\).)+`,
      'gi',
    ),
    `$1${HIDDEN}`,
  ],
  [
    new RegExp(
      String.raw`(${NAME_START}(?:${SECRET_NAMES})${QUOTE}\s*(?:=|:|%3D)\s*)(?!\\*["'\s])[^\s&"',;<>\\)\]}]+`,
      'gi',
    ),
    `$1${HIDDEN}`,
  ],
  [
    new RegExp(String.raw`(--(?:[\w-]+-)?(?:${SECRET_NAMES})\s+)(?!-)[^\s"']+`, 'gi'),
    `$1${HIDDEN}`,
  ],
]

/** A text without keys, tokens, passwords and address signatures. */
export function withoutSecrets(text: string): string {
  return RULES.reduce((result, [pattern, shown]) => result.replace(pattern, shown), text)
}

const SECRET_FIELD = new RegExp(`^(?:[\\w-]*[-_.])?(?:${SECRET_NAMES})$`, 'i')
/** `apiKey` becomes `api_key`. */
const spelledOut = (name: string) => name.replace(/([a-z\d])([A-Z])/g, '$1_$2')

/** Parsers quote the text that they fail on, which is from somebody's file. */
const QUOTED: readonly [RegExp, string][] = [
  // V8: `Unexpected token 'h', "hello wor"... is not valid JSON`, `Unexpected token '<', ..."a": <b>"... is not valid JSON`.
  [/(Unexpected token )[\s\S]*( is not valid JSON)/g, `$1${HIDDEN}$2`],
  [/(?:\.\.\.)?"[\s\S]*"(?:\.\.\.)? is not valid JSON/g, `${HIDDEN} is not valid JSON`],
]
const STACK_LINE = /^\s+at /

/**
 * The message of an error without quoted file content: parsers add lines of it, with a marker below. Keeps the first
 * line and stack lines.
 */
function withoutContents(text: string): string {
  const unquoted = QUOTED.reduce((result, [pattern, shown]) => result.replace(pattern, shown), text)
  const [first = '', ...rest] = unquoted.split('\n')
  return [first, ...rest.filter((line) => STACK_LINE.test(line))].join('\n')
}

/** A field may hold somebody's file, so keep only its beginning. */
const LONGEST_VALUE = 2_000
const MOST_ITEMS = 50
const DEEPEST = 6

/** Fields of a log line without secrets and file contents, limited in size. */
export function redacted(fields: Record<string, unknown>): Record<string, unknown> {
  return redactedValue(fields, 0) as Record<string, unknown>
}

function redactedValue(value: unknown, depth: number): unknown {
  if (value instanceof Error) return redactedText(value.stack ?? value.message)
  if (typeof value === 'string') return redactedText(value)
  if (typeof value === 'bigint') return String(value)
  if (typeof value !== 'object' || value === null) return value
  if (depth >= DEEPEST) return HIDDEN
  if (Array.isArray(value))
    return value.slice(0, MOST_ITEMS).map((item) => redactedValue(item, depth + 1))
  const entries = Object.entries(value).slice(0, MOST_ITEMS)
  return Object.fromEntries(
    entries.map(([name, item]) => [
      withoutSecrets(name.slice(0, LONGEST_VALUE)),
      SECRET_FIELD.test(spelledOut(name)) && item !== null && item !== undefined
        ? HIDDEN
        : redactedValue(item, depth + 1),
    ]),
  )
}

function redactedText(text: string): string {
  // Cut afterwards: the part that identifies a secret may be behind the cut.
  const safe = withoutSecrets(withoutContents(text.slice(0, LONGEST_VALUE * 2)))
  return safe.length > LONGEST_VALUE ? safe.slice(0, LONGEST_VALUE) + HIDDEN : safe
}

/** The same for a log message from other code. */
export const redactedMessage = redactedText
