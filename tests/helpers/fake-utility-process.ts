import { fork } from 'node:child_process'
import { EventEmitter } from 'node:events'

interface ForkOptions {
  env?: Record<string, string>
  execArgv?: string[]
}

/**
 * `utilityProcess` as documented (https://www.electronjs.org/docs/latest/api/utility-process), on Node's `fork`: no
 * `pid` before `spawn`, messages in both directions, an exit event with only a code, a polite `kill`. The other side
 * has `process.send` in place of `process.parentPort`.
 */
export const utilityProcess = {
  fork(file: string, args: string[], { env, execArgv }: ForkOptions) {
    const child = fork(file, args, {
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      ...(env && { env }),
      ...(execArgv && { execArgv }),
    })
    let isThere = false
    const utility = Object.assign(new EventEmitter(), {
      stderr: child.stderr,
      postMessage: (message: unknown) => {
        if (child.connected) child.send(message as object, () => {})
      },
      kill: () => child.kill('SIGTERM'),
    })
    Object.defineProperty(utility, 'pid', { get: () => (isThere ? child.pid : undefined) })
    child.on('spawn', () => {
      isThere = true
      utility.emit('spawn')
    })
    child.on('message', (message) => utility.emit('message', message))
    child.on('exit', (code) => {
      isThere = false
      utility.emit('exit', code ?? 1)
    })
    return utility
  },
}
