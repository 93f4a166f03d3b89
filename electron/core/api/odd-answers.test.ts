import { describe, expect, test } from 'vitest'
import { type FakeAnswer, type FakeRequest, fakeService } from '#tests/helpers/fake-service.ts'
import {
  AuthenticationError,
  Client,
  ForbiddenError,
  NotFoundError,
  PaymentRequiredError,
  PictographError,
  ServerError,
  UnexpectedAnswerError,
  ValidationError,
} from './client.ts'
import { readErrorBody } from './error-body.ts'
import type { Clock } from './retry.ts'
import { time } from './tolerant.ts'

/** Time passes only while somebody waits. */
const clock: Clock = { now: Date.now, random: () => 0.5, sleep: async () => {} }

async function talk(answer: (request: FakeRequest) => FakeAnswer) {
  const service = await fakeService(answer)
  const client = new Client({ apiKey: 'pk_live_x', baseUrl: service.url, maxRetries: 0, clock })
  return {
    ...service,
    client,
    async [Symbol.asyncDispose]() {
      client[Symbol.dispose]()
      await service[Symbol.asyncDispose]()
    },
  }
}

describe('ids and numbers', () => {
  test('ids may be numbers, and numbers may be texts', async () => {
    const image = {
      id: 12,
      project_id: 7,
      filename: 'a.png',
      file_size: '2048',
      width: '640',
      height: 0,
      annotation_count: '3',
      is_archived: 0,
      created_at: '2026-03-01 10:00:00',
    }
    await using setup = await talk(({ line }) =>
      line.startsWith('GET /images/')
        ? { json: { data: [image], pagination: { has_more: false } } }
        : { json: { data: { id: 7, name: 'x', image_count: '5', classes: [{ name: 'car' }] } } },
    )
    expect(await setup.client.images.list('x')).toMatchObject([
      {
        id: '12',
        dataset_id: '7',
        file_size: 2048,
        width: 640,
        height: null,
        annotation_count: 3,
        is_archived: false,
        created_at: '2026-03-01T10:00:00Z',
      },
    ])
    expect(await setup.client.datasets.get('x')).toMatchObject({ id: '7', image_count: 5 })
  })

  test('a record may come without its envelope', async () => {
    await using setup = await talk(() => ({ json: { id: 'd', name: 'x', classes: null } }))
    expect(await setup.client.datasets.get('x')).toMatchObject({ id: 'd', name: 'x' })
  })

  test('a save whose counts are missing has happened', async () => {
    await using setup = await talk(({ line }) =>
      line.endsWith('/bulk')
        ? { json: { success: true, saved: [{ image_id: 5 }, null] } }
        : { json: { success: true, image_id: 'i' } },
    )
    const { annotations } = setup.client
    expect((await annotations.save('x', 'a.png', [])).previous_count).toBeNull()
    expect(await annotations.saveMany([{ imageId: '5', annotations: [] }])).toMatchObject({
      saved: [{ image_id: '5', previous_count: null }],
      failed: [],
    })
  })

  test.each([
    ['2026-03-01T10:00:00Z', '2026-03-01T10:00:00Z'],
    ['2026-03-01T10:00:00', '2026-03-01T10:00:00Z'],
    ['2026-03-01T10:00:00.123456', '2026-03-01T10:00:00.123456Z'],
    ['2026-03-01 10:00:00', '2026-03-01T10:00:00Z'],
    ['2026-03-01 10:00:00+00:00', '2026-03-01T10:00:00+00:00'],
    ['2026-03-01T12:00:00.5+02:00', '2026-03-01T12:00:00.5+02:00'],
    ['Sun, 01 Mar 2026 10:00:00 GMT', 'Sun, 01 Mar 2026 10:00:00 GMT'],
    [1_772_359_200, '2026-03-01T10:00:00.000Z'],
    [1_772_359_200_000, '2026-03-01T10:00:00.000Z'],
    ['yesterday', null],
    ['', null],
    [null, null],
    [{}, null],
    [9e20, null],
  ])('the time %j is %j', (given, read) => {
    expect(time.parse(given)).toBe(read)
    if (read !== null) expect(new Date(read).toISOString()).toMatch(/^2026-03-01T10:00:00/)
  })
})

