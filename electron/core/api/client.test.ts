import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import fc from 'fast-check'
import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { type Emulator, type EmulatorOptions, startEmulator } from '#emulator/server.ts'
import { annotationOf, shapeIn } from '#tests/helpers/arbitraries.ts'
import { temporaryFolder } from '#tests/helpers/core.ts'
import { canonical } from './annotations.ts'
import {
  AuthenticationError,
  Client,
  type ClientOptions,
  ConflictError,
  ForbiddenError,
  getStorage,
  isExpired,
  NetworkError,
  NotFoundError,
  PaymentRequiredError,
  putFile,
  RateLimitError,
  RequestTimeoutError,
  ServerError,
  UnexpectedAnswerError,
  ValidationError,
} from './client.ts'
import { errorOfAnswer } from './error-body.ts'
import { backoffMs, type Clock, parseRetryAfter } from './retry.ts'
import { receiveStorage } from './storage.ts'
import { fromWireAnnotation, toWireAnnotation } from './wire-annotation.ts'

/** Time that passes only while somebody waits. */
function testClock() {
  let now = 1_800_000_000_000
  const slept: number[] = []
  const clock: Clock = {
    now: () => now,
    random: () => 0.5,
    sleep: async (ms, signal) => {
      signal?.throwIfAborted()
      slept.push(ms)
      now += ms
    },
  }
  return { clock, slept }
}

async function service(
  options: Partial<
    EmulatorOptions & Pick<ClientOptions, 'maxRetries' | 'timeout' | 'patienceMs'>
  > = {},
) {
  const { maxRetries, timeout, patienceMs, ...emulated } = options
  const folder = temporaryFolder()
  const { clock, slept } = testClock()
  const emulator = await startEmulator({ dataDir: folder.path, now: clock.now, ...emulated })
  const connect = (apiKey = 'pk_live_admin') =>
    new Client({ apiKey, baseUrl: emulator.url, clock, maxRetries, timeout, patienceMs })
  const client = connect()
  return {
    emulator,
    client,
    connect,
    clock,
    slept,
    folder: folder.path,
    async [Symbol.asyncDispose]() {
      client[Symbol.dispose]()
      await emulator[Symbol.asyncDispose]()
      folder[Symbol.dispose]()
    },
  }
}

const lines = ({ requests }: Emulator) => requests.map(({ line }) => line)

async function photo(folder: string, name: string): Promise<string> {
  const file = join(folder, name)
  await sharp({ create: { width: 40, height: 30, channels: 3, background: '#8090a0' } }).toFile(
    file,
  )
  return file
}

const CLASSES = [{ name: 'car' }, { name: 'person' }]

test('a paged list goes on for as long as the service says that there is more', async () => {
  await using setup = await service({ seeded: true })
  let count = 0
  const ids = new Set<string>()
  for await (const image of setup.client.images.list('large')) {
    count++
    ids.add(image.id)
  }
  expect([count, ids.size]).toEqual([12_000, 12_000])
  expect(setup.emulator.requests).toHaveLength(12)
  const listing = await setup.client.datasets.downloadListing('large', { mode: 'images_only' })
  expect(listing.items).toHaveLength(10_000)
  let few = 0
  for await (const _image of setup.client.datasets.listImages('street scenes')) few++
  expect(few).toBe(24)
  const names: string[] = []
  for await (const { name } of setup.client.datasets.list()) names.push(name)
  expect(names).toEqual(['frozen', 'large', 'street scenes'])
})

