import { copyFileSync, existsSync, mkdirSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setImmediate, setTimeout } from 'node:timers/promises'
import { CachedFileRepository } from '#core/cache/cached-file-repository.ts'
import { DATABASE_FILE, openDatabase } from '#core/cache/database.ts'
import { DatasetRepository } from '#core/cache/dataset-repository.ts'
import type { ListedImage } from '#core/cache/listed-images.ts'
import { Outbox } from '#core/cache/outbox.ts'
import { RemoteRepository } from '#core/cache/remote-repository.ts'
import { inPieces } from '#core/pieces.ts'
import { SafeNames } from '#core/safe-names.ts'
import { ImageList, imageFilter } from '#renderer/document/image-list.ts'
import { EMPTY_CHANGE_SET } from '#shared/model/change-set.ts'
import { aBox, openCore, temporaryFolder, testPorts } from '#tests/helpers/core.ts'
import { type Figure, percentile } from './measure.ts'

/** Growth shows between the two: what costs the same for each image takes ten times as long. */
const SIZES = [10_000, 100_000]
const ANNOTATIONS = 10
const PAGE = 1_000
/** Long enough for the timer of the measurement to come, milliseconds. */
const TIMER_MS = 30

/** Libraries are kept here between runs; they hold nothing but what is made below. */
const CACHE = join(import.meta.dirname, '../../node_modules/.cache/pictograph-bench')
/** Part of the file's name: another layout of the library is made anew. */
const LAYOUT = 1

const listed = (n: number): ListedImage => ({
  remoteId: `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`,
  path: `cam${Math.floor(n / 1_000)}/frame_${n}.jpg`,
  sizeBytes: 300_000,
  createdAtMs: 1,
  width: 1920,
  height: 1080,
  stage: 'new',
  split: null,
  tags: [],
  annotationCount: ANNOTATIONS,
  thumbnailUrl: null,
})

const pageOf = (start: number) => Array.from({ length: PAGE }, (_, k) => listed(start + k))

/** A library with a dataset of the service whose labels are all here. */
function makeLibrary(file: string, size: number): void {
  const db = openDatabase(file)
  const remotes = new RemoteRepository(db)
  db.prepare(
    `INSERT INTO account (id, base_url, organization_id, organization, created_at_ms)
     VALUES ('a', 'https://service.invalid', 'o', 'o', 1)`,
  ).run()
  const classes = ['car', 'bus'].map((name) => ({ name, color: '#e69f00' }))
  const { id } = new DatasetRepository(db).create({
    name: 'x',
    kind: 'remote',
    root: '/x',
    classes,
  })
  remotes.link(id, 'a', '00000000-0000-4000-9000-000000000000')
  for (let start = 0; start < size; start += PAGE) remotes.listed.upsert(id, pageOf(start))
  const insert = db.prepare(
    'INSERT INTO annotation (image_id, id, position, class_name, data) VALUES (?, ?, ?, ?, ?)',
  )
  const ids = db.prepare<[], { id: string }>('SELECT id FROM image').all()
  db.transaction(() => {
    for (const image of ids)
      for (let k = 0; k < ANNOTATIONS; k++) {
        const annotation = aBox(k % 2 === 0 ? 'car' : 'bus', 10 * k)
        insert.run(image.id, annotation.id, k, annotation.className, JSON.stringify(annotation))
      }
    db.prepare('UPDATE image SET annotation_count = ?').run(ANNOTATIONS)
    db.prepare(
      `UPDATE remote_image SET base_count = ?, base =
         (SELECT json_group_array(json(data)) FROM annotation WHERE annotation.image_id = remote_image.image_id)`,
    ).run(ANNOTATIONS)
  })()
  db.close()
}

/** A copy of the library, made where there is none yet. */
function libraryCopy(dataDir: string, size: number): void {
  const kept = join(CACHE, `scale-${LAYOUT}-${size}.sqlite`)
  if (!existsSync(kept)) {
    mkdirSync(CACHE, { recursive: true })
    makeLibrary(`${kept}.part`, size)
    renameSync(`${kept}.part`, kept)
  }
  copyFileSync(kept, join(dataDir, DATABASE_FILE))
}

/** The process does one thing after another; each as figures of time, the longest halt of the thread, and memory. */
class Row {
  readonly figures: Figure[] = []
  readonly #size: number

  constructor(size: number) {
    this.#size = size
  }

