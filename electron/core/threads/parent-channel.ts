import { flushCompileCache } from 'node:module'

/** What Electron gives to a utility process; a forked one of Node has `process.send`. */
interface ParentPort {
  on(type: 'message', listener: (event: { data: unknown }) => void): void
  postMessage(message: unknown): void
}

export interface ParentChannel {
  onMessage(listener: (message: unknown) => void): void
  send(message: unknown): void
}

/**
 * The way to the app, in a process that it began (`StartProcess`). The process ends with the app. Such processes are
 * killed, so what Node compiled is kept now rather than at their end, where `NODE_COMPILE_CACHE` is set.
 */
export function parentChannel(): ParentChannel {
  flushCompileCache()
  const port = (process as { parentPort?: ParentPort }).parentPort
  if (port)
    return {
      onMessage: (listener) => port.on('message', ({ data }) => listener(data)),
      send: (message) => port.postMessage(message),
    }
  process.on('disconnect', () => process.exit())
  return {
    onMessage: (listener) => process.on('message', listener),
    send: (message) => process.send?.(message as object),
  }
}