test('datasets are made, read, changed, archived and deleted; names are one segment of a path', async () => {
  await using setup = await service()
  const { datasets } = setup.client
  const name = 'a/b & c? ünï#1'
  const made = await datasets.create({ name, classes: CLASSES })
  expect((await datasets.get(name)).id).toBe(made.id)
  expect((await datasets.get(made.id)).name).toBe(name)
  await expect(datasets.create({ name })).rejects.toBeInstanceOf(ConflictError)
  await datasets.update(name, { newName: 'plain', description: 'now' })
  expect((await datasets.get('plain')).description).toBe('now')
  await expect(datasets.get(name)).rejects.toBeInstanceOf(NotFoundError)
  expect((await datasets.archive('plain')).is_archived).toBe(true)
  expect((await datasets.unarchive('plain')).is_archived).toBe(false)
  expect((await datasets.insights('plain')).total_images).toBe(0)
  await datasets.delete('plain')
  await expect(datasets.get('plain')).rejects.toBeInstanceOf(NotFoundError)
  expect((await setup.client.organizations.me()).subscription_tier).toBe('pro')
})

test('a file is uploaded in three steps and comes back the same; storage never sees the key', async () => {
  await using setup = await service()
  const { client } = setup
  await client.datasets.create({ name: 'photos', classes: CLASSES })
  const file = await photo(setup.folder, 'a b.png')
  const progress: number[] = []
  const image = await client.images.upload('photos', file, {
    filename: 'a b.png',
    directoryPath: '/day/1',
    size: { width: 40, height: 30 },
    onProgress: (bytes) => progress.push(bytes),
  })
  expect(image).toMatchObject({ filename: 'a b.png', directory_path: '/day/1', width: 40 })
  expect(progress.at(-1)).toBe(image.file_size)
  const back = join(setup.folder, 'back.png')
  await client.images.download('photos', 'day/1/a b.png', { file: back })
  expect((await sharp(back).metadata()).width).toBe(40)
  const { body } = await client.images.bytesAt(image.image_url ?? '')
  expect((await buffer(body)).length).toBe(image.file_size)
  // Storage answers 400 to a request with a key, so none was sent.
  const { items } = await client.datasets.downloadListing('photos')
  const part = await getStorage(client.http.dispatcher, items[0].image_url ?? '', {
    fromByte: 10,
  })
  expect([part.status, (await buffer(part.body)).length]).toEqual([
    206,
    (image.file_size ?? 0) - 10,
  ])
  await expect(
    client.images.upload('photos', file, { filename: 'notes.txt' }),
  ).rejects.toBeInstanceOf(ValidationError)
  await expect(
    client.images.upload('photos', file, { filename: 'a b.png', directoryPath: '/day/1' }),
  ).rejects.toBeInstanceOf(ConflictError)
})

test('signed addresses expire, and unsafe ones are refused before anything is sent', async () => {
  await using setup = await service()
  const { client, clock } = setup
  await client.datasets.create({ name: 'photos' })
  const { upload_url } = await client.images.uploadUrl('photos', { filename: 'a.png' })
  await clock.sleep(16 * 60_000)
  const file = await photo(setup.folder, 'a.png')
  const late = putFile(client.http.dispatcher, upload_url, file, 'image/png')
  await expect(late).rejects.toSatisfy(isExpired)
  for (const address of ['http://storage.example/x', 'file:///etc/passwd', 'nonsense'])
    await expect(getStorage(client.http.dispatcher, address)).rejects.toThrow(/storage address/)
})

