import { fork } from 'node:child_process'
import { bareEnvironment, lastWords } from '#core/bare-environment.ts'
import type { StartProcess } from '#core/ports.ts'

/** Starts a plain Node process with `fork`. */
export const startForked: StartProcess = (file, args) => {
  const child = fork(file, args, {
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    env: bareEnvironment(process.env),
    execArgv: [],
  })
  const last = lastWords(child.stderr)
  let failure = ''
  const exited = new Promise<{ code: number | null; signal: string | null }>((resolve) => {
    // `close` comes after its error output has been read completely.
    child.once('close', (code, signal) => resolve({ code, signal }))
    child.on('error', (error) => {
      failure = error.message
      if (child.pid === undefined) resolve({ code: null, signal: null })
    })
  })
  return {
    get pid() {
      return child.pid ?? null
    },
    post(message) {
      // If it ends meanwhile, `onExit` reports that.
      if (child.connected) child.send(message as object, () => {})
    },
    onMessage(listener) {
      child.on('message', listener)
    },
    onExit(listener) {
      exited.then((end) => listener({ ...end, words: last.words || failure }))
    },
    async kill() {
      child.kill('SIGKILL')
      await exited
    },
  }
}
