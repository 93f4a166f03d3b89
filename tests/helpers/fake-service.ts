import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { API_PREFIX } from '#core/api/http.ts'

export interface FakeRequest {
  /** `GET /datasets/x?limit=5`, below the API's prefix. */
  line: string
  headers: Readonly<Record<string, string | string[] | undefined>>
  body: unknown
  bytes: Buffer
}

/** `status` defaults to 200; `bytes` replaces a JSON body. */
export interface FakeAnswer {
  status?: number
  json?: unknown
  bytes?: Buffer
  headers?: Record<string, string>
}

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

/**
 * A service that answers each request as the test says, for answers that the emulator does not give. `answer`
 * receives the request's line; all requests are kept in `requests`.
 */
export async function fakeService(answer: (request: FakeRequest) => FakeAnswer) {
  const requests: FakeRequest[] = []
  const server = createServer(async (incoming, outgoing) => {
    const bytes = await buffer(incoming)
    const request = {
      line: `${incoming.method} ${(incoming.url ?? '').replace(API_PREFIX, '')}`,
      headers: incoming.headers,
      body: parsed(bytes.toString('utf8')),
      bytes,
    }
    requests.push(request)
    const { status = 200, json = null, bytes: given, headers } = answer(request)
    outgoing.writeHead(status, headers)
    outgoing.end(given ?? JSON.stringify(json))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    lines: () => requests.map(({ line }) => line),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