test('a storage body is passed on as it arrives, and the sink can end it', async () => {
  await using setup = await service()
  const { client, emulator } = setup
  await client.datasets.create({ name: 'photos' })
  const file = await photo(setup.folder, 'a.png')
  await client.images.upload('photos', file, { filename: 'a.png' })
  const { items } = await client.datasets.downloadListing('photos')
  const address = items[0].image_url ?? ''
  const size = items[0].file_size ?? 0
  const receive = (options: Parameters<typeof receiveStorage>[2], onData = () => {}) => {
    const heads: { status: number; sizeBytes: number | null }[] = []
    let bytes = 0
    const sink = {
      onHead: (head: (typeof heads)[number]) => heads.push(head),
      onData: (chunk: Buffer) => {
        bytes += chunk.length
        onData()
      },
    }
    const done = receiveStorage(client.http.dispatcher, address, options, sink)
    return done.then(() => ({ head: heads[0], bytes }))
  }
  expect(await receive({ fromByte: 10 })).toMatchObject({
    head: { status: 206, sizeBytes: size - 10 },
    bytes: size - 10,
  })
  const full = new Error('the disk is full')
  await expect(
    receive({}, () => {
      throw full
    }),
  ).rejects.toBe(full)
  await expect(receive({ fromByte: size + 5 })).rejects.toMatchObject({ status: 416 })
  emulator.faults.add({ match: 'STORAGE GET', fault: { kind: 'status', status: 503 } })
  await expect(receive({})).rejects.toBeInstanceOf(ServerError)
  emulator.faults.add({ match: 'STORAGE GET', fault: { kind: 'reset' } })
  await expect(receive({})).rejects.toBeInstanceOf(NetworkError)
  emulator.faults.add({ match: 'STORAGE GET', fault: { kind: 'delay', ms: 60_000 } })
  const stop = new AbortController()
  const slow = receive({ signal: stop.signal })
  stop.abort(new Error('paused'))
  await expect(slow).rejects.toThrow('paused')
  await expect(receive({ signal: stop.signal })).rejects.toThrow('paused')
})

test('a request with the key goes only to our own host, whatever the service says', async () => {
  await using setup = await service()
  const path = setup.client.http.ownPath('https://evil.example/api/v1/developer/images/x/y.png?a=1')
  expect(path).toBe('/images/x/y.png?a=1')
  expect(() => setup.client.http.ownPath('https://evil.example/steal')).toThrow(
    UnexpectedAnswerError,
  )
})

test('annotations of all types are saved and read; shorthand goes in, the canonical form comes out', async () => {
  await using setup = await service({ refusesUnknownClasses: true })
  const { client } = setup
  await client.datasets.create({ name: 'photos', classes: CLASSES })
  await client.images.upload('photos', await photo(setup.folder, 'a.png'), { filename: 'a.png' })
  const { annotations } = client
  const drawn = [
    annotations.createBbox('a', 'car', [1, 2, 3, 4], { metadata: { colour: 'red' } }),
    annotations.createPolygon('b', 'car', [
      [0, 0],
      [9, 0],
      [9, 9],
      [0, 0],
    ]),
    annotations.createPolyline('c', 'person', [
      [0, 0],
      [5, 5],
    ]),
    annotations.createKeypoint('d', 'person', [3, 3], { instanceId: 2 }),
    { name: 'car', type: 'bbox', bbox: [1, 1, 2, 2] },
  ]
  expect(drawn[0]).toMatchObject({
    bounding_box: { x: 1, y: 2, w: 3, h: 4 },
    attributes: { colour: 'red' },
  })
  const first = await annotations.save('photos', 'a.png', drawn)
  expect([first.previous_count, first.new_count]).toEqual([0, 5])
  const read = await annotations.get('photos', 'a.png')
  // The service adds the author, and bounding boxes of polygons and lines.
  expect(read.slice(0, 4)).toMatchObject(drawn.slice(0, 4))
  const again = await annotations.saveMany([
    { imageId: first.image_id, annotations: read.slice(0, 1) },
  ])
  expect(again.saved[0]).toMatchObject({ previous_count: 5, new_count: 1 })
  expect(await annotations.delete('photos', 'a.png')).toMatchObject({ deleted_count: 1 })
  expect(await annotations.get('photos', 'a.png')).toEqual([])
  expect(() => annotations.createBbox('e', 'car', [1, 2, 0, 4])).toThrow(/annotation\.shape\.w/)
  const unknown = annotations.save('photos', 'a.png', [
    annotations.createKeypoint('f', 'ghost', [1, 1]),
  ])
  await expect(unknown).rejects.toMatchObject({
    name: 'ValidationError',
    fields: [{ field: 'body.annotations.0.name' }],
    requestId: expect.stringMatching(/.{36}/),
  })
})

