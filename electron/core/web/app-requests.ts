import type { AppCore } from '#core/app-core.ts'

type Handler = (request: Request) => Promise<Response>

/**
 * What a page may ask its host for besides RPC: pictures, a place for dropped files that have no path (dragged from a
 * browser), and the page's own files. Both hosts answer with this.
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
