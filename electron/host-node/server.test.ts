import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { type IncomingMessage, request } from 'node:http'
import type { Socket } from 'node:net'
import { join } from 'node:path'
import { describe, expect, test, vi } from 'vitest'
import { WebSocket } from 'ws'
import { newId } from '#shared/model/annotation.ts'
import { coreWithImages, temporaryFolder } from '#tests/helpers/core.ts'
import { connectPage, openAddress } from '#tests/helpers/served-page.ts'
import { serve } from './server.ts'

async function served(options: Partial<Parameters<typeof serve>[0]> = {}) {
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
    ...options,
  })
  const base = `http://127.0.0.1:${server.port}`
  const claim = async () => {
    const response = await fetch(server.url, { redirect: 'manual' })
    const cookie = (response.headers.get('set-cookie') ?? '').split(';')[0]
    return { cookie, claim: response.headers.get('location')?.split('claim=')[1] ?? '' }
  }
  const session = (method: 'POST' | 'DELETE', given: string) =>
    fetch(`${base}/session`, { method, headers: { authorization: `Bearer ${given}` } })
  const signInFully = async () => {
    const given = await claim()
    const { secret } = (await (await session('POST', given.claim)).json()) as { secret: string }
    return { cookie: given.cookie, secret }
  }
  const signIn = async () => (await signInFully()).cookie
  const connect = (headers: Record<string, string>, secret?: string) => {
    const { promise, resolve } = Promise.withResolvers<'open' | 'refused'>()
    const protocols = secret === undefined ? [] : ['pictograph', `secret.${secret}`]
    const socket = new WebSocket(`ws://127.0.0.1:${server.port}/rpc`, protocols, { headers })
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
    claim,
    session,
    signIn,
    signInFully,
    connect,
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]()
      await setup[Symbol.asyncDispose]()
      renderer[Symbol.dispose]()
    },
  }
}

/** A request with its own Host header, which fetch does not allow. */
function statusWithHost(url: string, host: string, cookie: string): Promise<number | undefined> {
  const { promise, resolve, reject } = Promise.withResolvers<number | undefined>()
  request(url, { headers: { host, cookie } }, (response) => resolve(response.statusCode))
    .on('error', reject)
    .end()
  return promise
}