test('stage, tags and split are changed one by one and in bulk', async () => {
  await using setup = await service({ seeded: true })
  const { images } = setup.client
  const ids: string[] = []
  for await (const { id } of images.list('street scenes')) ids.push(id)
  const result = await images.updateMany('street scenes', [...ids.slice(0, 3), 'nobody'], {
    status: 'review',
  })
  expect(result).toMatchObject({ processed: 3, failed: [{ id: 'nobody' }] })
  expect(await images.bulkTag('street scenes', ids.slice(0, 2), ['wet'], true)).toBe(2)
  expect(await images.setSplit('street scenes', 'day/image 00001.jpg', 'val')).toBe('val')
  const changed = await images.metadata(ids[0])
  expect([changed.status, changed.tags]).toEqual(['review', ['wet']])
  const upload = images.uploadUrl('frozen', { filename: 'a.png' })
  await expect(upload).rejects.toMatchObject({ name: 'ConflictError', code: 'dataset_cold' })
})

test('directories, many images at once, classes and comments', async () => {
  await using setup = await service({ seeded: true })
  const { directories, images, annotations, comments } = setup.client
  const of = 'street scenes'
  const tree = await directories.tree(of)
  expect(tree.map(({ full_path, nested_image_count }) => [full_path, nested_image_count])).toEqual([
    ['/day', 8],
    ['/night', 8],
  ])
  await directories.create(of, '/empty')
  await directories.rename(of, 'night/rain', 'wet')
  expect((await directories.list(of, { parentPath: '/night' })).map(({ name }) => name)).toEqual([
    'wet',
  ])
  await expect(directories.delete(of, 'day')).rejects.toBeInstanceOf(ValidationError)
  await directories.delete(of, 'empty')
  const root: string[] = []
  for await (const { id } of images.list(of, { directoryPath: '/' })) root.push(id)
  expect((await images.moveMany(of, root.slice(0, 2), '/day')).processed).toBe(2)
  expect(
    (await images.copyMany(of, root.slice(2, 3), '/day', { duplicates: 'rename' })).processed,
  ).toBe(1)
  await images.deleteMany(of, root.slice(3, 5), { permanent: true })
  await expect(images.metadata(root[3])).rejects.toBeInstanceOf(NotFoundError)
  expect(await images.assignSplits(of, { train: 8, val: 1, test: 1 })).toMatchObject({
    processed: 23,
  })
  expect((await images.review(of, 'day/image 00001.jpg', 'approve')).status).toBe('complete')
  const bundle = await images.bundle(of, 'day/image 00001.jpg')
  expect((await buffer(bundle.body)).subarray(0, 2).toString()).toBe('PK')

  const image = await images.metadata(root[5])
  const path = image.filename
  const saved = await annotations.save(of, path, [annotations.createKeypoint('g', 'car', [1, 1])])
  expect((await annotations.renameClass(of, 'car', 'auto')).annotations_updated).toBe(1)
  await annotations.mergeClass(of, 'auto', 'person')
  expect((await annotations.get(of, path))[0].name).toBe('person')
  await annotations.deleteClass(of, 'person', { classType: 'keypoint', deleteAnnotations: true })
  expect(await annotations.get(of, path)).toEqual([])
  await comments.create(saved.image_id, 'x', 'look here')
  const [comment] = await comments.list(saved.image_id)
  await comments.update(comment.id, { resolved: true })
  expect((await comments.list(saved.image_id))[0]).toMatchObject({
    body: 'look here',
    resolved: true,
  })
  await comments.delete(comment.id)
  // A deleted comment leaves a placeholder, so that its replies keep their place.
  expect(await comments.list(saved.image_id)).toMatchObject([{ is_deleted: true, body: '' }])
})

