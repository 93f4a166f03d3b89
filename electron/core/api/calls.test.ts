import { existsSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { temporaryFolder } from '#tests/helpers/core.ts'
import { type FakeAnswer, type FakeRequest, fakeService } from '#tests/helpers/fake-service.ts'
import {
  Client,
  NetworkError,
  NotFoundError,
  PaymentRequiredError,
  ValidationError,
} from './client.ts'
import type { Clock } from './retry.ts'

/** Time passes only while somebody waits. */
const clock: Clock = { now: Date.now, random: () => 0.5, sleep: async () => {} }

/** A client of a service that answers as the test says. */
async function talk(answer: (request: FakeRequest, url: string) => FakeAnswer) {
  let url = ''
  const service = await fakeService((request) => answer(request, url))
  url = service.url
  const client = new Client({ apiKey: 'pk_live_x', baseUrl: url, maxRetries: 0, clock })
  const folder = temporaryFolder()
  return {
    ...service,
    client,
    folder: folder.path,
    async [Symbol.asyncDispose]() {
      client[Symbol.dispose]()
      await service[Symbol.asyncDispose]()
      folder[Symbol.dispose]()
    },
  }
}

const page = (data: unknown[], has_more = false): FakeAnswer => ({
  json: { data, pagination: { limit: 100, offset: 0, has_more } },
})
const polygon = { id: '2', type: 'polygon', name: 'car' }
const box = { id: '1', type: 'bbox', name: 'car' }

describe('models', () => {
  const model = {
    id: 'm',
    name: 'cars',
    model_type: 'object_detection',
    status: 'ready',
    class_mapping: { classes: ['car', 'bus'] },
    training_config: 'odd',
  }

  test('are listed a hundred at a time, and told', async () => {
    await using setup = await talk(({ line }) =>
      line.startsWith('GET /models/?')
        ? page([model, { name: 'without an id' }])
        : { json: { data: model } },
    )
    const { models } = setup.client
    const list = await models.list({ status: 'ready', modelType: 'object_detection' })
    expect(list).toMatchObject([{ name: 'cars', training_config: null }])
    expect((await models.get('my cars')).class_mapping?.classes).toEqual(['car', 'bus'])
    expect(setup.lines()).toEqual([
      'GET /models/?limit=100&offset=0&status=ready&model_type=object_detection',
      'GET /models/my%20cars',
    ])
  })

  test('are downloaded completely or not at all; storage gets no key', async () => {
    const weights = Buffer.alloc(100_000, 7)
    let isCut = false
    await using setup = await talk(({ line }, url) => {
      if (line.includes('/files?') || line.endsWith('/files'))
        return { json: { data: { versions: [{ version_id: 'v1', is_current: true }], files: [] } } }
      if (line.includes('/files/download'))
        return { json: { data: { download_url: 'data:text/plain;base64,TUlU' } } }
      if (line.includes('/download'))
        return { json: { data: { download_url: `${url}/weights?signed`, filename: 'a.onnx' } } }
      if (isCut) return { bytes: weights.subarray(0, 500), headers: { 'content-length': '100000' } }
      return { bytes: weights }
    })
    const { models } = setup.client
    const file = join(setup.folder, 'cars.onnx')
    await models.download('cars', file, { precision: 'fp16' })
    expect(readFileSync(file).equals(weights)).toBe(true)
    const [asked, storage] = setup.requests
    expect(asked.line).toBe('GET /models/cars/download?format=onnx&precision=fp16')
    expect([asked.headers['x-api-key'], storage.headers['x-api-key']]).toEqual([
      'pk_live_x',
      undefined,
    ])
    expect((await models.files('cars')).versions).toMatchObject([{ version_id: 'v1' }])
    const license = join(setup.folder, 'LICENSE')
    await models.downloadFile('cars', { versionId: 'v1', name: 'LICENSE' }, license)
    expect(readFileSync(license, 'utf8')).toBe('MIT')
    isCut = true
    const cut = join(setup.folder, 'cut.onnx')
    await expect(models.download('cars', cut)).rejects.toBeInstanceOf(NetworkError)
    expect([existsSync(cut), existsSync(`${cut}.part`)]).toEqual([false, false])
  })

  test('predict on a local picture', async () => {
    await using setup = await talk(() => ({
      json: {
        data: {
          success: true,
          annotations: [box, 'odd'],
          tags: ['street'],
          inference_seconds: 0.2,
        },
      },
    }))
    const file = join(setup.folder, 'a.png')
    writeFileSync(file, 'png bytes')
    const found = await setup.client.models.predict('m', file, {
      confidenceThreshold: 0.3,
      topK: 5,
    })
    expect(found).toEqual({
      annotations: [box],
      tags: ['street'],
      modelType: null,
      inferenceSeconds: 0.2,
    })
    const [{ line, bytes, headers }] = setup.requests
    expect(line).toBe('POST /models/m/predict?confidence_threshold=0.3&top_k=5')
    expect(headers['content-type']).toMatch(/^multipart\/form-data; boundary=/)
    expect(bytes.toString()).toMatch(
      /name="file"; filename="a.png"\r\nContent-Type: image\/png\r\n\r\npng bytes/,
    )
    const odd = setup.client.models.predict('m', file, { threshold: 1 } as never)
    await expect(odd).rejects.toThrow(ValidationError)
  })
})

describe('sam3Predict', () => {
  test('prompts on a local picture in one way', async () => {
    await using setup = await talk(() => ({
      json: {
        data: { status: 'success', annotations: [box, polygon], score: 0.9, width: 40, height: 30 },
      },
    }))
    const file = join(setup.folder, 'a.jpg')
    writeFileSync(file, 'jpeg')
    const { autoAnnotate } = setup.client
    const found = await autoAnnotate.sam3Predict(file, {
      points: [
        { x: 1, y: 2 },
        { x: 3, y: 4, negative: true },
      ],
      name: 'car',
      confidenceThreshold: 0.4,
    })
    expect(found).toEqual({
      status: 'success',
      annotations: [polygon],
      score: 0.9,
      inferenceTime: null,
      width: 40,
      height: 30,
    })
    const sent = setup.requests[0].bytes.toString()
    expect(setup.requests[0].line).toBe('POST /sam3/predict')
    expect(sent).toMatch(/name="point"\r\n\r\n1,2\r\n/)
    expect(sent).toMatch(/name="point"\r\n\r\n3,4,neg\r\n/)
    expect(sent).toMatch(/name="confidence_threshold"\r\n\r\n0.4\r\n/)
    await autoAnnotate.sam3Predict(file, { box: { x: 1, y: 2, w: 3, h: 4 }, output: 'bbox' })
    expect(setup.requests[1].bytes.toString()).toMatch(/name="box"\r\n\r\n1,2,3,4\r\n/)
  })

  test('refuses an invalid prompt before anything is sent', async () => {
    await using setup = await talk(() => ({}))
    const { autoAnnotate } = setup.client
    const file = join(setup.folder, 'a.png')
    writeFileSync(file, '')
    truncateSync(file, 26 * 1024 * 1024)
    writeFileSync(join(setup.folder, 'a.heic'), '')
    writeFileSync(join(setup.folder, 'b.png'), '')
    const tries = [
      () => autoAnnotate.sam3Predict(file, { text: 'car' }),
      () => autoAnnotate.sam3Predict(join(setup.folder, 'a.heic'), { text: 'car' }),
      () => autoAnnotate.sam3Predict(join(setup.folder, 'b.png'), {}),
      () =>
        autoAnnotate.sam3Predict(join(setup.folder, 'b.png'), {
          text: 'car',
          points: [{ x: 1, y: 1 }],
        }),
    ]
    for (const attempt of tries) await expect(attempt()).rejects.toThrow(ValidationError)
    expect(setup.requests).toEqual([])
  })
})

describe('batches', () => {
  test('are quoted, started, watched and cancelled', async () => {
    await using setup = await talk(({ line }) => {
      if (line.includes('/quote'))
        return { json: { total_images: 2, estimated_credits: 5000, sufficient: true } }
      if (line.startsWith('GET'))
        return {
          json: { job_id: 'j', status: 'running', processed_images: 1, failed_images: ['x'] },
        }
      return { json: { success: true, job_id: 'j', status: 'pending' } }
    })
    const { autoAnnotate } = setup.client
    const options = { classes: [{ name: 'car' }, { name: 'wet', output: 'tag' as const }], topK: 3 }
    const quote = await autoAnnotate.batchQuote('x', ['a.png'], {
      classes: options.classes,
      projected: [{ count: 3 }],
    })
    expect(quote).toMatchObject({ estimated_credits: 5000, sufficient: true })
    expect((await autoAnnotate.batch('x', ['a.png'], options)).job_id).toBe('j')
    expect(await autoAnnotate.job('j')).toMatchObject({ processed_images: 1, failed_images: 1 })
    await autoAnnotate.cancel('j')
    const like = { annotationIds: ['1'], scope: 'dataset' as const, output: 'obb' as const }
    await autoAnnotate.similarQuote({ dataset: 'x', image: 'a.png' }, like)
    await autoAnnotate.similar({ dataset: 'x', image: 'a.png' }, like)
    const classes = [
      { name: 'car', output_type: 'polygon' },
      { name: 'wet', output_type: 'tag' },
    ]
    const similar = {
      dataset_name: 'x',
      image_filename: 'a.png',
      annotation_ids: ['1'],
      scope: 'dataset',
      output_type: 'obb',
    }
    expect(setup.requests.map(({ line, body }) => [line, body])).toEqual([
      [
        'POST /auto-annotate/batch/quote',
        { dataset_name: 'x', image_filenames: ['a.png'], projected: [{ count: 3 }], classes },
      ],
      [
        'POST /auto-annotate/batch',
        { dataset_name: 'x', image_filenames: ['a.png'], classes, top_k: 3 },
      ],
      ['GET /auto-annotate/batch/j', null],
      ['POST /auto-annotate/batch/j/cancel', null],
      ['POST /auto-annotate/similar/quote', similar],
      ['POST /auto-annotate/similar', similar],
    ])
  })
})

describe('jobs', () => {
  test.each([
    '/auto-annotate/batch/j/cancel',
    '/api/v1/developer/auto-annotate/batch/j/cancel',
    'https://elsewhere.example/api/v1/developer/auto-annotate/batch/j/cancel',
  ])('are listed, and cancelled on our own host by %s', async (cancel_path) => {
    const job = { id: 'j', type: 'export', status: 'running', progress: 'odd', cancel_path }
    await using setup = await talk(({ line }) =>
      line.startsWith('GET /jobs?') ? page([job, 3]) : { json: { data: job } },
    )
    const { jobs } = setup.client
    expect(await jobs.list({ status: 'active' })).toMatchObject([{ id: 'j', progress: null }])
    await jobs.cancel('j')
    expect(setup.lines()).toEqual([
      'GET /jobs?limit=100&offset=0&status=active',
      'GET /jobs/j',
      'POST /auto-annotate/batch/j/cancel',
    ])
  })

  test('that cannot be cancelled, or whose route leads elsewhere, are not', async () => {
    let cancel_path: string | null = null
    await using setup = await talk(() => ({
      json: { data: { id: 'j', status: 'running', cancel_path } },
    }))
    await expect(setup.client.jobs.cancel('j')).rejects.toThrow(NotFoundError)
    for (const path of ['/jobs/../datasets/x', 'https://elsewhere.example/steal']) {
      cancel_path = path
      await expect(setup.client.jobs.cancel('j')).rejects.toThrow()
    }
    expect(setup.lines().every((line) => line.startsWith('GET'))).toBe(true)
  })
})

test('search finds similar images, and images by all of their tags', async () => {
  const found = (id: number) => ({ id: `${id}`, filename: `${id}.png`, similarity: 0.9 })
  const all = Array.from({ length: 700 }, (_, id) => found(id))
  await using setup = await talk(({ line }) => {
    if (line.includes('/similar')) return { json: { results: [found(1), { id: 2 }], count: 2 } }
    const query = new URLSearchParams(line.split('?')[1])
    const offset = Number(query.get('offset'))
    return { json: { results: all.slice(offset, offset + Number(query.get('limit'))), count: 700 } }
  })
  const { search } = setup.client
  expect(await search.similar('i', { directoryPath: '/a' })).toMatchObject([
    { id: '1', similarity: 0.9 },
  ])
  const tagged = await search.byTags(
    { objects: ['car', 'bus'], scenes: ['night'] },
    { dataset: 'x' },
  )
  expect(tagged).toHaveLength(700)
  expect(setup.lines()).toEqual([
    'GET /search/similar?image_id=i&threshold=0.6&limit=50&directory_path=%2Fa',
    'GET /search/by-tags?objects=car&objects=bus&scenes=night&dataset_name=x&limit=500&offset=0',
    'GET /search/by-tags?objects=car&objects=bus&scenes=night&dataset_name=x&limit=500&offset=500',
  ])
})

describe('datasets', () => {
  test('tell near-duplicates in groups', async () => {
    const member = { id: '1', filename: 'a.png', virtual_directory_path: '/' }
    await using setup = await talk(() => ({
      json: {
        data: {
          groups: [
            { members: [member, { ...member, id: '2' }, {}], size: 2, max_similarity: 0.99 },
            null,
          ],
          group_count: 1,
          redundant_count: 1,
          sample_capped: true,
        },
      },
    }))
    const { datasets } = setup.client
    const { groups, redundant_count } = await datasets.duplicates('x', {
      threshold: 0.9,
      maxPairs: 10,
    })
    expect(groups.map(({ members }) => members.map(({ id }) => id))).toEqual([['1', '2']])
    expect(redundant_count).toBe(1)
    expect(setup.lines()).toEqual(['GET /datasets/x/duplicates?threshold=0.9&max_pairs=10'])
    await expect(datasets.duplicates('x', { treshold: 1 } as never)).rejects.toThrow(
      ValidationError,
    )
  })

  test('are frozen and restored, with the price told first', async () => {
    const states = ['restoring', 'restoring', 'idle']
    await using setup = await talk(({ line }) => {
      if (line.startsWith('POST'))
        return {
          json: { data: { job_id: 'j', storage_state: 'restoring', quoted_micro_usd: 700 } },
        }
      const storage_state = states.shift() ?? 'idle'
      return {
        json: {
          data: {
            storage_class: 'coldline',
            storage_state,
            restore_estimate: { total_micro_usd: 700 },
          },
        },
      }
    })
    const { datasets } = setup.client
    expect((await datasets.restore('x')).quoted_micro_usd).toBe(700)
    const settled = await datasets.storageSettled('x')
    expect(settled).toMatchObject({
      storage_state: 'idle',
      restore_estimate: { total_micro_usd: 700 },
    })
    await datasets.freeze('x')
    expect(setup.lines()).toEqual([
      'POST /datasets/x/storage/restore',
      'GET /datasets/x/storage',
      'GET /datasets/x/storage',
      'GET /datasets/x/storage',
      'POST /datasets/x/storage/freeze',
    ])
  })

  test('that cost more to restore than the balance report it', async () => {
    const details = { required_micro_usd: 900, remaining_micro_usd: 0 }
    await using setup = await talk(() => ({
      status: 402,
      json: { error: { code: 'insufficient_credits', message: 'Too little', details } },
    }))
    const refused = setup.client.datasets.restore('x')
    await expect(refused).rejects.toBeInstanceOf(PaymentRequiredError)
    await expect(refused).rejects.toMatchObject({ requiredMicroUsd: 900, remainingMicroUsd: 0 })
  })
})

test('images are copied to another dataset, with what it lacked', async () => {
  await using setup = await talk(() => ({
    json: { success: true, processed: 2, renamed: 1, classes_added: ['car'], target_dataset: 'y' },
  }))
  const copied = await setup.client.images.copyToDataset('x', ['1', '2'], 'y', {
    directoryPath: '/new',
  })
  expect(copied).toMatchObject({ processed: 2, renamed: 1, classes_added: ['car'], failed: [] })
  expect(setup.requests[0]).toMatchObject({
    line: 'POST /batch/images/copy-to-dataset',
    body: {
      dataset_name: 'x',
      image_ids: ['1', '2'],
      target_dataset_name: 'y',
      target_directory_path: '/new',
    },
  })
})

test('credits: what is left, what was spent, and what something would cost', async () => {
  await using setup = await talk(({ line }) => {
    if (line.includes('/balance'))
      return { json: { included_remaining_micro_usd: 5, recent_history: [{}] } }
    if (line.includes('/history'))
      return { json: { entries: [{ id: '1', operation: 'sam3', amount: -2500 }, 'odd'] } }
    return {
      json: {
        operation: 'sam3',
        unit: 'call',
        quantity: 3,
        total_micro_usd: 7500,
        sufficient: false,
      },
    }
  })
  const { credits } = setup.client
  expect(await credits.balance()).toMatchObject({
    included_remaining_micro_usd: 5,
    recent_history: [],
  })
  expect(await credits.history({ limit: 10 })).toMatchObject([{ amount: -2500 }])
  expect(await credits.estimate('sam3', 3)).toMatchObject({
    total_micro_usd: 7500,
    sufficient: false,
  })
  expect(setup.lines()).toEqual([
    'GET /credits/balance',
    'GET /credits/history?limit=10&offset=0',
    'GET /credits/estimate?operation=sam3&quantity=3',
  ])
})

test('tasks are listed, with who did what', async () => {
  await using setup = await talk(({ line }) =>
    line.startsWith('GET /tasks?')
      ? page([{ id: 't', title: 'Night', kind: 'annotate', status: 'open', image_count: 5 }, {}])
      : {
          json: {
            data: {
              task_id: 't',
              contributors: [{ name: 'Ada' }],
              total_images: 5,
              images_complete: 2,
            },
          },
        },
  )
  const { tasks } = setup.client
  expect(await tasks.list()).toMatchObject([{ id: 't', title: 'Night', image_count: 5 }])
  expect(await tasks.contributions('t')).toMatchObject({
    contributors: [{ name: 'Ada' }],
    images_complete: 2,
  })
  expect(setup.lines()).toEqual(['GET /tasks?limit=100&offset=0', 'GET /tasks/t/contributions'])
})

test('the ZIP of an export comes onto this disk whole', async () => {
  await using setup = await talk(({ line }, url) =>
    line.startsWith('GET /exports')
      ? { json: { data: { download_url: `${url}/zip?signed` } } }
      : { bytes: Buffer.from('PK zip') },
  )
  const file = join(setup.folder, 'all.zip')
  await setup.client.exports.download('all', 'x', file)
  expect(readFileSync(file, 'utf8')).toBe('PK zip')
})

test('a truncated body is not saved as a file', async () => {
  await using setup = await talk(() => ({
    bytes: Buffer.alloc(10),
    headers: { 'content-length': '20', connection: 'close' },
  }))
  const file = join(setup.folder, 'a.png')
  const saved = setup.client.images.download('x', 'a.png', { file })
  await expect(saved).rejects.toBeInstanceOf(NetworkError)
  await expect(setup.client.images.download('x', 'a.png')).rejects.toBeInstanceOf(NetworkError)
  expect([existsSync(file), existsSync(`${file}.part`)]).toEqual([false, false])
})

test('a broken download is retried, from the service and from storage', async () => {
  let tries = 0
  const whole = Buffer.alloc(20, 7)
  const headers = { 'content-length': '20', connection: 'close' }
  await using setup = await talk(({ line }, url) => {
    if (line.startsWith('GET /exports'))
      return { json: { data: { download_url: `${url}/zip?signed` } } }
    return { bytes: tries++ % 3 === 2 ? whole : whole.subarray(0, 5), headers }
  })
  using patient = new Client({ apiKey: 'k', baseUrl: setup.url, clock })
  expect(await patient.images.download('x', 'a.png')).toEqual(whole)
  const file = join(setup.folder, 'new', 'all.zip')
  await patient.exports.download('all', 'x', file)
  expect(readFileSync(file)).toEqual(whole)
  expect(tries).toBe(6)
})