describe('the served app', () => {
  test('opens once with its token, then with an HttpOnly cookie', async () => {
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

  test('serves page and pictures only with the cookie', async () => {
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

  test('starts calls in the order in which they were sent, whatever their size', async () => {
    await using app = await served()
    using page = await connectPage(await openAddress(app.server.url))
    const files = Array.from({ length: 5_000 }, (_, n) => ({
      path: `${n}.jpg`,
      fileSizeBytes: 1,
      modifiedAtMs: 1,
    }))
    const ids = app.core.images.upsertFiles(app.datasetId, files).map(({ id }) => id)
    const { update } = page.client.images
    await Promise.all([
      update({ ids, stage: 'review', part: { editId: newId(), isLast: true } }),
      update({ ids: ids.slice(-1), stage: 'complete' }),
    ])
    expect(app.core.images.get(ids[0]).stage).toBe('review')
    expect(app.core.images.get(ids[4_999]).stage).toBe('complete')
  })

  test('drops a window that reads nothing, so that its events take no memory', async () => {
    await using app = await served({ mostUnreadBytes: 5_000_000 })
    const page = await openAddress(app.server.url)
    using reading = await connectPage(page)
    using stalled = await connectPage(page)
    const heard = { count: 0 }
    const listen = async ({ client }: typeof reading, stop: () => void) => {
      for await (const event of await client.app.events()) {
        if (event.type === 'listening') stop()
        if (event.type === 'notice') heard.count++
      }
    }
    const stop = (Reflect.get(stalled.socket, '_socket') as Socket).pause
    const ready = [reading, stalled].map(
      (window) =>
        new Promise<void>((done) => {
          listen(window, done).catch(() => {})
        }),
    )
    await Promise.all(ready)
    stop.call(Reflect.get(stalled.socket, '_socket'))
    const message = 'x'.repeat(100_000)
    let dropped = false
    app.core.ports.log.warn = (words) => {
      dropped ||= words.includes('does not read')
    }
    let sent = 0
    await vi.waitUntil(
      () => {
        for (let n = 0; n < 20; n++, sent++) app.core.events.publish({ type: 'notice', message })
        return dropped
      },
      { timeout: 20_000, interval: 100 },
    )
    await vi.waitUntil(() => heard.count === sent, { timeout: 20_000 })
    expect(reading.socket.readyState).toBe(reading.socket.OPEN)
  })

  test('survives malformed requests', async () => {
    await using app = await served()
    const { cookie, secret } = await app.signInFully()
    expect(await statusWithHost(`${app.base}//`, `127.0.0.1:${app.server.port}`, '')).toBe(400)
    for (const path of ['/%', '/media/image/%', '/media/thumbnail/%E0%A4%A'])
      expect((await fetch(app.base + path, { headers: { cookie } })).status).toBe(400)
    const protocols = ['pictograph', `secret.${secret}`]
    const socket = new WebSocket(`ws://127.0.0.1:${app.server.port}/rpc`, protocols, {
      headers: { cookie, origin: app.base },
    })
    await once(socket, 'open')
    const raw = Reflect.get(socket, '_socket') as { write: (bytes: Buffer) => void }
    // A frame with reserved bits and no mask.
    raw.write(Buffer.from([0xff, 0x7f, 0xff, 0xff, 0xff, 0xff]))
    await once(socket, 'close')
    expect((await fetch(app.base, { headers: { cookie } })).status).toBe(200)
  })

  test('refuses other hosts and origins', async () => {
    await using app = await served()
    const { cookie, secret } = await app.signInFully()
    expect(await statusWithHost(app.base, 'evil.example', cookie)).toBe(403)
    expect(await statusWithHost(app.base, 'localhost:1234', cookie)).toBe(200)
    expect(
      (await fetch(app.base, { headers: { cookie, origin: 'https://evil.example' } })).status,
    ).toBe(403)
    expect(await app.connect({ cookie, origin: app.base }, secret)).toBe('open')
    expect(await app.connect({ cookie, origin: 'https://evil.example' }, secret)).toBe('refused')
    expect(await app.connect({ cookie }, secret)).toBe('refused')
    expect(await app.connect({ origin: app.base }, secret)).toBe('refused')
  })

  test('refuses calls with only the cookie, which every server of this host can see', async () => {
    await using app = await served()
    const { cookie, secret } = await app.signInFully()
    for (const given of [undefined, '', 'x', `${secret}x`, secret.slice(1)])
      expect(await app.connect({ cookie, origin: app.base }, given)).toBe('refused')
    const { stageId } = await app.core.stages.create()
    const put = (headers: Record<string, string>) =>
      fetch(`${app.base}/stage/${stageId}/a.png`, { method: 'PUT', body: 'x', headers })
    expect((await put({ cookie })).status).toBe(403)
    expect((await put({ cookie, authorization: 'Bearer nonsense' })).status).toBe(403)
    expect((await put({ cookie, authorization: `Bearer ${secret}` })).status).toBe(201)
    // No answer to the cookie alone contains the secret.
    const page = await (await fetch(app.base, { headers: { cookie } })).text()
    expect(page).not.toContain(secret)
    for (const method of ['GET', 'POST', 'DELETE', 'PUT'])
      expect((await fetch(`${app.base}/session`, { method, headers: { cookie } })).status).toBe(401)
  })

  test('exchanges the claim of the address for a secret once', async () => {
    await using app = await served()
    const { claim } = await app.claim()
    expect((await app.session('POST', claim)).status).toBe(200)
    expect((await app.session('POST', claim)).status).toBe(401)
    expect((await app.session('POST', 'guessed')).status).toBe(401)
  })

  test('cookies end with each run, while pages stay signed in', async () => {
    await using app = await served()
    const { cookie, secret } = await app.signInFully()
    await using again = await serve({
      core: app.core,
      rendererDir: '',
      ports: [0],
      host: '127.0.0.1',
      onNewAddress: () => {},
    })
    const base = `http://127.0.0.1:${again.port}`
    expect((await fetch(base, { headers: { cookie } })).status).toBe(401)
    const headers = { authorization: `Bearer ${secret}` }
    const answer = await fetch(`${base}/session`, { method: 'POST', headers })
    const renewed = (answer.headers.get('set-cookie') ?? '').split(';')[0]
    expect(renewed).not.toBe(cookie)
    expect((await fetch(base, { headers: { cookie: renewed } })).status).not.toBe(401)
    const kept = readFileSync(join(app.core.ports.dataDir, 'session.json'), 'utf8')
    expect(kept).not.toContain(secret)
  })

  test('signs everybody out', async () => {
    await using app = await served()
    const { cookie, secret } = await app.signInFully()
    const other = await app.session('POST', secret)
    expect(other.status).toBe(200)
    const socket = new WebSocket(
      `ws://127.0.0.1:${app.server.port}/rpc`,
      ['pictograph', `secret.${secret}`],
      { headers: { cookie, origin: app.base } },
    )
    await once(socket, 'open')
    const closed = once(socket, 'close')
    expect((await app.session('DELETE', secret)).status).toBe(204)
    await closed
    expect((await fetch(app.base, { headers: { cookie } })).status).toBe(401)
    expect((await app.session('POST', secret)).status).toBe(401)
    expect(await app.connect({ cookie, origin: app.base }, secret)).toBe('refused')
    expect(app.addresses).toHaveLength(1)
  })

  test.each([
    '/',
    '//index.html',
    '///index.html',
    '/\\index.html',
    '/./index.html',
    '/x/../index.html',
    '/x%2f..%2findex.html',
    '/x%5c..%5cindex.html',
    '/%2e%2e/index.html',
    '/index.html',
    '/index.html?x=1',
    '/index.html/',
    '/index.html%00.js',
    '/INDEX.HTML',
    '/index.html.',
    '/none.js',
    '/media/image/none',
    '/media/thumbnail/%',
    '/stage/none',
    '/session',
    '/?token=wrong',
  ])('%s is never a page that can be framed, and only assets are kept', async (path) => {
    await using app = await served()
    const cookie = await app.signIn()
    for (const given of [cookie, '', 'pictograph_x=y']) {
      const { status, headers } = await ask(app, path, given)
      expect(headers['content-security-policy'], `${status}`).toContain("frame-ancestors 'none'")
      expect(headers['x-content-type-options']).toBe('nosniff')
      expect(headers['x-frame-options']).toBe('DENY')
      expect(headers['cross-origin-resource-policy']).toBe('same-origin')
      expect(headers['cache-control']).toBe('no-store')
    }
  })
})

/** A request with an unnormalized path, which fetch would normalize. */
async function ask({ server }: { server: { port: number } }, path: string, cookie: string) {
  const sent = request({ host: '127.0.0.1', port: server.port, path, headers: { cookie } }).end()
  const [response] = (await once(sent, 'response')) as [IncomingMessage]
  response.resume()
  return { status: response.statusCode, headers: response.headers }
}
