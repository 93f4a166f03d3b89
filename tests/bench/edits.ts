import { join } from 'node:path'
import Database from 'better-sqlite3'
import { serve } from '#hosts/host-node/server.ts'
import { newAnnotation, newId } from '#shared/model/annotation.ts'
import { coreWithImages, temporaryFolder } from '#tests/helpers/core.ts'
import { connectPage, openAddress } from '#tests/helpers/served-page.ts'
import { type Figure, percentile } from './measure.ts'

const EDITS = 1_000
/** The image already has this many annotations. */
const PRESENT = 1_000

const aPolygon = () => {
  const ring = Array.from({ length: 24 }, (_, index) => ({
    x: 20 + 10 * Math.cos((index / 24) * 2 * Math.PI),
    y: 20 + 10 * Math.sin((index / 24) * 2 * Math.PI),
  }))
  return newAnnotation({ kind: 'polygon', rings: [ring] }, 'car')
}

/** The cost of a bare durable insert of the same row, in milliseconds each. */
function bareInserts(): number[] {
  using folder = temporaryFolder()
  const db = new Database(join(folder.path, 'bare.sqlite'))
  db.pragma('journal_mode = WAL')
  db.pragma('synchronous = FULL')
  db.exec('CREATE TABLE t (id TEXT PRIMARY KEY, data TEXT)')
  const insert = db.prepare('INSERT INTO t VALUES (?, ?)')
  const times = Array.from({ length: EDITS }, () => {
    const annotation = aPolygon()
    const start = performance.now()
    insert.run(annotation.id, JSON.stringify(annotation))
    return performance.now() - start
  })
  db.close()
  return times
}

/** From sending an edit to its acknowledgement, over the served app's WebSocket. */
export async function benchEdits(): Promise<Figure[]> {
  await using setup = await coreWithImages(['a.png'])
  await using server = await serve({
    core: setup.core,
    rendererDir: '',
    ports: [0],
    host: '127.0.0.1',
    onNewAddress: () => {},
  })
  using page = await connectPage(await openAddress(server.url))
  const { client } = page
  const [image] = setup.list()
  const commit = async (count: number) => {
    const created = Array.from({ length: count }, aPolygon)
    const changes = { created, updated: [], deleted: [] }
    await client.annotations.commit({
      imageId: image.id,
      commitId: newId(),
      label: 'Draw',
      changes,
    })
  }
  await commit(PRESENT)
  const times: number[] = []
  for (let edit = 0; edit < EDITS; edit++) {
    const start = performance.now()
    await commit(1)
    times.push(performance.now() - start)
  }
  const bare = bareInserts()
  const figure = (share: number): Figure => {
    const [value, base] = [percentile(times, share), percentile(bare, share)]
    return {
      name: `acknowledged edit, p${share * 100}`,
      value,
      unit: 'ms',
      baseline: { name: 'bare durable insert', value: base },
      ratio: base / value,
    }
  }
  return [figure(0.5), figure(0.95)]
}
