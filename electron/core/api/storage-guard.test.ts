import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { Agent } from 'undici'
import { expect, test } from 'vitest'
import { temporaryFolder } from '#tests/helpers/core.ts'
import { Http } from './http.ts'
import { getStorage, putFile, receiveStorage } from './storage.ts'

async function neighbour() {
  const asked: string[] = []
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`)
    response.end('private')
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  const agent = new Agent()
  return {
    asked,
    port,
    /** For an account whose service is at this address. */
    dispatcher: (baseUrl: string) =>
      new Http({ apiKey: 'pk_live_x', baseUrl, dispatcher: agent }).dispatcher,
    [Symbol.asyncDispose]: async () => {
      await agent.destroy()
      server.close()
    },
  }
}

const sink = { onHead: () => {}, onData: () => {} }

test.each([
  'localhost',
  '127.0.0.1',
  '127.0.0.2',
  '2130706433',
  '[::1]',
  '[::ffff:127.0.0.1]',
  '0.0.0.0',
  'x.localhost',
])('a service elsewhere leads nobody to %s', async (host) => {
  await using near = await neighbour()
  using folder = temporaryFolder()
  const file = join(folder.path, 'a.png')
  writeFileSync(file, 'x')
  for (const scheme of ['http', 'https']) {
    const address = `${scheme}://${host}:${near.port}/admin?signature=x`
    const dispatcher = near.dispatcher('https://api.pictograph.io')
    await expect(getStorage(dispatcher, address)).rejects.toThrow(/storage address/)
    await expect(receiveStorage(dispatcher, address, {}, sink)).rejects.toThrow(/storage address/)
    await expect(putFile(dispatcher, address, file, 'image/png')).rejects.toThrow(/storage address/)
  }
  expect(near.asked).toEqual([])
})

test('a service on this machine may have its storage here', async () => {
  await using near = await neighbour()
  const dispatcher = near.dispatcher('http://localhost:9')
  const { body } = await getStorage(dispatcher, `http://127.0.0.1:${near.port}/a`)
  expect(await body.text()).toBe('private')
})
