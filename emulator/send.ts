import type { ServerResponse } from 'node:http'
import type { Fault } from './faults.ts'

const PORTAL =
  '<!doctype html><html><title>Welcome</title><body>Accept our terms to go online</body></html>'

/** Sends the answer, or what a fault does instead. */
export async function sendWithFault(
  response: ServerResponse,
  status: number,
  headers: Record<string, string>,
  body: Buffer,
  fault: Fault | null,
): Promise<void> {
  if (fault?.kind === 'delay')
    await new Promise((resolve) => setTimeout(resolve, fault.ms + Math.random() * fault.jitterMs))
  switch (fault?.kind) {
    case 'reset':
    case 'lose_answer':
      response.destroy()
      return
    case 'status':
      response
        .writeHead(fault.status, {
          'content-type': 'application/json',
          ...(fault.retryAfter !== undefined && { 'retry-after': fault.retryAfter }),
        })
        .end(JSON.stringify({ error: { code: 'fault', message: 'As asked for', details: null } }))
      return
    case 'portal':
      response.writeHead(200, { 'content-type': 'text/html' }).end(PORTAL)
      return
    case 'garbage':
      response.writeHead(status, headers).end(Buffer.alloc(Math.max(1, body.length), 0x7b))
      return
    case 'drip': {
      response.writeHead(status, { ...headers, 'content-length': String(body.length) })
      for (let at = 0; at < body.length; at += fault.bytes) {
        if (response.destroyed) return
        response.write(body.subarray(at, at + fault.bytes))
        await new Promise((resolve) => setTimeout(resolve, fault.everyMs))
      }
      response.end()
      return
    }
    case 'truncate': {
      const cut = body.subarray(0, fault.bytes)
      const length = String(fault.honest ? cut.length : body.length)
      response.writeHead(status, { ...headers, 'content-length': length })
      // An announced length that is not reached ends as a broken connection.
      if (fault.honest) response.end(cut)
      else response.write(cut, () => response.destroy())
      return
    }
    default:
      response.writeHead(status, { ...headers, 'content-length': String(body.length) }).end(body)
  }
}