test('a paid prompt without its status is used', async () => {
  const shape = { id: '1', type: 'polygon', name: 'car' }
  await using setup = await talk(() => ({ json: { annotation: shape, score: '0.9' } }))
  const target = { dataset: 'x', image: 'a.png', name: 'car' }
  const found = await setup.client.autoAnnotate.byPoint(target, { x: 1, y: 1 })
  expect(found).toMatchObject({ status: 'success', annotations: [shape], score: 0.9 })
})

test('labels that are null are none only where the answer counts none', async () => {
  let json: object = { annotations: null, annotation_count: 0 }
  await using setup = await talk(() => ({ json }))
  const { annotations } = setup.client
  expect(await annotations.get('x', 'a.png')).toEqual([])
  json = { annotations: null }
  await expect(annotations.get('x', 'a.png')).rejects.toThrow(UnexpectedAnswerError)
})

describe('paged lists', () => {
  const all = Array.from({ length: 250 }, (_, index) => ({ id: index, name: `d${index}` }))
  const asked = (line: string) => {
    const query = new URLSearchParams(line.split('?')[1])
    const offset = Number(query.get('offset'))
    // The service's page is smaller than the limit that was asked for.
    return { offset, rows: all.slice(offset, offset + 100) }
  }
  test.each<[string, (rows: object[], offset: number) => unknown]>([
    ['has_more', (data, at) => ({ data, pagination: { has_more: at + data.length < 250 } })],
    ['a total without has_more', (data) => ({ data, pagination: { total: 250 } })],
    ['total_items', (data) => ({ data, pagination: { total_items: '250' } })],
    ['has_more beside the rows', (data, at) => ({ data, has_more: at + data.length < 250 })],
    ['a total beside the rows', (data) => ({ data, total: 250, pagination: null })],
    [
      'a wrong total with has_more',
      (data, at) => ({
        data,
        pagination: { total: 3, has_more: at + data.length < 250 },
      }),
    ],
  ])('go on by %s', async (_name, envelope) => {
    await using setup = await talk(({ line }) => {
      const { rows, offset } = asked(line)
      return { json: envelope(rows, offset) as never }
    })
    expect(await setup.client.datasets.list()).toHaveLength(250)
  })

  test('a bare list is a page, and null is an empty one only where the answer says so', async () => {
    let json: unknown = all.slice(0, 3)
    await using setup = await talk(() => ({ json: json as never }))
    const { datasets, credits } = setup.client
    expect(await datasets.list()).toHaveLength(3)
    json = { data: null, pagination: { total: 0 } }
    expect(await datasets.list()).toEqual([])
    expect(await credits.history()).toEqual([])
    // Read as empty, these would look as if every dataset had been deleted.
    for (json of [{ data: null }, {}, { error: { message: 'no' } }, null, 'x', { data: {} }])
      await expect(async () => datasets.list()).rejects.toBeInstanceOf(UnexpectedAnswerError)
  })
})

