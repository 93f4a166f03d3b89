import { randomBytes } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import { CLAIM_PARAMETER, SECRET_KEY, SESSION_PATH } from '#shared/contract/connect.ts'

/**
 * Stands on every answer; what an answer says itself counts more. Nothing may be framed, guessed to be another type,
 * read by another site, or run.
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
 * A browser that was closed has lost its cookie, and so has one that knows an earlier run of the server: the secret in
 * the page's storage gives a new one. Where cookies are refused it would go round for ever, so it is tried once in a while.
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

interface Notice {
  title: string
  text: string
  signsInAgain?: boolean
}

/** A page of a few words instead of the app. The words are ours: nothing of the request is in them. */
export function sendNotice(
  response: ServerResponse,
  status: number,
  { title, text, signsInAgain = false }: Notice,
): void {
  const nonce = randomBytes(16).toString('base64')
  const script = signsInAgain ? `<script nonce="${nonce}">${SIGN_IN_AGAIN}</script>` : ''
  response
    .writeHead(status, {
      'content-type': 'text/html; charset=utf-8',
      ...(signsInAgain && {
        'content-security-policy': `default-src 'none'; script-src 'nonce-${nonce}'; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'`,
      }),
    })
    .end(
      `<!doctype html><html lang="en"><meta charset="utf-8"><title>${title}</title><h1>${title}</h1><p>${text}</p>${script}`,
    )
}
