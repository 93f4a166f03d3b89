import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { extname, join } from 'node:path'

const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
  '.json': 'application/json',
}

const PAGE = 'index.html'

/** The build puts this where each response's nonce goes. */
export const NONCE_PLACEHOLDER = '__CSP_NONCE__'

/** Allows only inline code and styles with the nonce, and nothing from other hosts. */
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

/** A name with a content hash never expires. */
const HASHED = /^assets\//

/**
 * The file for a URL path, relative to the renderer's folder, with forward slashes; null: none. Each segment is one
 * name: an encoded slash, a dot segment or a drive could lead elsewhere, or to a file by a second name. Throws a
 * URIError for an invalid path.
 */
function fileNamed(pathname: string): string | null {
  if (pathname === '/') return PAGE
  const names = pathname.slice(1).split('/').map(decodeURIComponent)
  const isName = (name: string) => !/^\.*$|[/\\:\0]/.test(name)
  return names.every(isName) ? names.join('/') : null
}

const notFound = () =>
  new Response('Not found', { status: 404, headers: { 'content-type': 'text/plain' } })

/**
 * Serves the built renderer: the page, and assets by name. `connect` returns what the page may connect to besides its
 * own origin (a WebSocket address, or nothing).
 */
export function rendererFiles(folder: string, connect: (url: URL) => string) {
  return async (request: Request): Promise<Response> => {
    const url = new URL(request.url)
    const name = fileNamed(url.pathname)
    const type = name === null ? undefined : TYPES[extname(name).toLowerCase()]
    if (name === null || type === undefined) return notFound()
    const body = await readFile(join(folder, name)).catch(() => null)
    if (!body) return notFound()
    const headers = new Headers({
      'content-type': type,
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
    })
    // Decide by the response type, not the requested name: on some disks a file has many names.
    if (!type.startsWith('text/html')) {
      headers.set(
        'cache-control',
        HASHED.test(name) ? 'private, max-age=31536000, immutable' : 'no-cache',
      )
      return new Response(new Uint8Array(body), { headers })
    }
    const nonce = randomBytes(16).toString('base64')
    headers.set('cache-control', 'no-store')
    headers.set('content-security-policy', contentSecurityPolicy(nonce, connect(url)))
    return new Response(body.toString('utf8').replaceAll(NONCE_PLACEHOLDER, nonce), { headers })
  }
}