  async time(what: string, work: () => unknown): Promise<void> {
    const delay = monitorEventLoopDelay({ resolution: 1 })
    delay.enable()
    await setTimeout(TIMER_MS)
    delay.reset()
    const [start, processor] = [performance.now(), process.cpuUsage()]
    await work()
    const seconds = (performance.now() - start) / 1000
    const { user, system } = process.cpuUsage(processor)
    // A halt is counted when the timer has come again.
    await setTimeout(TIMER_MS)
    delay.disable()
    process.stderr.write(`${what}, ${this.#size}: ${seconds.toFixed(2)} s\n`)
    this.figures.push(
      { name: `${what}, ${this.#size.toLocaleString('en')}`, value: seconds, unit: 's' },
      { name: '  of the processor', value: (user + system) / 1e6, unit: 's' },
      { name: '  longest halt', value: delay.max / 1e6, unit: 'ms' },
      { name: '  memory', value: process.memoryUsage.rss() / 1e6, unit: 'MB' },
    )
  }
}

async function measure(size: number): Promise<Figure[]> {
  using folder = temporaryFolder()
  libraryCopy(folder.path, size)
  await using core = openCore(testPorts(folder.path), null, { pushesByItself: false })
  const { db, datasets } = core.store
  const remotes = new RemoteRepository(db)
  const files = new CachedFileRepository(db)
  const outbox = new Outbox(db)
  const [{ id }] = datasets.list()
  const row = new Row(size)

  let list = new ImageList()
  await row.time('the page’s list, page by page', async () => {
    let after: string | null = null
    for (;;) {
      const page = core.editing.images(id, after, PAGE)
      list = list.with(page)
      after = page.at(-1)?.path ?? null
      if (page.length < PAGE) return
      await setImmediate()
    }
  })
  const isLabelled = imageFilter(({ annotationCount }) => annotationCount > 0)
  const ids = Array.from(list, (image) => image.id)
  isLabelled(list)
  await row.time('1,000 edits in the page’s filtered list', () => {
    for (let n = 0; n < 1_000; n++) {
      const image = list.at((n * 97) % size)
      if (image) list = list.with([{ ...image, annotationCount: n }])
      isLabelled(list)
    }
  })
  await row.time('listing again, nothing changed', async () => {
    for (let start = 0; start < size; start += PAGE) {
      remotes.listed.upsert(id, pageOf(start))
      await setImmediate()
    }
  })
  await row.time('asked for offline', () => files.setKept(id, null, true))
  await row.time('tags of all images', async () => {
    for (let start = 0; start < size; start += 5_000)
      await core.facts.add(
        'tags',
        ids.slice(start, start + 5_000),
        { addTags: ['night'] },
        start + 5_000 >= size,
      )
  })
  await row.time('what waits to be pushed, in batches of 25', async () => {
    for (let after = 0; ; ) {
      const batch = outbox.waiting(id, 'tags', { after, limit: 25 })
      after = batch.at(-1)?.id ?? after
      if (batch.length < 25) return
      await setImmediate()
    }
  })
  const edits: number[] = []
  const whileEditing = async (work: () => Promise<unknown>) => {
    let isDone = false
    const done = work()
      .then(() => core.editing.settled())
      .finally(() => {
        isDone = true
      })
    for (let n = 0; !isDone; n++) {
      const start = performance.now()
      core.editing.commit({
        commitId: `bench ${edits.length}`,
        imageId: ids[(n * 31) % size],
        changes: { ...EMPTY_CHANGE_SET, created: [aBox('bus')] },
        label: 'Draw',
      })
      edits.push(performance.now() - start)
      await setTimeout(20)
    }
    await done
  }
  const renamed = async (from: string, to: string) => {
    await core.editing.editClasses(id, `rename ${to}`, { kind: 'rename', from, to })
    await core.editing.settled()
  }
  await row.time('renaming a class', () => renamed('car', 'auto'))
  await row.time('taking that back', async () => {
    await core.editing.undo(ids[0], 'undo')
    await core.editing.settled()
  })
  await row.time('renaming it while somebody draws', () =>
    whileEditing(() => renamed('car', 'vehicle')),
  )
  await row.time('deleting it', async () => {
    await core.editing.editClasses(id, 'delete', { kind: 'delete', name: 'vehicle' })
    await core.editing.settled()
  })
  row.figures.push({ name: 'an edit meanwhile, p95', value: percentile(edits, 0.95), unit: 'ms' })
  await row.time('names of one folder’s files of one name', async () => {
    const names = new SafeNames()
    let left = size
    await inPieces((count) => {
      for (let n = 0; n < Math.min(count, left); n++) names.assign('rgb.png')
      left -= count
      return left > 0
    })
  })
  await row.time('removing the dataset', async () => {
    datasets.remove(id)
    await core.removal.start()
  })
  return row.figures
}

/** What is done with all images of a dataset, at 10,000 and 100,000 images with ten annotations each. */
export async function benchScale(): Promise<Figure[]> {
  const figures: Figure[] = []
  for (const size of SIZES) figures.push(...(await measure(size)))
  return figures
}
