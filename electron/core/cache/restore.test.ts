import { closeSync, cpSync, existsSync, fstatSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { openStore } from '#core/store.ts'
import { newAnnotation } from '#shared/model/annotation.ts'
import { temporaryFolder } from '#tests/helpers/core.ts'
import { seededRandom } from '#tests/helpers/random.ts'
import { DATABASE_FILE } from './database.ts'
import { LibraryCare } from './library-care.ts'
import { DAMAGE_MARK } from './restore.ts'

const IMAGES = 40
const LABELS = 25
const LATER = 3
const silent = { info() {}, warn() {}, error() {} }

function addLabels(
  store: ReturnType<typeof openStore>,
  imageId: string,
  count: number,
  round: number,
) {
  const created = Array.from({ length: count }, (_, index) =>
    newAnnotation({ kind: 'bbox', x: index, y: round, w: 5, h: 5 }, `class ${index % 7}`),
  )
  store.edits.commit({
    commitId: `${imageId}/${round}`,
    imageId,
    changes: { created, updated: [], deleted: [] },
    label: 'Draw',
    origin: 'user',
  })
}

/** A library with a copy, and edits after it; answers the ids of its images. */
async function makeLibrary(folder: string): Promise<string[]> {
  using store = openStore(folder)
  const dataset = store.datasets.create({
    name: 's',
    kind: 'folder',
    root: '/somewhere',
    classes: [],
  })
  const ids = Array.from({ length: IMAGES }, (_, index) => `image-${index}`)
  const insert = store.db.prepare(
    `INSERT INTO image (id, dataset_id, path, sort_key, file_size_bytes, modified_at_ms, width, height)
     VALUES (?, ?, ?, ?, 1, 1, 100, 100)`,
  )
  for (const id of ids) insert.run(id, dataset.id, `${id}.png`, id)
  for (const id of ids) addLabels(store, id, LABELS, 1)
  await using care = new LibraryCare({ db: store.db, dataDir: folder, log: silent, tell: () => {} })
  await care.copy()
  for (const id of ids.slice(0, 5)) addLabels(store, id, LATER, 2)
  return ids
}

const made = temporaryFolder()
const ids = await makeLibrary(made.path)
afterAll(() => made[Symbol.dispose]())

/** The same library in a folder of its own. */
function library() {
  const folder = temporaryFolder()
  cpSync(made.path, folder.path, { recursive: true })
  return folder
}

const expected = (index: number) => LABELS + (index < 5 ? LATER : 0)

function damage(file: string, seed: number): void {
  const random = seededRandom(seed)
  const handle = openSync(file, 'r+')
  const { size } = fstatSync(handle)
  const length = [1, 16, 512, 4096][seed % 4]
  const bytes = Buffer.from(Array.from({ length }, () => Math.floor(random() * 256)))
  writeSync(
    handle,
    seed % 3 === 0 ? Buffer.alloc(length) : bytes,
    0,
    length,
    Math.floor(random() * (size - length)),
  )
  closeSync(handle)
}

/** What is read of each image; null: reading it is refused in words. */
function countsOf(store: ReturnType<typeof openStore>, ids: readonly string[]): (number | null)[] {
  return ids.map((id) => {
    try {
      return store.edits.annotations(id).annotations.length
    } catch {
      return null
    }
  })
}

describe('a damaged library', () => {
  test.each(Array.from({ length: 30 }, (_, seed) => seed))(
    'returns no fewer labels without a word (%i)',
    async (seed) => {
      using folder = library()
      damage(join(folder.path, DATABASE_FILE), seed)
      using store = openStore(folder.path)
      const counts = countsOf(store, ids)
      for (const [index, count] of counts.entries()) {
        const isWhole = count === expected(index) || count === null
        // Else the person was told, and has at least what the copy had.
        if (!isWhole) {
          expect(store.restored).toMatch(
            new RegExp(`${ids[index]}\\.png|could not be read at all|everything since`),
          )
          expect(count).toBeGreaterThanOrEqual(LABELS)
        }
      }
      if (store.restored) expect(store.restored).toContain('has been restored from the copy of')
      else expect(counts.filter((count) => count === null).length).toBeLessThan(IMAGES)
    },
    30_000,
  )

  test('that cannot be opened at all is restored from the copy', async () => {
    using folder = library()
    const file = join(folder.path, DATABASE_FILE)
    const handle = openSync(file, 'r+')
    writeSync(handle, Buffer.alloc(8192), 0, 8192, 0)
    closeSync(handle)
    using store = openStore(folder.path)
    expect(store.restored).toMatch(/could not be read at all|everything since then/)
    expect(countsOf(store, ids)).toEqual(ids.map(() => LABELS))
  })

  test('is found in the background, and the copy of before stays', async () => {
    using folder = library()
    const told: string[] = []
    {
      using store = openStore(folder.path)
      store.db.pragma('wal_checkpoint(TRUNCATE)')
      await using care = new LibraryCare({
        ...{ db: store.db, dataDir: folder.path, log: silent },
        tell: (message) => told.push(message),
      })
      const root = store.db
        .prepare("SELECT rootpage FROM sqlite_schema WHERE name = 'annotation_class'")
        .pluck()
        .get() as number
      const handle = openSync(join(folder.path, DATABASE_FILE), 'r+')
      writeSync(handle, Buffer.alloc(200, 7), 0, 200, (root - 1) * 4096)
      closeSync(handle)
      await care.copy()
      expect(told).toHaveLength(1)
      expect(existsSync(join(folder.path, DAMAGE_MARK))).toBe(true)
    }
    using store = openStore(folder.path)
    expect(store.restored).toContain('has been restored')
    expect(existsSync(join(folder.path, DAMAGE_MARK))).toBe(false)
  })
})
