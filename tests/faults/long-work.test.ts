/** Long work on all images of a dataset that is cut off by kill -9 goes on at the next start, until all of it is done. */
import { spawn } from 'node:child_process'
import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { beforeAll, expect, test } from 'vitest'
import { DATABASE_FILE } from '#core/cache/database.ts'
import { openCore, temporaryFolder, testPorts } from '#tests/helpers/core.ts'
import { seededRandom } from '#tests/helpers/random.ts'
import { repetitions } from '#tests/helpers/repetitions.ts'

const KILLS = repetitions({ few: 2, many: 20 })
/** The kill comes within this time of the work's beginning, milliseconds. */
const WITHIN_MS = 120

/** Runs the work and kills it `afterMs` after it began; null: lets it end. Returns the lines that it said. */
async function run(dataDir: string, wish: string, afterMs: number | null): Promise<string[]> {
  const file = join(import.meta.dirname, 'long-work-child.ts')
  const child = spawn(process.execPath, [file, dataDir, wish], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const said: string[] = []
  for await (const line of createInterface({ input: child.stdout })) {
    const { kind } = JSON.parse(line) as { kind: string }
    said.push(kind)
    if (kind === 'begun' && afterMs !== null) setTimeout(() => child.kill('SIGKILL'), afterMs)
  }
  return said
}

const prepared = temporaryFolder()

beforeAll(async () => {
  expect(await run(prepared.path, 'prepare', null)).toEqual(['ended'])
  return () => prepared[Symbol.dispose]()
})

/** What every image of the dataset has, each kind once. */
async function afterNextStart(dataDir: string) {
  await using core = openCore(testPorts(dataDir))
  await core.editing.settled()
  await core.facts.settled()
  const [{ id, classes }] = core.datasets.list()
  const images = core.images.list(id)
  const states = images.map((image) => {
    const labels = core.edits.annotations(image.id).annotations.map((item) => item.className)
    return JSON.stringify({ labels, tags: image.tags, count: image.annotationCount })
  })
  return {
    images: images.length,
    classes: classes.map(({ name }) => name),
    states: [...new Set(states)].map((state): unknown => JSON.parse(state)),
  }
}

const two = (name: string, tags: string[] = []) => ({ labels: [name, name], tags, count: 2 })

test.each([
  ['rename', { classes: ['auto'], states: [two('auto')] }],
  ['delete', { classes: [], states: [{ labels: [], tags: [], count: 0 }] }],
  ['cancel', { classes: ['car'], states: [two('car')] }],
  ['tags', { classes: ['car'], states: [two('car', ['night'])] }],
])(
  `%s is whole at the next start after each of ${KILLS} kills`,
  { timeout: 600_000 },
  async (wish, expected) => {
    const random = seededRandom(7)
    let cutOff = 0
    for (let kill = 0; kill < KILLS; kill++) {
      using data = temporaryFolder()
      copyFileSync(join(prepared.path, DATABASE_FILE), join(data.path, DATABASE_FILE))
      const said = await run(data.path, wish, random() * WITHIN_MS)
      expect(said[0]).toBe('begun')
      if (!said.includes('ended')) cutOff++
      expect(await afterNextStart(data.path)).toEqual({ images: 3_000, ...expected })
    }
    expect(cutOff).toBeGreaterThan(0)
  },
)
