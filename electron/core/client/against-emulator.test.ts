import { statSync } from 'node:fs'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Emulator, startEmulator } from '#emulator/server.ts'
import { temporaryFolder } from '#tests/helpers/core.ts'
import { Client, type RemoteImage } from './client.ts'

/** The emulator imports nothing of the client; both follow the service's contract, so each checks the other. */
let folder: ReturnType<typeof temporaryFolder>
let emulator: Emulator
let client: Client
let image: RemoteImage
let path: string
let picture: string

const STREET = 'street scenes'

beforeAll(async () => {
  folder = temporaryFolder()
  emulator = await startEmulator({ dataDir: join(folder.path, 'service'), seeded: true })
  client = new Client({ apiKey: 'pk_live_admin', baseUrl: emulator.url, maxRetries: 0 })
  ;[image] = await client.images.list(STREET, { directoryPath: '/day', limit: 1 })
  path = `day/${image.filename}`
  picture = join(folder.path, 'picture.png')
  await sharp({ create: { width: 64, height: 64, channels: 3, background: '#888' } }).toFile(
    picture,
  )
})

afterAll(async () => {
  client[Symbol.dispose]()
  await emulator[Symbol.asyncDispose]()
  folder[Symbol.dispose]()
})

test('models with their files, and what one sees', async () => {
  const { models } = client
  const [model] = await models.list({ status: 'ready' })
  expect((await models.get(model.name)).class_mapping?.classes).toEqual(['car', 'person'])
  expect((await models.versions(model.name)).versions.length).toBeGreaterThan(0)
  const weights = join(folder.path, 'weights.onnx')
  await models.download(model.name, weights)
  expect(statSync(weights).size).toBeGreaterThan(0)
  const { files } = await models.files(model.name)
  for (const { version_id, name } of files) {
    const file = join(folder.path, version_id, name)
    await models.downloadFile(model.name, { versionId: version_id, name }, file)
    expect(statSync(file).size).toBeGreaterThan(0)
  }
  const found = await models.predict(model.id, picture, { confidenceThreshold: 0.3, topK: 3 })
  expect(found.annotations[0]).toMatchObject({ type: 'bbox' })
})

test('prompts on images of a dataset, and on any picture of this disk', async () => {
  const { autoAnnotate } = client
  const target = { dataset: STREET, image: path, name: 'car' }
  const around = { x: 5, y: 5, w: 30, h: 30 }
  const points = { positive: [{ x: 1, y: 2 }], negative: [{ x: 4, y: 4 }] }
  const proposals = [
    await autoAnnotate.byPoint(target, { x: 50.4, y: 50 }, points),
    await autoAnnotate.byBox(target, around),
    await autoAnnotate.sam3Predict(picture, { box: around, name: 'car' }),
    await autoAnnotate.sam3Predict(picture, { points: [{ x: 9, y: 9 }], name: 'car' }),
  ]
  for (const { status, annotations } of proposals) {
    expect(status).toBe('success')
    expect(annotations.map(({ type }) => type)).toEqual(['polygon'])
  }
  const all = await autoAnnotate.byText(target, 'car', { output: 'bbox', maxDetections: 2 })
  expect(all.annotations.map(({ type }) => type)).toEqual(['bbox', 'bbox'])
  const text = await autoAnnotate.sam3Predict(picture, { text: 'car' })
  expect([text.width, text.height]).toEqual([64, 64])
})

test('batches and similar objects are quoted, begun and seen among the jobs', async () => {
  const { autoAnnotate, annotations, jobs } = client
  const classes = [{ name: 'car' }]
  const quote = await autoAnnotate.batchQuote(STREET, [path], {
    classes,
    projected: [{ count: 2 }],
  })
  expect(quote).toMatchObject({ total_images: 3, sufficient: true })
  const { job_id } = await autoAnnotate.batch(STREET, [path], { classes, confidenceThreshold: 0.3 })
  await expect.poll(async () => (await autoAnnotate.job(job_id)).status).toBe('completed')
  const polygon = [
    [1, 1],
    [9, 1],
    [9, 9],
  ]
  await annotations.save(STREET, path, [{ id: 'x1', name: 'car', type: 'polygon', polygon }])
  const like = { annotationIds: ['x1'], scope: 'dataset' } as const
  const where = { dataset: STREET, image: path }
  expect((await autoAnnotate.similarQuote(where, like)).total_images).toBeGreaterThan(0)
  const { job_id: similar } = await autoAnnotate.similar(where, like)
  const listed = await jobs.list({ status: 'all' })
  expect(listed.map(({ id }) => id)).toEqual(expect.arrayContaining([job_id, similar]))
  await jobs.cancel(similar)
  expect((await jobs.get(similar)).status).toBe('cancelled')
})

test('search, near-duplicates, and copying to another dataset', async () => {
  const { search, datasets, images } = client
  const similar = await search.similar(image.id)
  expect(similar.length).toBeGreaterThan(0)
  expect(similar.map(({ id }) => id)).not.toContain(image.id)
  expect((await search.byTags({ objects: ['car'] }, { dataset: STREET })).length).toBeGreaterThan(0)
  const { groups } = await datasets.duplicates(STREET, { threshold: 0.9, maxPairs: 100 })
  expect(groups[0].members.length).toBeGreaterThan(1)
  await datasets.create({ name: 'copies' })
  const copied = await images.copyToDataset(STREET, [image.id], 'copies', { directoryPath: '/new' })
  expect(copied.processed).toBe(1)
  expect((await images.get('copies', `new/${image.filename}`)).width).toBe(image.width)
})

test('cold storage, credits and tasks', async () => {
  const { datasets, credits, tasks } = client
  const { restore_estimate } = await datasets.storage('frozen')
  const price = restore_estimate?.total_micro_usd
  expect(price).toBeGreaterThan(0)
  expect((await datasets.restore('frozen')).quoted_micro_usd).toBe(price)
  expect((await datasets.storageSettled('frozen')).storage_class).toBe('standard')
  expect((await datasets.freeze('frozen')).storage_state).toBe('freezing')
  expect((await credits.balance()).included_remaining_micro_usd).toBeGreaterThan(0)
  expect((await credits.history({ limit: 1 })).length).toBe(1)
  const [task] = await tasks.list()
  expect((await tasks.contributions(task.id)).contributors.length).toBeGreaterThan(0)
})

test('exports by name, people, and comments in threads', async () => {
  const { exports, organizations, comments } = client
  await exports.create(STREET, { name: 'all', format: 'coco', status: 'new' })
  expect((await exports.finished('all', STREET)).status).toBe('completed')
  const zip = join(folder.path, 'all.zip')
  await exports.download('all', STREET, zip)
  expect(statSync(zip).size).toBeGreaterThan(0)
  await exports.delete('all', STREET)
  expect((await organizations.members()).map(({ role }) => role)).toContain('owner')
  const root = await comments.create(image.id, 'x1', 'look')
  const reply = await comments.create(image.id, 'x1', 'yes', { parentCommentId: root.id })
  expect(reply.parent_comment_id).toBe(root.id)
  expect((await comments.react(root.id, 'like')).reactions).toMatchObject([{ count: 1 }])
  expect((await comments.unreact(root.id, 'like')).reactions).toEqual([])
  await comments.delete(root.id)
  const listed = await comments.list(image.id)
  expect(listed).toMatchObject([{ is_deleted: true, body: '' }, { body: 'yes' }])
})
