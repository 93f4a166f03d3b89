import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { type Emulator, startEmulator } from '#emulator/server.ts'
import { temporaryFolder } from '#tests/helpers/core.ts'
import {
  AuthenticationError,
  Client,
  NotFoundError,
  PictographError,
  ValidationError,
} from './client.ts'

let folder: ReturnType<typeof temporaryFolder>
let emulator: Emulator
let client: Client

const connect = (apiKey = 'pk_live_admin') =>
  new Client({ apiKey, baseUrl: emulator.url, maxRetries: 1 })

beforeEach(async () => {
  folder = temporaryFolder()
  emulator = await startEmulator({ dataDir: join(folder.path, 'service'), seeded: true })
  client = connect()
})

afterEach(async () => {
  vi.unstubAllEnvs()
  client[Symbol.dispose]()
  await emulator[Symbol.asyncDispose]()
  folder[Symbol.dispose]()
})

const target = () => join(folder.path, 'out')
/** When each image in the target was written. */
const imageTimes = () =>
  new Map(
    readdirSync(target(), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.jpg'))
      .map((name) => [name, statSync(join(target(), name)).mtimeMs]),
  )

describe('datasets.download', () => {
  test('downloads images and labels, and a second time only what changed', async () => {
    const seen: number[] = []
    const first = await client.datasets.download('street scenes', target(), {
      maxWorkers: 4,
      onProgress: ({ files }) => seen.push(files.done),
    })
    expect(first).toMatchObject({ folder: target(), imagesDownloaded: 24, unchanged: 0 })
    expect(seen.at(-1)).toBe(24)
    const labels = JSON.parse(readFileSync(join(target(), 'day/image 00001.jpg.json'), 'utf8'))
    expect(labels).toMatchObject({ image: 'image 00001.jpg', annotations: expect.any(Array) })
    expect(statSync(join(target(), 'image 00000.jpg')).size).toBeGreaterThan(0)

    rmSync(join(target(), 'image 00000.jpg'))
    const before = imageTimes()
    const second = await client.datasets.download('street scenes', target())
    expect(second).toMatchObject({ imagesDownloaded: 24, unchanged: 23 })
    expect([before.size, imageTimes().size]).toEqual([23, 24])
    for (const [name, time] of before) expect(imageTimes().get(name)).toBe(time)
  })

  test('resumes after a stopped call', async () => {
    const stop = new AbortController()
    const stopped = client.datasets.download('street scenes', target(), {
      mode: 'images_only',
      maxWorkers: 1,
      signal: stop.signal,
      onProgress: ({ files }) => {
        if (files.done > 0) stop.abort(new Error('enough'))
      },
    })
    emulator.faults.add({
      match: 'STORAGE GET',
      times: 100,
      after: 3,
      fault: { kind: 'delay', ms: 300 },
    })
    await expect(stopped).rejects.toThrow('enough')
    emulator.faults.clear()
    const before = imageTimes()
    expect(before.size).toBeGreaterThan(0)
    expect(before.size).toBeLessThan(24)
    using other = connect()
    const rest = await other.datasets.download('street scenes', target(), { mode: 'images_only' })
    expect(rest.imagesDownloaded).toBe(24)
    for (const [name, time] of before) expect(imageTimes().get(name)).toBe(time)
    expect(existsSync(join(target(), 'image 00000.jpg.json'))).toBe(false)
  })

  test('accepts one stage, or only the labels', async () => {
    const { id } = await client.images.get('street scenes', 'day/image 00001.jpg')
    await client.images.updateMany('street scenes', [id], { status: 'complete' })
    const complete = await client.images.list('street scenes', { status: 'complete' })
    const result = await client.datasets.download('street scenes', target(), {
      mode: 'annotations_only',
      statusFilter: 'complete',
    })
    expect(result.imagesDownloaded).toBe(complete.length)
    expect(existsSync(join(target(), 'day/image 00001.jpg.json'))).toBe(true)
    expect(existsSync(join(target(), 'day/image 00001.jpg'))).toBe(false)
  })

  test('reports errors before anything is created', async () => {
    const { datasets } = client
    await expect(datasets.download('nobody', target())).rejects.toBeInstanceOf(NotFoundError)
    await expect(connect('pk_live_no').datasets.download('large', target())).rejects.toBeInstanceOf(
      AuthenticationError,
    )
    const odd = [
      { statusFilter: 'done' },
      { maxWorkers: 0 },
      { mode: 'everything' as never },
      { max_workers: 3 } as never,
    ]
    for (const options of odd)
      await expect(datasets.download('large', target(), options)).rejects.toBeInstanceOf(
        ValidationError,
      )
    expect(existsSync(target())).toBe(false)
    writeFileSync(target(), 'a file')
    await expect(datasets.download('street scenes', target())).rejects.toBeInstanceOf(
      PictographError,
    )
  })

  test('reports that a dataset is in cold storage', async () => {
    await expect(client.datasets.download('frozen', target())).rejects.toMatchObject({
      name: 'ConflictError',
      code: 'dataset_cold',
    })
    expect(existsSync(target())).toBe(false)
  })

  test('accepts the folder as an option, like the Python client', async () => {
    const options = { outputDir: target(), mode: 'annotations_only' } as const
    expect((await client.datasets.download('street scenes', options)).imagesDownloaded).toBe(24)
    const nowhere = client.datasets.download('street scenes', {} as never)
    await expect(nowhere).rejects.toThrow(/outputDir/)
  })

  test('ends with what onProgress throws', async () => {
    const own = new Error('my own mistake')
    const onProgress = () => {
      throw own
    }
    const download = client.datasets.download('street scenes', target(), { onProgress })
    await expect(download).rejects.toBe(own)
  })

  test('ends if the key is refused in the middle', async () => {
    emulator.faults.add({ match: '/download', times: 9, fault: { kind: 'status', status: 401 } })
    const download = client.datasets.download('street scenes', target())
    await expect(download).rejects.toBeInstanceOf(AuthenticationError)
    emulator.faults.clear()
    const again = await client.datasets.download('street scenes', target())
    expect(again.imagesDownloaded).toBe(24)
  })

  test('rejects with the names of failed files, and a later call downloads them', async () => {
    emulator.faults.add({
      match: 'STORAGE GET',
      times: 500,
      fault: { kind: 'status', status: 404 },
    })
    const failed = client.datasets.download('street scenes', target(), { mode: 'images_only' })
    await expect(failed).rejects.toThrow(/files? failed.*Call it again/)
    await expect(failed).rejects.toMatchObject({
      details: expect.arrayContaining([expect.objectContaining({ title: 'day/image 00001.jpg' })]),
    })
    emulator.faults.clear()
    const again = await client.datasets.download('street scenes', target(), { mode: 'images_only' })
    expect(again.imagesDownloaded).toBe(24)
  })
})

describe('images', () => {
  test('go up under their own name, with their measured size', async () => {
    const file = join(folder.path, 'turned.jpg')
    // Stored rotated, shown upright.
    const turned = sharp({ create: { width: 40, height: 30, channels: 3, background: '#888' } })
    await turned.jpeg().withMetadata({ orientation: 6 }).toFile(file)
    await client.datasets.create({ name: 'photos' })
    const image = await client.images.upload('photos', file)
    expect(image).toMatchObject({
      filename: 'turned.jpg',
      directory_path: '/',
      width: 30,
      height: 40,
    })
  })

  test('get answers what is known of one, download its bytes', async () => {
    const found = await client.images.get('street scenes', 'day/image 00001.jpg')
    expect(found).toMatchObject({ filename: 'image 00001.jpg', directory_path: '/day' })
    expect((await client.images.get('street scenes', found.id)).id).toBe(found.id)
    await expect(client.images.get('large', found.id)).rejects.toBeInstanceOf(NotFoundError)
    await expect(
      client.images.get('street scenes', 'night/image 00001.jpg'),
    ).rejects.toBeInstanceOf(NotFoundError)
    const bytes = await client.images.download('street scenes', 'day/image 00001.jpg')
    expect((await sharp(bytes).metadata()).width).toBe(found.width)
    const file = join(folder.path, 'one.jpg')
    await client.images.download('street scenes', found.id, { file })
    expect(readFileSync(file).equals(bytes)).toBe(true)
    expect(existsSync(`${file}.part`)).toBe(false)
  })
})

describe('an image’s UUID alone', () => {
  test('is enough, as in the README of the Python client', async () => {
    await client.datasets.create({ name: 'photos', classes: [{ name: 'person' }] })
    const file = join(folder.path, 'image.jpg')
    const picture = sharp({ create: { width: 400, height: 300, channels: 3, background: '#888' } })
    await picture.jpeg().toFile(file)
    const { id } = await client.images.upload('photos', file, {
      folderPath: '/train/images',
      filename: 'custom_name.jpg',
    })
    const image = await client.images.get(id)
    expect([image.directory_path, image.filename]).toEqual(['/train/images', 'custom_name.jpg'])
    // A bare name is found in any directory.
    expect((await client.images.get('photos', 'custom_name.jpg')).id).toBe(id)
    const { annotations } = client
    const metadata = { difficulty: 'easy', verified: true }
    const box = annotations.createBbox('ann-1', 'person', [100, 200, 50, 80], { metadata })
    const shorthand = { id: 'ann-2', name: 'person', type: 'keypoint', keypoint: [150, 200] }
    expect((await annotations.save(id, [box, shorthand])).new_count).toBe(2)
    expect(await annotations.get(id)).toMatchObject([{ attributes: metadata }, { id: 'ann-2' }])
    expect((await annotations.delete(id)).deleted_count).toBe(2)
    await client.images.delete(id)
    expect((await client.images.get(id)).is_archived).toBe(true)
    await client.images.delete(id, { permanent: true })
    await expect(client.images.get(id)).rejects.toBeInstanceOf(NotFoundError)
    await expect(annotations.get('train/images/a.jpg')).rejects.toThrow(/pass its dataset/)
  })

  test('an ambiguous name is an error', async () => {
    const [{ id }] = await client.images.list('street scenes', { directoryPath: '/day' })
    const { filename } = await client.images.get(id)
    await client.images.copyMany('street scenes', [id], '/copies')
    await expect(client.images.get('street scenes', filename)).rejects.toThrow(
      /\/copies.*pass its path/,
    )
  })
})

describe('new Client', () => {
  test('can be closed twice, with or without waiting', async () => {
    const mine = connect()
    await mine.organizations.me()
    await mine.close()
    await mine.close()
    mine[Symbol.dispose]()
    await expect(mine.organizations.me()).rejects.toBeInstanceOf(PictographError)
    await using other = connect()
    expect((await other.datasets.list()).length).toBe(3)
  })

  test('uses the proxy of the environment', async () => {
    const asked: string[] = []
    const proxy = createServer().on('connect', ({ url }, socket) => {
      asked.push(url ?? '')
      socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n')
    })
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
    const { port } = proxy.address() as AddressInfo
    vi.stubEnv('HTTPS_PROXY', `http://127.0.0.1:${port}`)
    using far = new Client({ apiKey: 'k', baseUrl: 'https://service.test', maxRetries: 0 })
    await expect(far.organizations.me()).rejects.toMatchObject({ name: 'NetworkError' })
    expect(asked).toEqual(['service.test:443'])
    proxy.closeAllConnections()
    proxy.close()
  })

  test('refuses options that would expose the key', () => {
    const at = (baseUrl: string) => () => new Client({ apiKey: 'k', baseUrl })
    expect(at('http://pictograph.example')).toThrow(/https/)
    expect(at('ftp://pictograph.example')).toThrow(ValidationError)
    expect(at('pictograph')).toThrow(ValidationError)
    expect(() => new Client({ apiKey: 'pk_live_ü' })).toThrow(AuthenticationError)
  })

  test('reads missing options from the environment', async () => {
    vi.stubEnv('PICTOGRAPH_API_KEY', ' pk_live_viewer ')
    vi.stubEnv('PICTOGRAPH_BASE_URL', emulator.url)
    vi.stubEnv('PICTOGRAPH_TIMEOUT', '1')
    vi.stubEnv('PICTOGRAPH_MAX_RETRIES', '0')
    using mine = new Client()
    expect((await mine.organizations.me()).subscription_tier).toBe('pro')
    emulator.faults.add({ fault: { kind: 'delay', ms: 3_000 } })
    await expect(mine.organizations.me()).rejects.toMatchObject({ name: 'RequestTimeoutError' })
    using patient = new Client({ timeout: 20 })
    expect((await patient.datasets.get('large')).name).toBe('large')
  })

  test('names the variable that is missing or invalid', () => {
    vi.stubEnv('PICTOGRAPH_API_KEY', '')
    expect(() => new Client()).toThrow(AuthenticationError)
    expect(() => new Client()).toThrow(/PICTOGRAPH_API_KEY/)
    vi.stubEnv('PICTOGRAPH_API_KEY', 'k')
    vi.stubEnv('PICTOGRAPH_TIMEOUT', 'soon')
    expect(() => new Client()).toThrow(/PICTOGRAPH_TIMEOUT must be a number/)
    expect(() => new Client({ timeout: 5, maxRetries: -1 })).toThrow(/maxRetries/)
    expect(() => new Client({ api_key: 'k' } as never)).toThrow(/api_key.*did you mean “apiKey”/)
  })
})