test('assisted labelling works by point, box and text', async () => {
  await using setup = await service({ seeded: true })
  const { autoAnnotate } = setup.client
  const target = { dataset: 'street scenes', image: 'image 00000.jpg', name: 'car' }
  const byPoint = await autoAnnotate.byPoint(target, { x: 80, y: 60 })
  expect(byPoint).toMatchObject({
    status: 'success',
    annotations: [{ type: 'polygon', name: 'car' }],
  })
  expect(canonical(byPoint.annotations[0])).toMatchObject({ name: 'car' })
  const box = { x: 10, y: 10, w: 50, h: 40 }
  const byBox = await autoAnnotate.byBox(target, box, { returnPolygon: false })
  expect(byBox.annotations[0]).toMatchObject({ type: 'bbox', bounding_box: box })
  const byText = await autoAnnotate.byText(target, 'person', { maxDetections: 2 })
  expect(byText.annotations).toHaveLength(2)
  expect((await autoAnnotate.byText(target, 'unicorn')).status).toBe('no_detection')
})

test('an export runs in the background, and its ZIP comes from storage', async () => {
  await using setup = await service({ seeded: true })
  const { exports, http } = setup.client
  const options = { name: 'all', format: 'pictograph', includeImages: true }
  const { id } = await exports.create('street scenes', options)
  const done = await exports.finished(id, 'street scenes')
  expect(done.status).toBe('completed')
  const { body } = await getStorage(http.dispatcher, await exports.downloadUrl(id, 'street scenes'))
  expect((await buffer(body)).subarray(0, 2).toString()).toBe('PK')
  const names: string[] = []
  for await (const item of exports.list({ dataset: 'street scenes' })) names.push(item.name)
  expect(names).toEqual(['all'])
  await exports.delete(id, 'street scenes')
  await expect(exports.get(id, 'street scenes')).rejects.toBeInstanceOf(NotFoundError)
  await expect(exports.create('frozen', options)).rejects.toMatchObject({ code: 'dataset_cold' })
})

test.each(['/datasets/..', '/datasets/./images', '/images/x/a/../../b.png', '/datasets/%2e%2E'])(
  'what the service calls “.” or “..” leads to no other route: %s',
  async (path) => {
    await using setup = await service({ seeded: true })
    const { client, emulator } = setup
    const asked = emulator.requests.length
    await expect(client.http.json(z.unknown(), 'GET', path)).rejects.toThrow(ValidationError)
    await expect(client.datasets.get('..')).rejects.toThrow(ValidationError)
    expect(emulator.requests.length).toBe(asked)
  },
)

