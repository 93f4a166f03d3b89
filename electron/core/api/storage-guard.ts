import type { Dispatcher } from 'undici'
import { isThisMachine } from '#core/network/this-machine.ts'
import { PictographError } from './errors.ts'

/**
 * Refuses an address on this machine from a remote service, because local programs may trust whoever can reach them.
 * A service on this machine may use it. Throws a PictographError.
 */
export function refuseThisMachine(service: URL, address: URL): void {
  if (!isThisMachine(address) || isThisMachine(service)) return
  throw new PictographError(
    `The service at ${service.host} gave a storage address on this machine (${address.host}), which it has no business with`,
    { route: 'storage transfer' },
  )
}

/** The same check for everything that a dispatcher sends. */
export function guardedStorage(service: URL, dispatcher: Dispatcher): Dispatcher {
  if (isThisMachine(service)) return dispatcher
  return dispatcher.compose((dispatch) => (options, handler) => {
    refuseThisMachine(service, new URL(String(options.origin)))
    return dispatch(options, handler)
  })
}
