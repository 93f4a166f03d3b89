// Runs the README of the Python SDK 1.6.3 through our own client: its shorthand, its download, its errors. `node
// scripts/conformance-readme.ts URL FOLDER`; exits with 1 if something differs from the README.
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import sharp from 'sharp'
import {
  AuthenticationError,
  Client,
  NotFoundError,
  RateLimitError,
  ValidationError,
} from '#core/client/client.ts'

const [, , baseUrl, folder] = process.argv
const apiKey = 'pk_live_admin'
const NAME = 'from the readme'
let steps = 0
const step = (name: string): void => {
  steps++
  process.stdout.write(`ok  ${name}\n`)
}

const client = new Client({ apiKey, baseUrl, timeout: 30, maxRetries: 1 })
const { datasets, images, annotations } = client

const photo = join(folder, 'photo.png')
await sharp({ create: { width: 40, height: 30, channels: 3, background: 'red' } }).toFile(photo)
await datasets.create({ name: NAME, classes: [{ name: 'car', type: 'bbox' }] })
assert.ok((await datasets.list({ limit: 100 })).some(({ name }) => name === NAME))
assert.equal((await datasets.get(NAME)).name, NAME)
step('datasets.list and get')

const uploaded = await images.upload(NAME, photo)
assert.deepEqual([uploaded.width, uploaded.height], [40, 30])
await images.upload(NAME, photo, { directoryPath: '/in', filename: 'other.png' })
assert.equal((await images.get(NAME, 'photo.png')).id, uploaded.id)
assert.deepEqual(
  (await datasets.listImages(NAME)).map(({ filename }) => filename),
  ['other.png', 'photo.png'],
)
const copy = join(folder, 'copy.png')
await images.download(NAME, 'photo.png', { file: copy })
assert.deepEqual(readFileSync(copy), readFileSync(photo))
step('images.upload, get and download')

const shorthand = [
  { id: '1', name: 'car', type: 'bbox', bbox: [1, 2, 10, 8], metadata: { colour: 'red' } },
  {
    id: '2',
    name: 'car',
    type: 'polygon',
    polygon: [
      [0, 0],
      [9, 0],
      [9, 9],
      [0, 0],
    ],
  },
  {
    id: '3',
    name: 'car',
    type: 'polyline',
    polyline: [
      [0, 0],
      [5, 5],
    ],
  },
  { id: '4', name: 'car', type: 'keypoint', keypoint: [3, 3] },
]
assert.equal((await annotations.save(NAME, 'photo.png', shorthand)).new_count, 4)
const read = await annotations.get(NAME, 'photo.png')
assert.deepEqual(
  read.map(({ type }) => type),
  ['bbox', 'polygon', 'polyline', 'keypoint'],
)
const [box, polygon] = read
assert.deepEqual(box.bounding_box, { x: 1, y: 2, w: 10, h: 8 })
assert.deepEqual(box.attributes, { colour: 'red' })
assert.deepEqual(polygon.polygon, {
  paths: [
    [
      { x: 0, y: 0 },
      { x: 9, y: 0 },
      { x: 9, y: 9 },
    ],
  ],
})
const made = [
  annotations.createBbox('1', 'car', [1, 2, 10, 8]),
  annotations.createPolygon('2', 'car', [
    [0, 0],
    [9, 0],
    [9, 9],
  ]),
  annotations.createPolyline('3', 'car', [
    [0, 0],
    [5, 5],
  ]),
  annotations.createKeypoint('4', 'car', [3, 3]),
]
assert.equal((await annotations.save(NAME, 'photo.png', made)).previous_count, 4)
step('annotations in the shorthand, and by helpers')

for (const [mode, count] of [
  ['full', 4],
  ['images_only', 2],
  ['annotations_only', 2],
] as const) {
  const out = join(folder, mode)
  const { folder: told } = await datasets.download(NAME, out, { mode, maxWorkers: 2 })
  assert.equal(told, out)
  const files = readdirSync(out, { recursive: true, withFileTypes: true }).filter(
    (item) => item.isFile() && !item.parentPath.includes('.pictograph-client'),
  )
  assert.equal(files.length, count, `${mode}: ${files.map(({ name }) => name)}`)
}
const written = JSON.parse(readFileSync(join(folder, 'full', 'photo.png.json'), 'utf8'))
assert.equal((Array.isArray(written) ? written : written.annotations).length, 4)
step('datasets.download in each mode')

await assert.rejects(datasets.get('nothing'), NotFoundError)
await using wrong = new Client({ apiKey: 'pk_live_wrong', baseUrl })
await assert.rejects(
  async () => wrong.datasets.list(),
  (error) => error instanceof AuthenticationError && error.status === 401,
)
await assert.rejects(
  annotations.save(NAME, 'photo.png', [{ ...shorthand[0], bbox: [1] }]),
  ValidationError,
)

await annotations.delete(NAME, 'photo.png')
assert.deepEqual(await annotations.get(NAME, 'photo.png'), [])
await images.delete(NAME, 'photo.png')
await datasets.delete(NAME)
step('delete')

// The hourly limit is used up for a long time: the caller gets an error.
const fault = { kind: 'status', status: 429, retryAfter: '600' }
await fetch(`${baseUrl}/__admin/faults`, {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ match: 'organizations/me', fault }),
})
await assert.rejects(
  client.organizations.me(),
  (error) => error instanceof RateLimitError && error.retryAfter === 600,
)
await client.close()
step('errors')
process.stdout.write(`${steps} of the README's steps through our client\n`)
