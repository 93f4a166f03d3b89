import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { coreWithImages, temporaryFolder } from '#tests/helpers/core.ts'
import { serve } from './server.ts'

async function served() {
  const setup = await coreWithImages(['a.png'])
  const renderer = temporaryFolder()
  writeFileSync(join(renderer.path, 'index.html'), '<script nonce="__CSP_NONCE__"></script>')
  const addresses: string[] = []
  const server = await serve({
    core: setup.core,
    rendererDir: renderer.path,
    ports: [0],
    host: '127.0.0.1',
    onNewAddress: (url) => addresses.push(url),
  })
  const base = `http://127.0.0.1:${server.port}`
  const signIn = async () => {
    const response = await fetch(server.url, { redirect: 'manual' })
    return (response.headers.get('set-cookie') ?? '').split(';')[0]
  }
  const connect = (headers: Record<string, string>) => {
    const { promise, resolve } = Promise.withResolvers<'open' | 'refused'>()
    const socket = new WebSocket(`ws://127.0.0.1:${server.port}/rpc`, { headers })
    socket.on('open', () => {
      socket.close()
      resolve('open')
    })
    socket.on('error', () => resolve('refused'))
    return promise
  }
  return {
    ...setup,
    server,
    base,
    addresses,
    signIn,
    connect,
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]()
      await setup[Symbol.asyncDispose]()
      renderer[Symbol.dispose]()
    },
  }
}

/** fetch sets Host by itself; this does not. */
function statusWithHost(url: string, host: string, cookie: string): Promise<number | undefined> {
  const { promise, resolve, reject } = Promise.withResolvers<number | undefined>()
  request(url, { headers: { host, cookie } }, (response) => resolve(response.statusCode))
    .on('error', reject)
    .end()
  return promise
}

describe('the served app', () => {
  test('opens once with its token, and then by a cookie that no script sees', async () => {
    await using app = await served()
    expect((await fetch(app.base)).status).toBe(401)
    const first = await fetch(app.server.url, { redirect: 'manual' })
    expect(first.status).toBe(303)
    expect(first.headers.get('set-cookie')).toMatch(/HttpOnly; SameSite=Strict; Path=\//)
    const again = await fetch(app.server.url, { redirect: 'manual' })
    expect(again.status).toBe(403)
    expect(app.addresses).toEqual([expect.stringMatching(/token=/)])
    expect((await fetch(app.addresses[0], { redirect: 'manual' })).status).toBe(303)
  })

  test('serves page and pictures to the cookie alone', async () => {
    await using app = await served()
    const cookie = await app.signIn()
    const [image] = app.list()
    const page = await fetch(app.base, { headers: { cookie } })
    expect(page.headers.get('content-security-policy')).toMatch(
      /default-src 'none'; script-src 'self'; style-src 'self' 'nonce-[^']+'/,
    )
    expect(await page.text()).not.toContain('__CSP_NONCE__')
    expect(
      (await fetch(`${app.base}/media/image/${image.id}`, { headers: { cookie } })).status,
    ).toBe(200)
    expect((await fetch(`${app.base}/media/image/${image.id}`)).status).toBe(401)
    for (const path of ['/..%2f..%2fpackage.json', '/%2e%2e/package.json', '/none.js'])
      expect((await fetch(app.base + path, { headers: { cookie } })).status).toBe(404)
  })

  test('lives on after requests that make no sense', async () => {
    await using app = await served()
    const cookie = await app.signIn()
    expect(await statusWithHost(`${app.base}//`, `127.0.0.1:${app.server.port}`, '')).toBe(400)
    for (const path of ['/%', '/media/image/%', '/media/thumbnail/%E0%A4%A'])
      expect((await fetch(app.base + path, { headers: { cookie } })).status).toBe(400)
    const socket = new WebSocket(`ws://127.0.0.1:${app.server.port}/rpc`, {
      headers: { cookie, origin: app.base },
    })
    await once(socket, 'open')
    const raw = Reflect.get(socket, '_socket') as { write: (bytes: Buffer) => void }
    // A frame with reserved bits and no mask.
    raw.write(Buffer.from([0xff, 0x7f, 0xff, 0xff, 0xff, 0xff]))
    await once(socket, 'close')
    expect((await fetch(app.base, { headers: { cookie } })).status).toBe(200)
  })

  test('refuses names and origins that are not its own', async () => {
    await using app = await served()
    const cookie = await app.signIn()
    expect(await statusWithHost(app.base, 'evil.example', cookie)).toBe(403)
    expect(await statusWithHost(app.base, 'localhost:1234', cookie)).toBe(200)
    expect(
      (await fetch(app.base, { headers: { cookie, origin: 'https://evil.example' } })).status,
    ).toBe(403)
    expect(await app.connect({ cookie, origin: app.base })).toBe('open')
    expect(await app.connect({ cookie, origin: 'https://evil.example' })).toBe('refused')
    expect(await app.connect({ cookie })).toBe('refused')
    expect(await app.connect({ origin: app.base })).toBe('refused')
  })
})
