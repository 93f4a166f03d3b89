import { net, protocol } from 'electron'
import type { AppCore } from '#core/app-core.ts'
import { appRequests } from '#core/web/app-requests.ts'
import { rendererFiles } from '#core/web/renderer-files.ts'
import { APP_ORIGIN, APP_SCHEME } from '#shared/contract/connect.ts'

/** Call before `ready`. */
export function registerScheme(): void {
  protocol.registerSchemesAsPrivileged([
    {
      scheme: APP_SCHEME,
      privileges: {
        standard: true,
        secure: true,
        supportFetchAPI: true,
        stream: true,
        codeCache: true,
      },
    },
  ])
}

/**
 * Serves the page, pictures and uploads of dropped files under one origin. `devServer` replaces the built page during
 * development.
 */
export function handleScheme(
  core: AppCore,
  rendererDir: string,
  devServer: string | undefined,
): void {
  const files = devServer
    ? ({ url }: Request) => {
        const { pathname, search } = new URL(url)
        return net.fetch(new URL(pathname + search, devServer).href)
      }
    : rendererFiles(rendererDir, () => '')
  const answer = appRequests(core, files)
  protocol.handle(APP_SCHEME, (request) => {
    const url = new URL(request.url)
    if (`${url.protocol}//${url.host}` !== APP_ORIGIN)
      return new Response('Not found', { status: 404 })
    return answer(request)
  })
}
