/**
 * One end of a line, in a process of its own: passes TCP connections on, each piece of data `delayMs` later. Arguments:
 * the delay, then `HOST:PORT=HOST:PORT` for each place to listen at and where it leads. On stdin: `cut` breaks all
 * connections and refuses new ones, `stall` lets nothing through, `go` ends both.
 */
import { connect, createServer, type Socket } from 'node:net'
import { createInterface } from 'node:readline'

const [delay, ...ways] = process.argv.slice(2)
const delayMs = Number(delay)
let state: 'go' | 'cut' | 'stall' = 'go'
const open = new Set<Socket>()
/** A sender is held while more than this is on its way: bytes, more than a fast line carries within the delay. */
const ON_THE_WAY = 64_000_000

/** Passes data on in order, each piece when its delay is over. */
function pass(from: Socket, to: Socket): void {
  const waiting: { dueMs: number; data: Buffer | null }[] = []
  let bytes = 0
  let isDue = false
  const later = (ms: number) => {
    if (isDue) return
    isDue = true
    setTimeout(run, ms)
  }
  const run = () => {
    isDue = false
    const now = performance.now()
    while (waiting.length > 0 && waiting[0].dueMs <= now && state !== 'stall') {
      const { data } = waiting.shift() as (typeof waiting)[number]
      if (data === null) to.end()
      else {
        bytes -= data.length
        to.write(data)
      }
    }
    if (bytes + to.writableLength < ON_THE_WAY) from.resume()
    if (waiting.length > 0) later(Math.max(1, waiting[0].dueMs - now))
  }
  const add = (data: Buffer | null) => {
    waiting.push({ dueMs: performance.now() + delayMs, data })
    bytes += data?.length ?? 0
    if (bytes + to.writableLength >= ON_THE_WAY) from.pause()
    later(delayMs)
  }
  from.on('data', add).on('end', () => add(null))
  to.on('drain', () => {
    if (bytes + to.writableLength < ON_THE_WAY) from.resume()
  })
}

for (const way of ways) {
  const [[host, port], [toHost, toPort]] = way.split('=').map((end) => end.split(':'))
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (near) => {
    if (state === 'cut') {
      near.resetAndDestroy()
      return
    }
    const far = connect({ host: toHost, port: Number(toPort), allowHalfOpen: true, noDelay: true })
    for (const socket of [near, far]) {
      open.add(socket)
      socket
        .on('error', () => {})
        .on('close', () => {
          open.delete(socket)
          near.destroy()
          far.destroy()
        })
    }
    if (delayMs > 0) {
      pass(near, far)
      pass(far, near)
    } else near.pipe(far).pipe(near)
  })
  await new Promise<void>((listening) => server.listen(Number(port), host, listening))
}
createInterface(process.stdin)
  .on('line', (line) => {
    state = line === 'cut' || line === 'stall' ? line : 'go'
    if (state === 'cut') for (const socket of open) socket.resetAndDestroy()
  })
  .on('close', () => process.exit(0))
process.stdout.write('listening\n')
