/** The served app in a process of its own, which its supervisor starts, stops and restarts (supervisor.ts). */
import './small-heap.ts'
import { withoutSecrets } from '#core/redact.ts'
import { terminalLine, terminalLines } from '#core/terminal-text.ts'
import { messageOf } from '#shared/model/message-of.ts'
import { outliveTerminal } from './closed-terminal.ts'
import type { EngineNote, EngineOrder } from './supervisor.ts'

outliveTerminal()

const order = JSON.parse(process.argv[2]) as EngineOrder
const stopping = Promise.withResolvers<void>()
const stop = () => stopping.resolve()
// Ctrl+C reaches the supervisor as well, which then asks to stop.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, stop)
process.on('message', stop)
// The supervisor is gone, and nobody else ends this process.
process.on('disconnect', stop)

try {
  const { serveApp } = await import('./serve.ts')
  const print = (line: string) => process.stdout.write(`${terminalLine(line)}\n`)
  const served = await serveApp({ ...order, print })
  const note: EngineNote = { url: served.url, port: served.port }
  // First, so that the supervisor knows the port when the user knows it.
  await new Promise((sent) => process.send?.(note, sent))
  print(`Serving on ${served.url}`)
  await stopping.promise
  await served[Symbol.asyncDispose]()
} catch (error) {
  process.stderr.write(`${terminalLines(withoutSecrets(messageOf(error)))}\n`)
  process.exitCode = 2
}
// The channel to the supervisor would keep this process alive.
if (process.connected) process.disconnect()
