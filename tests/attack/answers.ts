import { writeFile } from 'node:fs/promises'
import type { ServerResponse } from 'node:http'
import { join } from 'node:path'
import { Annotations } from '#core/api/annotations.ts'
import { Datasets } from '#core/api/datasets.ts'
import { Directories } from '#core/api/directories.ts'
import { PictographError } from '#core/api/errors.ts'
import { Http } from '#core/api/http.ts'
import { Images } from '#core/api/images.ts'
import { Jobs } from '#core/api/jobs.ts'
import { Organizations } from '#core/api/organizations.ts'
import { seededEmulator } from '#tests/helpers/cloud.ts'
import { canary, liar } from '#tests/helpers/liar.ts'
import type { Dice } from './dice.ts'
import type { AttackKind } from './kind.ts'
import { requireTold } from './kind.ts'
import { hostileName, mutateBytes, mutateJson } from './mutate.ts'

const RETRY_AFTER = [
  '99999999999999',
  '-5',
  'NaN',
  'Fri, 31 Dec 9999 23:59:59 GMT',
  '0',
  'x'.repeat(5_000),
]
/** An endless answer is cut off at this size, which is set lower than for users. Bytes. */
const MOST_BYTES = 8_000_000

async function readAll(list: AsyncIterable<unknown>): Promise<void> {
  for await (const _item of list);
}

/**
 * Sends something else than what the service answered. `canary`: an address that must not be asked. `endless`: also
 * answers without end. Returns what it did.
 */
export function distort(
  dice: Dice,
  body: Buffer,
  response: ServerResponse,
  canary: string,
  { endless = true } = {},
): string {
  const json = { 'content-type': 'application/json' }
  const chosen = dice.below(9)
  const how = chosen === 4 && !endless ? 5 : chosen
  switch (how) {
    case 0:
    case 1:
    case 2:
      response.writeHead(200, json).end(mutateJson(dice, body.toString('utf8')))
      return 'changed'
    case 3:
      response.writeHead(200, { ...json, 'content-length': body.length + 10 })
      response.write(body.subarray(0, dice.below(body.length + 1)))
      response.destroy()
      return 'cut off'
    case 4: {
      response.writeHead(200, json)
      const piece = dice.one([' ', '[', '{"a":', '"xxxxxxxx", ', '1,']).repeat(8_000)
      const more = () => {
        while (!response.destroyed && response.write(piece));
      }
      response.on('drain', more).on('error', () => {})
      more()
      return 'endless'
    }
    case 5:
      response
        .writeHead(dice.one([301, 302, 307, 308]), {
          location: dice.one([canary, '/', 'file:///etc/passwd', 'x:']),
        })
        .end()
      return 'redirected'
    case 6:
      response
        .writeHead(dice.one([429, 503, 500, 418]), { 'retry-after': dice.one(RETRY_AFTER) })
        .end(body)
      return 'asked to wait'
    case 7:
      response.writeHead(200, { ...json, 'x-odd': 'y'.repeat(8_000) }).end(mutateBytes(dice, body))
      return 'damaged'
    default:
      response
        .writeHead(200, json)
        .end(
          body
            .toString('utf8')
            .replace(/"[^"]*"(?=[,}\]])/, () => JSON.stringify(hostileName(dice))),
        )
      return 'renamed'
  }
}

export const answers: AttackKind = {
  limits: { silentMs: 1_000, timeMs: 30_000, growthBytes: 500_000_000 },
  share: 4,
  async prepare() {
    const service = await seededEmulator()
    const { emulator } = service
    const other = await canary()
    const between = await liar(emulator.url)
    const dataset = emulator.state.dataset('street scenes').id
    const image = emulator.state.images(dataset)[0].id
    return {
      async run(dice, { input }) {
        const { told } = between
        told.length = 0
        const before = other.asked
        between.lie(/./, (body, response) => distort(dice, body, response, other.url))
        // Waiting takes no time here; how long it would take is tested elsewhere.
        const clock = { now: Date.now, random: () => 0, sleep: async () => {} }
        const http = new Http({
          apiKey: 'pk_live_member',
          baseUrl: between.url,
          clock,
          maxAnswerBytes: MOST_BYTES,
        })
        const signal = AbortSignal.timeout(20_000)
        const calls: [string, () => unknown][] = [
          ['datasets', () => readAll(new Datasets(http).list({ signal }))],
          ['dataset', () => new Datasets(http).get(dataset, { signal })],
          ['images', () => readAll(new Images(http).list(dataset, { signal }))],
          ['annotations', () => new Annotations(http).get(image, { signal })],
          ['directories', () => new Directories(http).tree(dataset, { signal })],
          ['organization', () => new Organizations(http).me({ signal })],
          ['jobs', () => readAll(new Jobs(http).list({ signal }))],
        ]
        const [name, call] = dice.one(calls)
        await writeFile(join(input, 'call'), name)
        try {
          await call()
        } catch (error) {
          requireTold(error)
          if (!(error instanceof PictographError) && !signal.aborted)
            throw new Error(`${name} (${told.join(', ')}) threw ${String(error)}`)
        } finally {
          await http.close()
        }
        if (signal.aborted) throw new Error(`${name} does not end: ${told.slice(0, 20).join(', ')}`)
        if (other.asked > before)
          throw new Error(`${name} followed a redirect to another program of this machine`)
      },
      async [Symbol.asyncDispose]() {
        await between[Symbol.asyncDispose]()
        await other[Symbol.asyncDispose]()
        await service[Symbol.asyncDispose]()
      },
    }
  },
}
