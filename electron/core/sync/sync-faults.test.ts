import { Agent } from 'undici'
import { describe, expect, test } from 'vitest'
import { systemClock } from '#core/api/retry.ts'
import type { EditStore } from '#core/cache/edit-store.ts'
import type { CoreEvent } from '#core/core-events.ts'
import { EventBus } from '#core/event-bus.ts'
import { probeImage } from '#core/media/probe.ts'
import { openStore } from '#core/store.ts'
import { type Emulator, startEmulator } from '#emulator/server.ts'
import { EMPTY_CHANGE_SET } from '#shared/model/change-set.ts'
import { cloudCore, edit, onService, seededEmulator } from '#tests/helpers/cloud.ts'
import { aBox, temporaryFolder, testPorts } from '#tests/helpers/core.ts'
import { createSync } from './sync.ts'

const STREET = 'street scenes'

test('the service is killed during a bulk push: everything arrives once', async () => {
  using folder = temporaryFolder()
  const first = await startEmulator({ dataDir: folder.path, seeded: true })
  const port = Number(new URL(first.url).port)
  await using cloud = await cloudCore(first)
  const drawn = new Map<string, string>()
  for (const { id, path } of cloud.list()) {
    await cloud.core.labelSync.read(id)
    const box = aBox()
    edit(cloud.core, id, { created: [box] })
    drawn.set(path, box.id)
  }
  first.faults.add({ match: 'annotations/bulk', fault: { kind: 'lose_answer' } })
  first.faults.add({ match: 'annotations/bulk', fault: { kind: 'reset' } })
  const pushing = cloud.push()
  while (!first.requests.some(({ line }) => line.includes('/annotations/bulk')))
    await new Promise((next) => setImmediate(next))
  await first[Symbol.asyncDispose]()
  await pushing
  expect(cloud.core.outbox.list(null)).toHaveLength(24)
  const again: Emulator = await startEmulator({ dataDir: folder.path, port })
  await cloud.core.accounts.probe(cloud.account.id)
  await cloud.push()
  expect(cloud.core.outbox.list(null)).toEqual([])
  for (const [path, id] of drawn)
    expect(onService(again, STREET, path)).toEqual([{ id, name: 'car' }])
  await again[Symbol.asyncDispose]()
})

/** The app's sync part on a database that can be made to fail. */
async function fragileCloud(emulator: Emulator) {
  const folder = temporaryFolder()
  const store = openStore(folder.path)
  const { db, images, edits } = store
  const events = new EventBus()
  const notices: string[] = []
  events.on((event) => {
    if (event.type === 'notice') notices.push(event.message)
    if (event.type === 'scan') notices.push(...event.problems)
  })
  const cloud = createSync({
    store,
    ports: testPorts(folder.path),
    events,
    coreEvents: new EventBus<CoreEvent>(),
    probe: probeImage,
    cacheLimitBytes: () => 1e9,
    dispatcher: new Agent(),
    clock: systemClock,
    pushesByItself: false,
    limits: {},
  })
  const account = await cloud.accounts.add(emulator.url, 'pk_live_member')
  const { id: remoteId } = emulator.state.dataset(STREET)
  const dataset = await cloud.remoteDatasets.open(account.id, remoteId)
  await cloud.remoteDatasets.settled(dataset.id)
  return {
    db,
    cloud,
    edits,
    notices,
    datasetId: dataset.id,
    accountId: account.id,
    images: images.list(dataset.id),
    async [Symbol.asyncDispose]() {
      await cloud[Symbol.asyncDispose]()
      store[Symbol.dispose]()
      folder[Symbol.dispose]()
    },
  }
}

describe('a database that cannot be written', () => {
  const draw = (edits: EditStore, imageId: string) =>
    edits.commit({
      commitId: 'mine',
      imageId,
      changes: { ...EMPTY_CHANGE_SET, created: [aBox('person')] },
      label: 'Draw',
      origin: 'user',
    })

  const fail = {
    'the disk full': (db: Awaited<ReturnType<typeof fragileCloud>>['db']) =>
      db.pragma(`max_page_count = ${Number(db.pragma('page_count', { simple: true }))}`),
    'the file read-only': (db: Awaited<ReturnType<typeof fragileCloud>>['db']) =>
      db.pragma('query_only = ON'),
  }
  const mend = (db: Awaited<ReturnType<typeof fragileCloud>>['db']) => {
    db.pragma('query_only = OFF')
    db.pragma('max_page_count = 1000000')
  }

  test.each(Object.entries(fail))(
    '%s in the middle of a pull: told, and nothing lost',
    async (_what, breakIt) => {
      await using service = await seededEmulator()
      const { emulator } = service
      await using setup = await fragileCloud(emulator)
      const [image] = setup.images
      await setup.cloud.labelSync.read(image.id)
      draw(setup.edits, image.id)
      const { state } = emulator
      const there = state.imageAt(state.dataset(STREET), image.path)
      state.setAnnotations(
        there.id,
        Array.from({ length: 400 }, (_, index) => ({
          id: `theirs-${index}`,
          name: 'car',
          type: 'bbox' as const,
          bounding_box: { x: index, y: 1, w: 5, h: 5 },
          confidence: 1,
        })),
      )
      breakIt(setup.db)
      await expect(setup.cloud.labelSync.read(image.id)).rejects.toThrow()
      await setup.cloud.engine.pushNow(setup.accountId)
      expect(setup.notices.join('\n')).toMatch(/disk is full|Read-only/)
      expect(state.annotations(there.id)).toHaveLength(400)
      expect(setup.edits.annotations(image.id).annotations).toHaveLength(1)
      mend(setup.db)
      await setup.cloud.engine.pushNow(setup.accountId)
      expect(setup.edits.annotations(image.id).annotations).toHaveLength(401)
      expect(state.annotations(there.id)).toHaveLength(401)
      expect(setup.cloud.outbox.list(null)).toEqual([])
    },
  )
})
