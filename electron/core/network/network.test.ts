import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:https'
import { type AddressInfo, connect } from 'node:net'
import { join } from 'node:path'
import { generate } from 'selfsigned'
import { request } from 'undici'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Client } from '#core/api/client.ts'
import { networkError } from '#core/api/network-error.ts'
import { getStorage } from '#core/api/storage.ts'
import type { Secrets } from '#core/ports.ts'
import { fetchThreads } from '#core/transfer/fetch-threads.ts'
import { DEFAULT_SETTINGS } from '#shared/contract/settings.ts'
import { temporaryFolder } from '#tests/helpers/core.ts'
import { startSocksProxy } from '#tests/helpers/socks-proxy.ts'
import { Network, type NetworkSettings } from './network.ts'

const LOGIN = { user: 'ada', password: 's3cret: word' }
const PIXEL = Buffer.from('R0lGODlhAQABAIAAAAAAAP///ywAAAAAAQABAAACAUwAOw==', 'base64')

const folder = temporaryFolder()
const caFile = join(folder.path, 'company.pem')
const seen: { target: string; authorization: string | undefined }[] = []
let service: Server
let proxy: Server
let wantsLogin = false

const portOf = (server: Server) => (server.address() as AddressInfo).port
const proxyAddress = () => `https://localhost:${portOf(proxy)}`

async function certificate(name: string) {
  const { private: key, cert } = await generate(
    [{ name: 'commonName', value: `${name} of the company` }],
    {
      keySize: 2048,
      extensions: [
        { name: 'basicConstraints', cA: true },
        { name: 'subjectAltName', altNames: [{ type: 2, value: name }] },
      ],
    },
  )
  return { key, cert }
}

// A service that only the proxy can resolve, like names inside a company; both have certificates of the company's own
// CA.
beforeAll(async () => {
  const [own, proxys] = await Promise.all([certificate('service.test'), certificate('localhost')])
  writeFileSync(caFile, `# The company's\n${own.cert}\n${proxys.cert}`)
  service = createServer(own, (_request, response) => {
    response.setHeader('content-type', 'application/json')
    if (_request.url?.startsWith('/file')) response.end(PIXEL)
    else response.end('{"data": {"ok": true}}')
  }).listen(0, '127.0.0.1')
  await once(service, 'listening')
  proxy = createServer(proxys).listen(0, '127.0.0.1')
  proxy.on('connect', (asked, socket, head) => {
    const authorization = asked.headers['proxy-authorization']
    seen.push({ target: String(asked.url), authorization })
    socket.on('error', () => socket.destroy())
    const wanted = `Basic ${Buffer.from(`${LOGIN.user}:${LOGIN.password}`).toString('base64')}`
    if (wantsLogin && authorization !== wanted) {
      socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n')
      return
    }
    const onwards = connect(portOf(service), '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n')
      onwards.write(head)
      socket.pipe(onwards).pipe(socket)
    })
    onwards.on('error', () => socket.destroy())
  })
  await once(proxy, 'listening')
})

afterAll(() => {
  service.closeAllConnections()
  service.close()
  proxy.closeAllConnections()
  proxy.close()
  folder[Symbol.dispose]()
})

function inMemory(): Secrets {
  const secrets = new Map<string, string>()
  return {
    get: async (name) => secrets.get(name) ?? null,
    set: async (name, value) => void secrets.set(name, value),
    delete: async (name) => void secrets.delete(name),
    warning: async () => null,
  }
}

function open({
  env = {},
  resolveProxy = null,
  ...settings
}: Partial<NetworkSettings> & {
  env?: NodeJS.ProcessEnv
  resolveProxy?: ((url: string) => Promise<string>) | null
} = {}): Network {
  seen.length = 0
  wantsLogin = false
  return new Network({
    settings: () => ({ ...DEFAULT_SETTINGS, networkCaFile: caFile, ...settings }),
    secrets: inMemory(),
    resolveProxy,
    env,
  })
}

const loginFor = (port: number) => ({ proxy: `localhost:${port}`, ...LOGIN })

const ask = (network: Network, url = 'https://service.test/') =>
  request(url, { dispatcher: network.dispatcher }).then(({ body }) => body.json())

