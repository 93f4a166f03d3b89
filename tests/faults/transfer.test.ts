import { type ChildProcess, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { drawnImage } from '#emulator/drawn-image.ts'
import { type Emulator, startEmulator } from '#emulator/server.ts'
import { newId } from '#shared/model/annotation.ts'
import { emptyDataset } from '#tests/helpers/cloud.ts'
import { temporaryFolder } from '#tests/helpers/core.ts'
import { seededRandom } from '#tests/helpers/random.ts'
import { repetitions } from '#tests/helpers/repetitions.ts'

const FILES = repetitions({ few: 1_000, many: 5_000 })
const KILLS = 5
/** The service's hourly request limit, which is lower than one request per image. */
const HOURLY_LIMIT = FILES / 5

function makeTrouble({ faults }: Emulator): void {
  const for_ = (match: string, fault: Parameters<typeof faults.add>[0]['fault'], chance: number) =>
    faults.add({ match, times: 1_000_000, chance, fault })
  for_('STORAGE', { kind: 'reset' }, 0.05)
  for_('STORAGE', { kind: 'status', status: 503 }, 0.05)
  for_('STORAGE GET', { kind: 'truncate', bytes: 700, honest: true }, 0.02)
  for_('STORAGE GET', { kind: 'truncate', bytes: 700, honest: false }, 0.01)
  for_('STORAGE PUT', { kind: 'lose_answer' }, 0.02)
  for_('bulk', { kind: 'lose_answer' }, 0.1)
  for_('/images', { kind: 'status', status: 500 }, 0.05)
  for_('/images', { kind: 'status', status: 429, retryAfter: '1' }, 0.05)
}

/** Runs the child to its end, with kills in between. Returns its last output. */
async function runKilled(args: readonly string[], random: () => number): Promise<string> {
  for (let start = 0; ; start++) {
    const child: ChildProcess = spawn(
      process.execPath,
      [join(import.meta.dirname, 'transfer-child.ts'), ...args],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    )
    let output = ''
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      output += text
      if (start < KILLS && output.includes('begun'))
        setTimeout(() => child.kill('SIGKILL'), 200 + random() * 1_500)
    })
    await once(child, 'exit')
    if (output.includes('"state"')) return output.trim().split('\n').at(-1) ?? ''
  }
}

const hash = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')

test(`${FILES} files are downloaded completely despite resets, failures, truncation and ${KILLS} kills`, {
  timeout: 300_000,
}, async () => {
  using service = temporaryFolder()
  using data = temporaryFolder()
  using folder = temporaryFolder()
  await using emulator = await startEmulator({ dataDir: service.path, hourlyLimit: HOURLY_LIMIT })
  const id = newId()
  emptyDataset(emulator, id)
  const pictures = await Promise.all(Array.from({ length: 50 }, (_, index) => drawnImage(index)))
  emulator.state.transaction(() => {
    for (let index = 0; index < FILES; index++)
      emulator.state.addImage({
        id: newId(),
        dataset_id: id,
        directory_path: index % 2 ? '/odd' : '/',
        filename: `${index}.jpg`,
        status: 'new',
        split: null,
        tags: [],
        file_size: pictures[index % 50].length,
        width: 160,
        height: 120,
        content_type: 'image/jpeg',
        is_archived: false,
        object: `made:${index % 50}`,
        created_at: '2026-01-01T00:00:00.000Z',
      })
  })
  makeTrouble(emulator)
  const said = await runKilled(
    [data.path, emulator.url, 'download', id, folder.path],
    seededRandom(7),
  )
  expect(JSON.parse(said)).toMatchObject({ state: 'done', failed: 0, total: FILES })
  expect(emulator.requests.length).toBeLessThanOrEqual(HOURLY_LIMIT)
  const files = readdirSync(folder.path, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  )
  expect(files).toHaveLength(FILES)
  const hashes = pictures.map(hash)
  for (const { parentPath, name } of files) {
    const number = Number(name.replace('.jpg', ''))
    const bytes = readFileSync(join(parentPath, name))
    const wanted = pictures[number % 50]
    expect({ name, length: bytes.length, hash: hash(bytes) }).toEqual({
      name,
      length: wanted.length,
      hash: hashes[number % 50],
    })
  }
})

test(`${FILES} files are uploaded once each despite resets, failures, lost answers and ${KILLS} kills`, {
  timeout: 300_000,
}, async () => {
  using service = temporaryFolder()
  using data = temporaryFolder()
  using folder = temporaryFolder()
  await using emulator = await startEmulator({ dataDir: service.path, hourlyLimit: HOURLY_LIMIT })
  const id = newId()
  emptyDataset(emulator, id)
  const drop = join(folder.path, 'drop')
  mkdirSync(drop)
  const picture = await drawnImage(1)
  // Each is unique by a few bytes after the end of the picture.
  for (let index = 0; index < FILES; index++)
    writeFileSync(join(drop, `${index}.jpg`), Buffer.concat([picture, Buffer.from(`#${index}`)]))
  makeTrouble(emulator)
  const said = await runKilled([data.path, emulator.url, 'upload', id, drop], seededRandom(11))
  expect(JSON.parse(said)).toMatchObject({ state: 'done', failed: 0, total: FILES })
  expect(emulator.requests.length).toBeLessThanOrEqual(HOURLY_LIMIT)
  const images = emulator.state.images(id)
  expect(images).toHaveLength(FILES)
  expect(new Set(images.map(({ filename }) => filename)).size).toBe(FILES)
  for (const { filename, object } of images) {
    const number = filename.replace('.jpg', '')
    const bytes = readFileSync(join(emulator.state.objectsDir, object))
    expect(bytes.subarray(picture.length).toString()).toBe(`#${number}`)
  }
})
