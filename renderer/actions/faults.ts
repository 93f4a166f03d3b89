import { client } from '#renderer/rpc/connection.ts'
import { messageOf } from '#shared/model/message-of.ts'
import { t } from '#shared/texts/texts.ts'
import { notify } from './app-state.ts'

/** Maximum number of logged errors per window, so that an error in every frame does not fill the log. */
const MOST_LOGGED = 100
/** Characters of a stack that are kept. */
const LONGEST_STACK = 8_000

let logged = 0

/** Writes a fault of the page into the app's log. `where`: the region, or how it surfaced. */
export function logFault(error: unknown, where: string, stack = ''): void {
  if (logged++ >= MOST_LOGGED) return
  const own = error instanceof Error ? (error.stack ?? '') : ''
  client.app
    .logFault({
      where,
      message: messageOf(error).slice(0, LONGEST_STACK),
      stack: `${own}\n${stack}`.slice(0, LONGEST_STACK),
    })
    .catch((reason) => console.error(error, reason))
}

/** Shows a fault of the page and logs it. `where`: what was being done, or how it surfaced. */
export function tellFault(error: unknown, where: string): void {
  logFault(error, where)
  notify(t('Something went wrong: {reason}', { reason: messageOf(error) }), 'error')
}

/** Shows and logs uncaught errors. Call once. */
export function followFaults(): void {
  window.addEventListener('error', ({ error, message }) => {
    // ResizeObserver loop notice: harmless.
    if (!message.startsWith('ResizeObserver loop')) tellFault(error ?? message, 'uncaught')
  })
  window.addEventListener('unhandledrejection', ({ reason }) =>
    tellFault(reason, 'unhandled rejection'),
  )
}
