import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test, vi } from 'vitest'
import { z } from 'zod'
import { RequestTimeoutError, UnexpectedAnswerError } from './errors.ts'
import { Http } from './http.ts'
import { allItems } from './paging.ts'
import { parseRetryAfter, systemClock } from './retry.ts'

async function answering(answer: (response: ServerResponse) => void) {
  let asked = 0
  const server = createServer((_request, response) => {
    asked++
    answer(response)
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  const http = new Http({
    apiKey: 'pk_live_x',
    baseUrl: `http://127.0.0.1:${port}`,
    maxAnswerBytes: 1_000_000,
  })
  return {
    http,
    asked: () => asked,
    [Symbol.asyncDispose]: async () => {
      await http.close().catch(() => {})
      server.closeAllConnections()
      server.close()
    },
  }
}

/** Writes as long as somebody reads. */
function pourForever(response: ServerResponse, piece: string): () => number {
  let written = 0
  const more = () => {
    while (!response.destroyed && response.write(piece)) written += piece.length
  }
  response.on('drain', more).on('error', () => {})
  more()
  return () => written
}

test.each([
  ['one endless text', 200, '{"data":"', 'x'.repeat(65_536)],
  ['endless rows', 200, '{"data":[1', ',1'.repeat(30_000)],
  ['endless white space', 200, '', ' '.repeat(65_536)],
  ['endless nesting', 200, '', '['.repeat(65_536)],
  ['an error without end', 400, '{"detail":"', 'x'.repeat(65_536)],
])('%s is cut off, and not asked for again', async (_name, status, start, piece) => {
  let written = () => 0
  await using service = await answering((response) => {
    response.writeHead(status, { 'content-type': 'application/json' })
    response.write(start)
    written = pourForever(response, piece)
  })
  await expect(service.http.json(z.unknown(), 'GET', '/x')).rejects.toThrow()
  expect(service.asked()).toBe(1)
  // Plus the system's buffers of the connection.
  expect(written()).toBeLessThan(20_000_000)
})

test('a long answer below the limit is accepted', async () => {
  await using service = await answering((response) =>
    response.end(JSON.stringify({ data: 'x'.repeat(900_000) })),
  )
  const answer = await service.http.json(z.object({ data: z.string() }), 'GET', '/x')
  expect(answer.data).toHaveLength(900_000)
})

test('a list that repeats a page forever is an error', async () => {
  const rows = Array.from({ length: 10 }, (_, id) => ({ id }))
  let asked = 0
  const list = allItems(async () => {
    asked++
    return { items: rows, received: 10, pagination: { has_more: true } }
  })
  await expect(list).rejects.toBeInstanceOf(UnexpectedAnswerError)
  expect(asked).toBeLessThan(5)
})

test.each([
  '99999999999',
  '1e3',
  `${'9'.repeat(400)}`,
  '2147484',
  '86401',
  'Fri, 31 Dec 9999 23:59:59 GMT',
  '-5',
  'NaN',
  '',
])('Retry-After: %s is at most a day', (value) => {
  const seconds = parseRetryAfter(value, 0)
  if (seconds === null) return
  expect(seconds).toBeGreaterThanOrEqual(0)
  expect(seconds).toBeLessThanOrEqual(86_400)
})

test.each([2 ** 31, 2 ** 40, Number.POSITIVE_INFINITY])(
  '%d ms are waited for and not passed over',
  async (ms) => {
    vi.useFakeTimers()
    try {
      let isOver = false
      const abort = new AbortController()
      const slept = systemClock.sleep(ms, abort.signal).then(
        () => {
          isOver = true
        },
        () => {},
      )
      await vi.advanceTimersByTimeAsync(2 ** 31 - 2)
      expect(isOver).toBe(false)
      abort.abort()
      await slept
      expect(vi.getTimerCount()).toBe(0)
    } finally {
      vi.useRealTimers()
    }
  },
)

test('an answer that comes byte by byte does not hold its caller', async () => {
  await using service = await answering((response) => {
    response.writeHead(200, { 'content-type': 'application/json' })
    const drip = setInterval(() => response.write(' '), 20)
    response.on('close', () => clearInterval(drip))
  })
  const call = { silenceMs: 500, retries: 0 }
  await expect(service.http.json(z.unknown(), 'GET', '/x', call)).rejects.toBeInstanceOf(
    RequestTimeoutError,
  )
})

test.each<[unknown, string]>([
  [{ error: { code: 'x', message: 'The database is away' } }, 'The database is away'],
  [{ detail: 'Not now' }, 'Not now'],
  [{ success: false, message: 'No' }, 'No'],
  [{ success: false, error: 'No', data: null }, 'No'],
  [{ ok: false, errors: ['one'], status: 503 }, 'one'],
  [{ success: false }, 'no reason given'],
  [{ ok: false, message: 'No' }, 'No'],
])('status 200 with %j is no success, whatever the schema asks for', async (body, message) => {
  await using service = await answering((response) => response.end(JSON.stringify(body)))
  const call = service.http.json(z.unknown(), 'POST', '/x')
  await expect(call).rejects.toBeInstanceOf(UnexpectedAnswerError)
  await expect(call).rejects.toThrow(message)
  expect(service.asked()).toBe(1)
})

test.each([
  { success: true, message: 'Deleted' },
  { success: true, message: 'Deleted', errors: [] },
  { success: true, message: 'ok', error: '' },
  { success: true, message: 'x', detail: 'done' },
  { ok: true, detail: 'done' },
  { message: 'Deleted', errors: [], error: ' ', detail: {} },
  { success: false, image_id: 'i', message: 'below the threshold' },
  { job_id: 'j', status: 'failed', error: 'No codec' },
  { data: { id: 'd' }, error: null },
  { error: null, detail: null },
  {},
])('%j is an answer', async (body) => {
  await using service = await answering((response) => response.end(JSON.stringify(body)))
  expect(await service.http.json(z.unknown(), 'POST', '/x')).toEqual(body)
})