describe('what goes wrong', () => {
  test('keys and roles', async () => {
    await using setup = await service({ seeded: true })
    await expect(setup.connect('pk_live_wrong').datasets.get('large')).rejects.toBeInstanceOf(
      AuthenticationError,
    )
    await expect(setup.connect('pk_live_viewer').datasets.archive('large')).rejects.toBeInstanceOf(
      ForbiddenError,
    )
    await expect(setup.connect('pk_live_member').datasets.delete('large')).rejects.toBeInstanceOf(
      ForbiddenError,
    )
    expect(() => setup.connect('')).toThrow(/key is empty.*PICTOGRAPH_API_KEY/)
  })

  test('failures of the service are retried with growing delays, and then reported', async () => {
    await using setup = await service({ seeded: true })
    setup.emulator.faults.add({
      match: 'GET .*large',
      times: 3,
      fault: { kind: 'status', status: 503 },
    })
    expect((await setup.client.datasets.get('large')).name).toBe('large')
    expect(setup.slept).toEqual([1_000, 2_000, 4_000])
    setup.emulator.faults.add({ times: 4, fault: { kind: 'status', status: 500 } })
    await expect(setup.client.datasets.get('large')).rejects.toBeInstanceOf(ServerError)
  })

  test.each(['reset', 'garbage', 'portal'] as const)(
    'an answer that is none (%s) is tried again',
    async (kind) => {
      await using setup = await service({ seeded: true })
      setup.emulator.faults.add({ times: 2, fault: { kind } })
      const wanted = setup.client.datasets.get('large')
      // A retry does not fix a captive portal's page, but it may be gone by then.
      if (kind === 'reset') expect((await wanted).name).toBe('large')
      else await expect(wanted).rejects.toBeInstanceOf(ServerError)
    },
  )

  test('a truncated body is a broken connection, not an answer', async () => {
    await using setup = await service({ seeded: true, maxRetries: 0 })
    const truncate = { kind: 'truncate', bytes: 40 } as const
    setup.emulator.faults.add({ fault: { ...truncate, honest: false } })
    await expect(setup.client.datasets.get('large')).rejects.toBeInstanceOf(NetworkError)
    setup.emulator.faults.add({ fault: { ...truncate, honest: true } })
    await expect(setup.client.datasets.get('large')).rejects.toBeInstanceOf(ServerError)
  })

  test('a slow body may take long, silence may not', async () => {
    await using setup = await service({ seeded: true, maxRetries: 0, timeout: 1 })
    const drip = (everyMs: number) => ({ kind: 'drip', bytes: 100, everyMs }) as const
    setup.emulator.faults.add({ fault: drip(20) })
    expect((await setup.client.datasets.get('large')).name).toBe('large')
    setup.emulator.faults.add({ fault: drip(5_000) })
    await expect(setup.client.datasets.get('large')).rejects.toBeInstanceOf(RequestTimeoutError)
  })

  test('addresses expire early if the service’s clock is wrong', async () => {
    await using setup = await service({ seeded: true })
    const { items } = await setup.client.datasets.downloadListing('street scenes')
    await fetch(`${setup.emulator.url}/__admin/clock`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ skewMs: 2 * 3_600_000 }),
    })
    const late = getStorage(setup.client.http.dispatcher, items[0].image_url ?? '')
    await expect(late).rejects.toSatisfy(isExpired)
  })

  test('a lost answer does not repeat the write', async () => {
    await using setup = await service()
    setup.emulator.faults.add({ match: 'POST .*/datasets/', fault: { kind: 'lose_answer' } })
    const made = await setup.client.datasets.create({ name: 'once' })
    expect(lines(setup.emulator).filter((line) => line.startsWith('POST'))).toHaveLength(2)
    expect(setup.emulator.state.datasets().map(({ id }) => id)).toEqual([made.id])
    const keys = setup.emulator.requests.map(({ headers }) => headers['idempotency-key'])
    expect(keys[0]).toMatch(/^[0-9a-f]{32}$/)
    expect(keys[1]).toBe(keys[0])
  })

  test('a 429 is waited for as long as it says; for a long one the caller decides', async () => {
    await using setup = await service({ seeded: true })
    const { faults } = setup.emulator
    faults.add({ fault: { kind: 'status', status: 429, retryAfter: '7' } })
    await setup.client.datasets.get('large')
    expect(setup.slept).toEqual([7_000])
    faults.add({ fault: { kind: 'status', status: 429, retryAfter: '3600' } })
    const refused = setup.client.datasets.get('large')
    await expect(refused).rejects.toBeInstanceOf(RateLimitError)
    await expect(refused).rejects.toMatchObject({ retryAfter: 3600 })
    // Meanwhile nobody else tries either.
    expect(setup.client.budget.state.pausedUntilMs).not.toBeNull()
  })

  test('all users of a budget stay within the hourly limit', async () => {
    const patienceMs = Number.POSITIVE_INFINITY
    await using setup = await service({ seeded: true, hourlyLimit: 50, patienceMs })
    setup.client.budget.setLimit(50)
    const states: (number | null)[] = []
    setup.client.budget.subscribe(({ pausedUntilMs }) => states.push(pausedUntilMs))
    for (let request = 0; request < 60; request++) await setup.client.datasets.get('large')
    expect(setup.slept.length).toBeGreaterThan(0)
    expect(states.some((until) => until !== null)).toBe(true)
    expect(setup.emulator.requests).toHaveLength(60)
  })

  test('a call fails without a request if the used-up hour lasts more than two minutes', async () => {
    await using setup = await service({ seeded: true, hourlyLimit: 5 })
    for (let request = 0; request < 5; request++) await setup.client.datasets.get('large')
    const refused = setup.client.datasets.get('large')
    await expect(refused).rejects.toBeInstanceOf(RateLimitError)
    const { retryAfter } = (await refused.catch((error: unknown) => error)) as RateLimitError
    expect(retryAfter).toBeGreaterThan(120)
    expect(setup.emulator.requests).toHaveLength(5)
    await setup.clock.sleep((retryAfter ?? 0) * 1000)
    expect((await setup.client.datasets.get('large')).name).toBe('large')
  })

  test('an aborted call ends at once with its reason', async () => {
    await using setup = await service({ seeded: true })
    setup.emulator.faults.add({ fault: { kind: 'delay', ms: 5_000 } })
    const controller = new AbortController()
    const call = setup.client.datasets.get('large', { signal: controller.signal })
    controller.abort(new Error('enough'))
    await expect(call).rejects.toThrow('enough')
  })

  test('an unreachable host', async () => {
    const { clock } = testClock()
    using client = new Client({ apiKey: 'k', baseUrl: 'http://127.0.0.1:9', clock, maxRetries: 1 })
    await expect(client.organizations.me()).rejects.toBeInstanceOf(NetworkError)
  })

  test('an answer that violates the contract gives an error with route, field and request', async () => {
    const server = createServer((_request, response) => {
      response.setHeader('x-request-id', 'r-1')
      response.end(JSON.stringify({ organization: { id: null, name: 'x' }, grown: true }))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    using client = new Client({ apiKey: 'k', baseUrl: `http://127.0.0.1:${port}` })
    const answer = client.organizations.me()
    await expect(answer).rejects.toThrow(/organizations\/me.*organization\.id/)
    await expect(answer).rejects.toMatchObject({ requestId: 'r-1' })
    server.close()
  })
})

