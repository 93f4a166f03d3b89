import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { extname, join, relative } from 'node:path'

const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
  '.json': 'application/json',
}

/** What the build puts where each response's nonce belongs. */
export const NONCE_PLACEHOLDER = '__CSP_NONCE__'

/** No inline code or style but what carries the nonce, nothing from anywhere else. */
function contentSecurityPolicy(nonce: string, connect: string): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self' blob: data:",
    "font-src 'self'",
    `connect-src 'self' ${connect}`.trim(),
    "worker-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ')
}

/**
 * Serves the built renderer: the one page, and assets by name. `connect` is what the page may talk to
 * besides its own origin (a WebSocket address, or nothing).
 */
export function rendererFiles(folder: string, connect: (url: URL) => string) {
  return async (request: Request): Promise<Response> => {
    const url = new URL(request.url)
    const name = url.pathname === '/' ? 'index.html' : decodeURIComponent(url.pathname.slice(1))
    const file = join(folder, name)
    const way = relative(folder, file)
    if (way.startsWith('..') || way === '') return new Response('Not found', { status: 404 })
    const body = await readFile(file).catch(() => null)
    const type = TYPES[extname(file)]
    if (!body || !type) return new Response('Not found', { status: 404 })
    const headers = new Headers({
      'content-type': type,
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
    })
    if (name !== 'index.html') {
      // Asset names carry a hash of their content.
      headers.set('cache-control', 'public, max-age=31536000, immutable')
      return new Response(new Uint8Array(body), { headers })
    }
    const nonce = randomBytes(16).toString('base64')
    headers.set('cache-control', 'no-store')
    headers.set('content-security-policy', contentSecurityPolicy(nonce, connect(url)))
    return new Response(body.toString('utf8').replaceAll(NONCE_PLACEHOLDER, nonce), { headers })
  }
}