describe('bodies of errors', () => {
  test.each<[unknown, string | null, [string, string][]]>([
    [
      { detail: [{ loc: ['body', 'name'], msg: 'too long' }] },
      'body.name: too long',
      [['body.name', 'too long']],
    ],
    [{ detail: [{ loc: 'name', message: 'too long' }] }, 'name: too long', [['name', 'too long']]],
    [{ detail: [{ msg: 'too long' }] }, 'too long', [['', 'too long']]],
    [{ detail: { errors: [{ field: 'name', msg: 'taken' }] } }, 'name: taken', [['name', 'taken']]],
    [
      { errors: { name: ['taken'], size: 'big' } },
      'name: taken; size: big',
      [
        ['name', 'taken'],
        ['size', 'big'],
      ],
    ],
    [{ error: { message: 'No', details: [{ loc: ['a'], msg: 'b' }] } }, 'No', [['a', 'b']]],
    [{ error: { message: '', code: 'x' }, detail: 'Old' }, 'Old', []],
    [{ error: { message: null }, detail: { msg: 'Inside' } }, 'Inside', []],
    [{ title: 'Bad Request', status: 400 }, 'Bad Request', []],
    ['Bare', 'Bare', []],
    [
      { detail: ['one', 'two'] },
      'one; two',
      [
        ['', 'one'],
        ['', 'two'],
      ],
    ],
    [{ detail: null, error: null, message: null }, null, []],
    [null, null, []],
    [7, null, []],
  ])('%j', (body, message, fields) => {
    const read = readErrorBody(body)
    expect(read.message).toBe(message)
    expect(read.fields).toEqual(fields.map(([field, text]) => ({ field, message: text })))
  })

  test.each([
    [401, AuthenticationError],
    [403, ForbiddenError],
    [404, NotFoundError],
    [422, ValidationError],
    [502, ServerError],
    [407, PictographError],
  ])('a web page with status %i says so, and is not the service', async (status, kind) => {
    const page = `<!DOCTYPE html>\n<html><head><title>${status} From\n the proxy</title></head></html>`
    await using setup = await talk(() => ({
      status,
      bytes: Buffer.from(page),
      headers: { 'content-type': 'text/html' },
    }))
    const error = await setup.client.organizations.me().catch((caught: unknown) => caught)
    expect(error).toBeInstanceOf(kind)
    expect(error).toMatchObject({ status, isForeign: true })
    expect(String(error)).toContain(`HTTP ${status}: a web page came instead`)
    expect(String(error)).toContain(`“${status} From the proxy”`)
  })

  test.each([413, 414, 431])(
    'a gateway that finds a request too large is the service: %i',
    async (status) => {
      const page = `<html><head><title>${status} Request Too Large</title></head></html>`
      await using setup = await talk(() => ({ status, bytes: Buffer.from(page) }))
      await expect(setup.client.organizations.me()).rejects.toMatchObject({
        status,
        isForeign: false,
        message: `HTTP ${status} (“${status} Request Too Large”): the request is too large for the service`,
      })
    },
  )

  test.each<[string, string]>([
    ['upstream connect error', 'HTTP 503: upstream connect error'],
    ['', 'HTTP 503'],
    ['{"detail": ', 'HTTP 503: {"detail":'],
    ['{}', 'HTTP 503'],
    ['[]', 'HTTP 503'],
  ])('%j without JSON is shown', async (body, message) => {
    await using setup = await talk(() => ({ status: 503, bytes: Buffer.from(body) }))
    await expect(setup.client.organizations.me()).rejects.toMatchObject({
      message,
      isForeign: false,
    })
  })

  test.each<[unknown, number | null, number | null]>([
    [{ error: { required_micro_usd: '2500', remaining_micro_usd: '0' } }, 2500, 0],
    [{ detail: { details: { required: 3, remaining: 1.5 } } }, 3, 1.5],
    [{ detail: { error: 'limit_exceeded', limit_type: 'images' } }, null, null],
    [{ error: 'insufficient_credits', required: null, remaining: 0 }, null, 0],
  ])('402 %j', async (json, required, remaining) => {
    await using setup = await talk(() => ({ status: 402, json: json as never }))
    const error = await setup.client.organizations.me().catch((caught: unknown) => caught)
    expect(error).toBeInstanceOf(PaymentRequiredError)
    expect(error).toMatchObject({ requiredMicroUsd: required, remainingMicroUsd: remaining })
  })
})

test('work that fails ends as an error that says why; older ids are read', async () => {
  await using setup = await talk(({ line }) =>
    line.includes('/video/')
      ? { json: { job: 9, status: 'failed', error: 'No codec' } }
      : {
          json: { job: 'j', status: 'error', progress: '12.5', datasets: [{ project_name: 'x' }] },
        },
  )
  const { video, connectors } = setup.client
  expect((await video.extraction('9')).job_id).toBe('9')
  await expect(video.extracted('9')).rejects.toMatchObject({
    message: 'The extraction of frames ended as failed: No codec',
    code: 'job_failed',
  })
  expect(await connectors.importState('j')).toMatchObject({
    import_id: 'j',
    progress: 12.5,
    datasets: [{ name: 'x' }],
  })
  await expect(connectors.imported('j')).rejects.toThrow('The import ended as error')
})