describe('pure parts', () => {
  test('delays double up to a cap, ± a quarter', () => {
    fc.assert(
      fc.property(
        fc.nat({ max: 12 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (attempt, random) => {
          const plain = Math.min(30_000, 1_000 * 2 ** attempt)
          const wait = backoffMs(attempt, random)
          expect(wait).toBeGreaterThanOrEqual(plain * 0.75)
          expect(wait).toBeLessThanOrEqual(plain * 1.25)
        },
      ),
    )
  })

  test('Retry-After is seconds or a date', () => {
    const now = Date.parse('2026-01-01T00:00:00Z')
    expect(parseRetryAfter('120', now)).toBe(120)
    expect(parseRetryAfter('Thu, 01 Jan 2026 00:01:30 GMT', now)).toBe(90)
    expect(parseRetryAfter('Wed, 31 Dec 2025 00:00:00 GMT', now)).toBe(0)
    expect(parseRetryAfter('soon', now)).toBeNull()
    expect(parseRetryAfter(null, now)).toBeNull()
  })

  test('errors are recognised in every format of their bodies', () => {
    const at = (status: number, body: unknown) =>
      errorOfAnswer(status, body, { route: 'GET /x' }, null)
    expect(at(404, { error: { code: 'gone', message: 'Gone' } })).toMatchObject({
      message: 'Gone',
      code: 'gone',
    })
    expect(at(404, { detail: 'Old words' }).message).toBe('Old words')
    expect(at(404, { detail: { message: 'Object' } }).message).toBe('Object')
    expect(at(404, { error: 'Bare' }).message).toBe('Bare')
    expect(at(418, null).message).toBe('HTTP 418')
    expect(at(400, { detail: 'File already exists' })).toBeInstanceOf(ConflictError)
    const paid = at(402, { error: { message: 'Pay', details: { remaining_micro_usd: 0 } } })
    expect(paid instanceof PaymentRequiredError && paid.remainingMicroUsd).toBe(0)
  })

  test('an annotation survives a round trip', () => {
    fc.assert(
      fc.property(annotationOf(shapeIn(400, 300)), (annotation) => {
        const sent = canonical(toWireAnnotation(annotation))
        const read = fromWireAnnotation(JSON.parse(JSON.stringify(sent)))
        expect(read).toEqual({ ok: true, annotation })
      }),
    )
  })
})
