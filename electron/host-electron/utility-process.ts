import { utilityProcess } from 'electron'
import { bareEnvironment, lastWords } from '#core/bare-environment.ts'
import type { StartProcess } from '#core/ports.ts'

/** Electron's own kind of process, because `fork` would need the fuse `runAsNode`, which is off. */
export const startUtility: StartProcess = (file, args) => {
  const child = utilityProcess.fork(file, [...args], {
    serviceName: 'Pictograph models',
    stdio: ['ignore', 'ignore', 'pipe'],
    env: bareEnvironment(process.env),
    execArgv: [],
  })
  const last = lastWords(child.stderr)
  let failure = ''
  const exited = new Promise<number | null>((resolve) => {
    child.once('exit', (code) => {
      // Its last output may still be arriving.
      if (last.isOver) resolve(code)
      else child.stderr?.once('close', () => resolve(code))
    })
    child.on('error', (type, location) => {
      failure = `${type} at ${location}`
    })
  })
  return {
    get pid() {
      return child.pid ?? null
    },
    post(message) {
      child.postMessage(message)
    },
    onMessage(listener) {
      child.on('message', listener)
    },
    onExit(listener) {
      exited.then((code) => listener({ code, signal: null, words: last.words || failure }))
    },
    async kill() {
      // Electron asks the process to end, but it cannot react while it runs a model.
      if (child.pid !== undefined)
        try {
          process.kill(child.pid, 'SIGKILL')
        } catch {
          child.kill()
        }
      else child.once('spawn', () => child.kill())
      await exited
    },
  }
}
