import type { AppCore } from '#core/app-core.ts'

type Handler = (request: Request) => Promise<Response>

/**
 * Serves what a page requests besides RPC: pictures, uploads of dropped files that have no path (dragged from a
 * browser), and the page's own files. Used by both hosts.
 */
export function appRequests(
  { media, stages }: Pick<AppCore, 'media' | 'stages'>,
  files: Handler,
): Handler {
  return (request) => {
    const { pathname } = new URL(request.url)
    if (pathname.startsWith('/media/')) return media(request)
    if (pathname.startsWith('/stage/')) return stages.handle(request)
    return files(request)
  }
}
