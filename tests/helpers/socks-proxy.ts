import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** Reads a client's data, this many bytes at a time. */
async function* chunks(socket: Socket): AsyncGenerator<Buffer, void, number> {
  let kept = Buffer.alloc(0)
  let wanted = yield Buffer.alloc(0)
  for await (const data of socket.iterator({ destroyOnReturn: false })) {
    kept = Buffer.concat([kept, data as Buffer])
    while (kept.length >= wanted) {
      const part = kept.subarray(0, wanted)
      kept = kept.subarray(wanted)
      wanted = yield part
    }
  }
}

/**
 * A SOCKS5 proxy (RFC 1928) that requires a name and a password (RFC 1929), and forwards every connection to one
 * local port. `seen`: the requested hosts.
 */
export async function startSocksProxy(login: { user: string; password: string }, toPort: number) {
  const seen: string[] = []
  const sockets = new Set<Socket>()
  const serve = async (socket: Socket) => {
    const reader = chunks(socket)
    await reader.next()
    const read = async (bytes: number) => (await reader.next(bytes)).value ?? Buffer.alloc(bytes)
    const [version, methods] = await read(2)
    if (version !== 5) return socket.destroy()
    await read(methods)
    socket.write(Buffer.from([5, 2]))
    const [, nameLength] = await read(2)
    const user = (await read(nameLength)).toString()
    const password = (await read((await read(1))[0])).toString()
    if (user !== login.user || password !== login.password) return socket.end(Buffer.from([1, 1]))
    socket.write(Buffer.from([1, 0]))
    // Version, CONNECT, reserved, a name, its length.
    const head = await read(5)
    seen.push((await read(head[4])).toString())
    await read(2)
    await reader.return()
    const onwards = connect(toPort, '127.0.0.1', () => {
      socket.write(Buffer.from([5, 0, 0, 1, 127, 0, 0, 1, 0, 0]))
      socket.pipe(onwards).pipe(socket)
    })
    onwards.on('error', () => socket.destroy())
  }
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => socket.destroy())
    serve(socket).catch(() => socket.destroy())
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    seen,
    port: (server.address() as AddressInfo).port,
    [Symbol.dispose]() {
      for (const socket of sockets) socket.destroy()
      server.close()
    },
  }
}
