import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/**
 * A network cable to a local server that can be unplugged: data in transit is lost, and nothing gets through until it
 * is plugged in again.
 */
export async function cable(to: string) {
  const { port, hostname } = new URL(to)
  const open = new Set<Socket>()
  let isPlugged = true
  const server = createServer((near) => {
    if (!isPlugged) {
      near.destroy()
      return
    }
    const far = connect(Number(port), hostname)
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
    near.pipe(far).pipe(near)
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const { port: ownPort } = server.address() as AddressInfo
  const cut = () => {
    for (const socket of open) socket.destroy()
  }
  return {
    url: `http://127.0.0.1:${ownPort}`,
    unplug: () => {
      isPlugged = false
      cut()
    },
    plug: () => {
      isPlugged = true
    },
    /** Breaks current connections, and stays plugged in. */
    cut,
    async [Symbol.asyncDispose]() {
      cut()
      await new Promise<void>((closed) => server.close(() => closed()))
    },
  }
}
