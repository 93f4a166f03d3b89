import { randomBytes } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import { CLAIM_PARAMETER, SECRET_KEY, SESSION_PATH } from '#shared/contract/connect.ts'

/**
 * Default headers of every response; a response may override them. They forbid framing, sniffing, reading by other
 * sites, and scripts.
 */
export const CAUTIOUS_HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy':
    "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'cache-control': 'no-store',
}

/**
 * A browser that was closed, or that knows an earlier run of the server, has no valid cookie: the secret in the
 * page's storage gets it a new one. If cookies are blocked this would loop forever, so it is tried only once in a
 * while.
 */
const SIGN_IN_AGAIN = `
const place = new URLSearchParams(location.hash.slice(1))
const given = place.get('${CLAIM_PARAMETER}') ?? localStorage.getItem('${SECRET_KEY}')
place.delete('${CLAIM_PARAMETER}')
history.replaceState(null, '', location.pathname + (String(place) && '#' + place))
const again = async () => {
  const answer = await fetch('${SESSION_PATH}', { method: 'POST', headers: { authorization: 'Bearer ' + given } })
  if (!answer.ok) return
  localStorage.setItem('${SECRET_KEY}', (await answer.json()).secret)
  sessionStorage.setItem('signed-in-again', Date.now())
  location.reload()
}
if (given && Date.now() - Number(sessionStorage.getItem('signed-in-again')) > 5000) again().catch(() => {})`

/** As the app looks, in both themes. */
const STYLE = `
:root { color-scheme: light dark; --bg: #f4f5f7; --surface: #fff; --line: #dcdfe5; --text: #15171c; --muted: #565e6c }
@media (prefers-color-scheme: dark) {
  :root { --bg: #121316; --surface: #1a1c20; --line: #30343b; --text: #eceef2; --muted: #a5acb8 }
}
body { margin: 0; min-height: 100vh; display: grid; place-items: center; background: var(--bg); color: var(--text);
  font: 15px/1.5 system-ui, sans-serif }
main { max-width: 30rem; margin: 1rem; padding: 2rem; border: 1px solid var(--line); border-radius: 12px; background: var(--surface) }
h1 { margin: 0 0 .5rem; font-size: 20px }
p { margin: 0; color: var(--muted) }
code { overflow-wrap: anywhere }`

interface Notice {
  title: string
  text: string
  signsInAgain?: boolean
}

/** Sends a short notice page instead of the app. It contains nothing of the request. */
export function sendNotice(
  response: ServerResponse,
  status: number,
  { title, text, signsInAgain = false }: Notice,
): void {
  const nonce = randomBytes(16).toString('base64')
  const script = signsInAgain ? `<script nonce="${nonce}">${SIGN_IN_AGAIN}</script>` : ''
  const sources = [
    "default-src 'none'",
    `style-src 'nonce-${nonce}'`,
    ...(signsInAgain ? [`script-src 'nonce-${nonce}'`, "connect-src 'self'"] : []),
    "frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
  ]
  response
    .writeHead(status, {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': sources.join('; '),
    })
    .end(
      `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${title}</title><style nonce="${nonce}">${STYLE}</style><main><h1>${title}</h1><p>${text}</p></main>${script}`,
    )
}
