import { mkdirSync, writeFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { serve } from '#hosts/host-node/server.ts'
import { contract } from '#shared/contract/contract.ts'
import { coreWithImages, temporaryFolder } from '#tests/helpers/core.ts'
import { connectPage, openAddress, type ServedPage } from '#tests/helpers/served-page.ts'
import type { Dice } from './dice.ts'
import type { AttackKind } from './kind.ts'
import { hostileName, mutateBytes } from './mutate.ts'

const PATHS = [
  '/',
  '//',
  '/..',
  '/%2e%2e/%2e%2e/etc/passwd',
  '/..%2f..%2fetc%2fpasswd',
  '/assets/../../../package.json',
  '/index.html%00',
  '//index.html',
  '/x%2f..%2findex.html',
  '/media/image/x',
  '/media/thumbnail/%',
  '/media/image/..%2f..%2fsecret',
  '/stage/x/y',
  '/stage/../../x',
  '/session',
  '/rpc',
  '/?token=x',
  '*',
  'http://evil/',
  '/secret',
]
const METHODS = [
  'GET',
  'HEAD',
  'PUT',
  'POST',
  'DELETE',
  'OPTIONS',
  'TRACE',
  'CONNECT',
  'PATCH',
  'X',
  'G ET',
]
const HEADERS = [
  'Host: evil.example',
  'Origin: http://evil.example',
  'Origin: null',
  'Content-Length: 99999999999',
  'Content-Length: -1',
  'Transfer-Encoding: chunked',
  'Upgrade: websocket\r\nConnection: Upgrade',
  'Range: bytes=99999999999999999999-',
  'Range: bytes=5-1',
  'Expect: 100-continue',
  'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: x',
  'If-None-Match: *',
  `Cookie: ${'a=b; '.repeat(500)}`,
  `X: ${'y'.repeat(20_000)}`,
]

function rawRequest(dice: Dice, page: ServedPage): Buffer {
  const path = dice.chance(0.8)
    ? dice.one(PATHS)
    : `/${encodeURI(hostileName(dice).toWellFormed()).slice(0, 100_000)}`
  const lines = [`${dice.one(METHODS)} ${path} HTTP/1.1`]
  if (dice.chance(0.8)) lines.push(`Host: ${new URL(page.origin).host}`)
  if (dice.chance(0.7)) lines.push(`Cookie: ${page.cookie}`)
  if (dice.chance(0.5)) lines.push(`Authorization: Bearer ${page.secret}`)
  for (let more = dice.below(4); more > 0; more--) lines.push(dice.one(HEADERS))
  const body = dice.chance(0.3) ? dice.bytes(dice.below(2_000)) : Buffer.alloc(0)
  const request = Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`), body])
  return dice.chance(0.2) ? mutateBytes(dice, request) : request
}

/** Sends bytes, and waits a moment for an answer. */
function send(port: number, bytes: Buffer): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>()
  let text = ''
  const socket = connect(port, '127.0.0.1')
  const end = () => {
    socket.destroy()
    resolve(text)
  }
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1')
    // The end of an answer is not looked for: the next request comes by another connection.
    setTimeout(end, 5)
  })
  socket.on('error', end).on('close', end)
  socket.write(bytes)
  setTimeout(end, 150)
  return promise
}

/** Every procedure of the contract, as a path. */
function procedures(): string[][] {
  const found: string[][] = []
  const walk = (node: object, path: string[]) => {
    if ('~orpc' in node) found.push(path)
    else for (const [name, below] of Object.entries(node)) walk(below as object, [...path, name])
  }
  walk(contract, [])
  return found
}

/** These end or change the run itself, or ask the network. */
const LEFT_OUT =
  /^(accounts|network|models|service|remote|curation|sync|app\.(events|changeUpdate)|transfers\.(upload|download|plan)|datasets\.(openFolder|openTarget|relocate|setLabelFiles)|folders)/

function hostileInput(dice: Dice, depth = 0): unknown {
  switch (dice.below(depth > 3 ? 7 : 10)) {
    case 0:
      return null
    case 1:
      return dice.one([0, -1, 1e308, 0.5, 2 ** 53])
    case 2:
    case 3:
      return hostileName(dice).slice(0, 60_000)
    case 4:
      return true
    case 5:
      return []
    case 6:
      return 'x'.repeat(dice.one([1, 100, 100_000]))
    case 7:
      return Array.from({ length: dice.below(20) }, () => hostileInput(dice, depth + 1))
    default:
      return Object.fromEntries(
        Array.from({ length: dice.below(6) }, () => [
          dice.one([
            'id',
            'imageId',
            'datasetId',
            'path',
            'changes',
            'created',
            'limit',
            'after',
            '__proto__',
            'edit',
          ]),
          hostileInput(dice, depth + 1),
        ]),
      )
  }
}

const SECRET = 'what nobody may read'

export const requests: AttackKind = {
  limits: { silentMs: 1_000, timeMs: 30_000, growthBytes: 300_000_000 },
  share: 4,
  async prepare() {
    const setup = await coreWithImages(['a.png', 'b.png'])
    const renderer = temporaryFolder()
    const pages = join(renderer.path, 'renderer')
    mkdirSync(pages)
    writeFileSync(join(pages, 'index.html'), '<script nonce="__CSP_NONCE__"></script>')
    writeFileSync(join(renderer.path, 'secret'), SECRET)
    const server = await serve({
      core: setup.core,
      rendererDir: pages,
      ports: [0],
      host: '127.0.0.1',
      onNewAddress: () => {},
    })
    const page = await openAddress(server.url)
    const all = procedures().filter((path) => !LEFT_OUT.test(path.join('.')))
    return {
      async run(dice, { input }) {
        if (dice.chance(0.5)) {
          const bytes = rawRequest(dice, page)
          await writeFile(join(input, 'request'), bytes)
          const text = await send(server.port, bytes)
          if (text.includes(SECRET) || text.includes('root:'))
            throw new Error('A file outside was sent')
          const [head] = text.split('\r\n\r\n')
          if (
            /^HTTP\/1.1 200/.test(head) &&
            /text\/html/.test(head) &&
            !/content-security-policy/i.test(head)
          )
            throw new Error(`A page without a policy:\n${head}`)
        } else {
          using connected = await connectPage(page)
          const path = dice.one(all)
          const given = hostileInput(dice)
          await writeFile(join(input, 'call.json'), JSON.stringify({ path, given }))
          // biome-ignore lint/suspicious/noExplicitAny: any procedure with any input
          const call = path.reduce((node: any, name) => node[name], connected.client)
          const error: unknown = await Promise.race([
            call(given).then(
              () => null,
              (refused: unknown) => refused,
            ),
            new Promise((done) => setTimeout(done, 10_000, new Error('No answer within 10 s'))),
          ])
          if (/No answer within/.test(String(error))) throw error
          if (/Cannot read prop|is not a function|call stack/.test(String(error)))
            throw new Error(`The app tripped at ${path.join('.')}: ${String(error)}`)
        }
        const alive = await fetch(page.origin, { headers: { cookie: page.cookie } })
        if (alive.status !== 200) throw new Error(`The page is answered with ${alive.status}`)
      },
      async [Symbol.asyncDispose]() {
        await server[Symbol.asyncDispose]()
        await setup[Symbol.asyncDispose]()
        renderer[Symbol.dispose]()
      },
    }
  },
}
