import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { Agent } from 'undici'
import { expect, test } from 'vitest'
import { NetworkError } from './errors.ts'
import { isExpired, receiveStorage } from './storage.ts'

/** A host that sends exactly this to every request, and closes the connection. */
async function saying(answer: string) {
  const server = createServer((socket) => {
    socket.on('error', () => {})
    socket.once('data', () => socket.end(answer.replaceAll('\n', '\r\n')))
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  const agent = new Agent()
  return {
    receive: async () => {
      const statuses: number[] = []
      let text = ''
      await receiveStorage(
        agent,
        `http://127.0.0.1:${port}/a.jpg?signature=x`,
        {},
        {
          onHead: ({ status }) => statuses.push(status),
          onData: (chunk) => {
            text += chunk
          },
        },
      )
      return { statuses, text }
    },
    [Symbol.asyncDispose]: async () => {
      await agent.destroy()
      server.close()
    },
  }
}

test('early hints are not the answer', async () => {
  await using host = await saying(
    'HTTP/1.1 103 Early Hints\nlink: </a>\n\nHTTP/1.1 200 OK\ncontent-length: 3\n\nabc',
  )
  expect(await host.receive()).toEqual({ statuses: [200], text: 'abc' })
})

test('a refusal with a truncated message is still a refusal, never a file', async () => {
  await using host = await saying(
    'HTTP/1.1 403 Forbidden\ncontent-length: 900\n\n<Error><Message>Request has expired</Message>',
  )
  const error = await host.receive().catch((reason: unknown) => reason)
  expect(error).toMatchObject({ status: 403 })
  expect(String(error)).toContain('Request has expired')
  expect(String(error)).not.toContain('signature')
  expect(isExpired(error)).toBe(true)
})

test('a truncated body is not a file', async () => {
  await using host = await saying('HTTP/1.1 200 OK\ncontent-length: 900\n\nabc')
  await expect(host.receive()).rejects.toBeInstanceOf(NetworkError)
})
