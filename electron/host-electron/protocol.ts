import { net, protocol } from 'electron'
import type { AppCore } from '#core/app-core.ts'
import { rendererFiles } from '#core/web/renderer-files.ts'
import { APP_ORIGIN, APP_SCHEME } from '#shared/contract/connect.ts'

/** Must be called before `ready`. */
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

/** Serves our page and the pictures under one origin. `devServer` replaces the built page while developing. */
export function handleScheme(
  core: AppCore,
  rendererDir: string,
  devServer: string | undefined,
): void {
  const files = rendererFiles(rendererDir, () => '')
  protocol.handle(APP_SCHEME, (request) => {
    const url = new URL(request.url)
    if (`${url.protocol}//${url.host}` !== APP_ORIGIN)
      return new Response('Not found', { status: 404 })
    if (url.pathname.startsWith('/media/')) return core.media(request)
    if (devServer) return net.fetch(new URL(url.pathname + url.search, devServer).href)
    return files(request)
  })
}