describe('behind a TLS proxy', () => {
  test('the service is reached through the proxy of the settings', async () => {
    await using network = open({ networkProxy: 'manual', networkProxyAddress: proxyAddress() })
    expect(await ask(network)).toEqual({ data: { ok: true } })
    expect(seen.map(({ target }) => target)).toEqual(['service.test:443'])
  })

  test.each([
    ['the environment', () => ({ env: { HTTPS_PROXY: proxyAddress() } })],
    [
      'the system',
      () => ({ resolveProxy: async () => `HTTPS localhost:${portOf(proxy)}; DIRECT` }),
    ],
  ])('it is reached by the proxy of %s', async (_name, options) => {
    await using network = open(options())
    expect(await ask(network)).toEqual({ data: { ok: true } })
    expect(await network.describe(new URL('https://service.test/'))).toEqual({
      proxy: `localhost:${portOf(proxy)}`,
      loginFor: null,
    })
  })

  test('NO_PROXY and “no proxy” connect directly, and this machine always does', async () => {
    const env = { HTTPS_PROXY: proxyAddress(), HTTP_PROXY: proxyAddress(), NO_PROXY: '.test' }
    await using excepted = open({ env })
    await expect(ask(excepted)).rejects.toMatchObject({ code: 'ENOTFOUND' })
    await using none = open({ networkProxy: 'none', env: { HTTPS_PROXY: proxyAddress() } })
    await expect(ask(none)).rejects.toMatchObject({ code: 'ENOTFOUND' })
    await using local = open({ env: { HTTPS_PROXY: proxyAddress() } })
    expect((await local.routeTo(new URL('http://127.0.0.1:9/'))).proxy).toBeNull()
    expect(seen).toEqual([])
  })

  test('a proxy that requires a login is reported, and accepts the stored one', async () => {
    await using network = open({ networkProxy: 'manual', networkProxyAddress: proxyAddress() })
    wantsLogin = true
    const refused = await ask(network).catch((error: unknown) => networkError(error, 'GET /'))
    expect(refused).toMatchObject({ message: expect.stringContaining('name and a password') })
    await network.setLogin(loginFor(portOf(proxy)))
    expect(await ask(network)).toEqual({ data: { ok: true } })
    const shown = await network.describe(new URL('https://service.test/'))
    expect(JSON.stringify(shown)).not.toContain('s3cret')
    expect(shown.loginFor).toBe(`localhost:${portOf(proxy)}`)
    await network.setLogin(null)
    expect((await network.routeTo(new URL('https://service.test/'))).proxy).not.toContain('ada')
  })

  test('a login is sent only to the proxy that it was entered for', async () => {
    await using network = open({ resolveProxy: async () => `HTTPS localhost:${portOf(proxy)}` })
    await network.setLogin({ ...LOGIN, proxy: 'proxy.company.example:8080' })
    wantsLogin = true
    await expect(ask(network)).rejects.toThrow()
    expect((await network.routeTo(new URL('https://service.test/'))).proxy).not.toContain('ada')
    await network.setLogin(loginFor(portOf(proxy)))
    expect(await ask(network)).toEqual({ data: { ok: true } })
  })

  test('the exceptions bypass the proxy of the settings', async () => {
    await using network = open({
      networkProxy: 'manual',
      networkProxyAddress: proxyAddress(),
      networkProxyExceptions: 'intranet.example, 10.0.0.0/8',
    })
    const proxyFor = async (url: string) => (await network.routeTo(new URL(url))).proxy
    expect(await proxyFor('https://api.intranet.example/')).toBeNull()
    expect(await proxyFor('https://10.1.2.3/')).toBeNull()
    expect(await proxyFor('https://service.test/')).not.toBeNull()
  })

  test('connections of the old route close when the route changes', async () => {
    await using through = open({ networkProxy: 'manual', networkProxyAddress: proxyAddress() })
    expect(await ask(through)).toEqual({ data: { ok: true } })
    const before = seen.length
    through.forgetRoutes()
    expect(await ask(through)).toEqual({ data: { ok: true } })
    // A new tunnel, not the old one.
    expect(seen.length).toBe(before + 1)
  })

  test('an untrusted certificate is reported with what to do', async () => {
    await using network = open({
      networkProxy: 'manual',
      networkProxyAddress: proxyAddress(),
      networkCaFile: null,
    })
    const refused = await ask(network).catch((error: unknown) => networkError(error, 'GET /'))
    expect(refused).toMatchObject({
      message: expect.stringContaining('certificate is not trusted'),
    })
  })

  test('if a system proxy does not answer, the next one is used', async () => {
    const dead = createServer().listen(0, '127.0.0.1')
    await once(dead, 'listening')
    const deadPort = portOf(dead)
    await new Promise((closed) => dead.close(closed))
    const resolveProxy = async () =>
      `PROXY localhost:${deadPort}; HTTPS localhost:${portOf(proxy)}; DIRECT`
    await using network = open({ resolveProxy })
    expect(await ask(network)).toEqual({ data: { ok: true } })
    // At home, where the company's proxy is unreachable.
    await using home = open({ resolveProxy: async () => `PROXY localhost:${deadPort}; DIRECT` })
    expect((await home.routeTo(new URL('https://service.test/'))).proxy).toBeNull()
    // Without another route, the request reports the problem.
    await using only = open({ resolveProxy: async () => `PROXY localhost:${deadPort}` })
    await expect(ask(only)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  })

  test('a SOCKS5 proxy with a login resolves the service’s name', async () => {
    using socks = await startSocksProxy(LOGIN, portOf(service))
    await using network = open({ env: { ALL_PROXY: `socks5h://localhost:${socks.port}` } })
    await network.setLogin(loginFor(socks.port))
    expect(await ask(network)).toEqual({ data: { ok: true } })
    expect(socks.seen).toEqual(['service.test'])
  })

  test('a missing certificate file is read once it exists', async () => {
    const late = join(folder.path, 'late.pem')
    await using network = open({
      networkProxy: 'manual',
      networkProxyAddress: proxyAddress(),
      networkCaFile: late,
    })
    await expect(ask(network)).rejects.toThrow('late.pem cannot be read')
    writeFileSync(late, readFileSync(caFile))
    expect(await ask(network)).toEqual({ data: { ok: true } })
  })

  test('the API client, storage and transfer threads use the same route', async () => {
    await using network = open({ networkProxy: 'manual', networkProxyAddress: proxyAddress() })
    wantsLogin = true
    await network.setLogin(loginFor(portOf(proxy)))
    using client = new Client({
      apiKey: 'pk_live_x',
      baseUrl: 'https://service.test',
      dispatcher: network.dispatcher,
      maxRetries: 0,
    })
    // Another kind of answer, but an answer: the request got through.
    await expect(client.organizations.me()).rejects.not.toThrow(/Couldn’t reach/)
    const { body } = await getStorage(network.dispatcher, 'https://service.test/file', {})
    expect(Buffer.from(await body.arrayBuffer())).toEqual(PIXEL)
    await using threads = fetchThreads()
    const target = join(folder.path, 'fetched.gif')
    const address = 'https://service.test/file.gif'
    const fetched = await threads.do({
      target,
      address,
      mayHavePart: false,
      expectedBytes: PIXEL.length,
      etag: null,
      holds: 'image',
      route: await network.routeTo(new URL(address)),
    })
    expect(fetched.sizeBytes).toBe(PIXEL.length)
    expect(seen.every(({ target: asked }) => asked === 'service.test:443')).toBe(true)
    expect(seen.length).toBeGreaterThanOrEqual(2)
  })
})

test.each([
  [{ networkProxy: 'manual', networkProxyAddress: '' }, /not a proxy address/],
  [{ networkProxy: 'manual', networkProxyAddress: 'ftp://x' }, /not a proxy address/],
  [{ networkProxy: 'manual', networkProxyAddress: 'http://ada:x@proxy' }, /Enter the name/],
  [{ networkCaFile: '/no/such/file.pem' }, /file\.pem cannot be read/],
  [
    { networkCaFile: import.meta.filename.replace('network.test', 'proxy-rules') },
    /no certificate/,
  ],
] as const)('settings that cannot be followed are refused: %o', (change, message) => {
  expect(() => Network.check({ ...DEFAULT_SETTINGS, ...change })).toThrow(message)
})
