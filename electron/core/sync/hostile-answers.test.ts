import { expect, test } from 'vitest'
import type { Annotation } from '#shared/model/annotation.ts'
import { cloudCore, edit, onService, saveElsewhere, seededEmulator } from '#tests/helpers/cloud.ts'
import { aBox } from '#tests/helpers/core.ts'
import { canary, type Lie, liar } from '#tests/helpers/liar.ts'
import { STREET } from '#tests/helpers/transfers.ts'

const page = '<!DOCTYPE html><html><head><title>Log in</title></head></html>'
const text =
  (body: string, type = 'application/json', status = 200): Lie =>
  (_body, response) => {
    response.writeHead(status, { 'content-type': type }).end(body)
    return body.slice(0, 40)
  }
const json = (body: unknown) => text(JSON.stringify(body))
/** Changes the service's own answer. */
const changed =
  // biome-ignore lint/suspicious/noExplicitAny: any answer
    (change: (answer: any) => unknown): Lie =>
    (body, response) => {
      const answer = JSON.stringify(change(JSON.parse(body.toString('utf8'))))
      response.writeHead(200, { 'content-type': 'application/json' }).end(answer)
      return answer.slice(0, 40)
    }
const longer: Lie = (body, response) => {
  response.writeHead(200, { 'content-length': body.length + 20 })
  response.write(body, () => response.destroy())
  return 'a length that is too long'
}
const shorter: Lie = (body, response) => {
  response.writeHead(200, { 'content-length': Math.floor(body.length / 2) })
  response.end(body.subarray(0, Math.floor(body.length / 2)))
  return 'half of it'
}

/** Answers to any request that are none. */
const RUBBISH: Record<string, Lie> = {
  'a login page': text(page, 'text/html'),
  'a page of a gateway': text(page, 'text/html', 502),
  'an error with status 200': json({ error: { code: 'x', message: 'The database is away' } }),
  'a status that the service does not have': text('{}', 'application/json', 418),
  'success: false': json({ success: false, message: 'Not now' }),
  'an empty object': json({}),
  'an empty list': json([]),
  null: json(null),
  'a text': json('ok'),
  'half of it': shorter,
  'a length that is too long': longer,
}

const LABELS: Record<string, Lie> = {
  ...RUBBISH,
  'no list': json({ annotations: null }),
  'an object for the list': json({ annotations: {} }),
  'a shorter list than it counts': json({ annotations: [], annotation_count: 2 }),
  'another image': json({ annotations: [], image_id: '99999999-9999-4999-8999-999999999999' }),
}

const SAVES: Record<string, Lie> = {
  ...RUBBISH,
  'nobody saved': json({ saved: [], failed: [] }),
  'others saved': json({ saved: [{ image_id: 'x', previous_count: 1, new_count: 1 }] }),
  'everything twice': changed(({ saved }) => ({ saved: [...saved, ...saved], failed: [] })),
  'rows that are none': json({ saved: [null, 'x', 7, { image_id: null }], failed: 'x' }),
  'saved and refused': changed(({ saved }) => ({
    saved,
    failed: saved.map(({ image_id }: { image_id: string }) => ({ image_id, error: 'no' })),
  })),
  'fewer stored than sent': changed(({ saved }) => ({
    saved: saved.map((item: object) => ({ ...item, new_count: 0 })),
  })),
}

/** An image with a box of somebody else, and one drawn here that was not pushed. */
async function drawn() {
  const service = await seededEmulator({ seeded: 1 })
  const { emulator } = service
  const between = await liar(emulator.url)
  const cloud = await cloudCore(emulator, { baseUrl: between.url })
  const { core } = cloud
  const [image] = cloud.list()
  const [theirs, mine] = [aBox('car', 1), aBox('person', 20)]
  saveElsewhere(emulator, STREET, image.path, [theirs])
  await core.labelSync.read(image.id)
  edit(core, image.id, { created: [mine] })
  const notices: string[] = []
  core.events.on((event) => {
    if (event.type === 'notice') notices.push(event.message)
  })
  const { state } = emulator
  const shown = () => idsOf(core.edits.annotations(image.id).annotations)
  return {
    emulator,
    between,
    cloud,
    core,
    image,
    theirs,
    mine,
    notices,
    remote: () => state.imageAt(state.dataset(STREET), image.path),
    shown,
    /** The user tries again after the service has come to its senses. */
    async again() {
      between.beHonest()
      await core.accounts.probe(cloud.account.id)
      core.outbox.retry(null)
      await cloud.push()
    },
    async [Symbol.asyncDispose]() {
      await cloud[Symbol.asyncDispose]()
      await between[Symbol.asyncDispose]()
      await service[Symbol.asyncDispose]()
    },
  }
}
type Drawn = Awaited<ReturnType<typeof drawn>>
const idsOf = (labels: readonly Pick<Annotation, 'id'>[]) => labels.map(({ id }) => id).sort()

/** Nothing is lost here and there, and what stands still says why. */
function expectHeld({ core, cloud, shown, theirs, mine, notices }: Drawn): void {
  expect(shown()).toEqual(idsOf([theirs, mine]))
  const rows = core.outbox.list(cloud.datasetId)
  expect(rows).toHaveLength(1)
  const [{ state, problem }] = rows
  const [account] = core.accounts.list()
  const words = [problem, account.problem, ...notices].join(' ')
  // It waits for a service that is away, or says what is wrong.
  if (state === 'failed')
    expect(problem).toMatch(/answer.*Try again|did not say.*Try again|HTTP 418/)
  expect(words).not.toMatch(/TypeError|RangeError|undefined|is not (a|iter)|SQL/)
}

async function expectSettled(set: Drawn): Promise<void> {
  await set.again()
  const { core, cloud, shown, theirs, mine, emulator, image } = set
  expect(core.outbox.list(cloud.datasetId)).toEqual([])
  expect(shown()).toEqual(idsOf([theirs, mine]))
  expect(idsOf(onService(emulator, STREET, image.path))).toEqual(idsOf([theirs, mine]))
  expect(core.labelSync.conflicts(image.id)).toEqual([])
}

test.each(Object.entries(LABELS))('pull: %s', async (_name, how) => {
  await using set = await drawn()
  set.between.lie(/GET .*\/annotations\//, how)
  await set.core.labelSync.read(set.image.id).catch(() => {})
  await set.cloud.push()
  expect(set.between.told).not.toEqual([])
  expectHeld(set)
  expect(idsOf(onService(set.emulator, STREET, set.image.path))).toEqual([set.theirs.id])
  await expectSettled(set)
})

test.each(
  Object.entries(SAVES).flatMap(([name, how]) => [
    [name, true, how] as const,
    [name, false, how] as const,
  ]),
)('save: %s, done: %s', async (name, isDone, how) => {
  await using set = await drawn()
  const isOwn = !isDone && /twice|refused|stored|half|length/.test(name)
  // What it never heard of has no answer to be changed.
  const one = { image_id: set.remote().id, previous_count: 1, new_count: 2 }
  const given = Buffer.from(JSON.stringify({ saved: [one], failed: [] }))
  const said: Lie = isOwn ? (_body, response, line) => how(given, response, line) : how
  set.between.lie(/POST .*\/annotations\/bulk/, said, { isKept: !isDone })
  await set.cloud.push()
  expect(set.between.told).not.toEqual([])
  if (name === 'everything twice') return
  expectHeld(set)
  await expectSettled(set)
})

test('a pulled annotation without an id, or with the id of another one, is one annotation at each pull', async () => {
  await using set = await drawn()
  const { core, cloud, image, theirs, mine } = set
  const wire = { type: 'bbox', name: 'car', bounding_box: { x: 1, y: 1, w: 9, h: 9 } }
  const { state } = set.emulator
  const there = state.annotations(set.remote().id)
  const odd = [...there, ...there, wire, wire, { ...wire, id: null }]
  state.setAnnotations(set.remote().id, odd as never)
  await core.labelSync.read(image.id)
  const first = set.shown()
  expect(first).toHaveLength(6)
  expect(first).toEqual(expect.arrayContaining([theirs.id, mine.id]))
  await core.labelSync.read(image.id)
  expect(set.shown()).toEqual(first)
  await cloud.push()
  expect(idsOf(onService(set.emulator, STREET, image.path))).toEqual(first)
  expect(core.labelSync.conflicts(image.id)).toEqual([])
  expect(set.notices).toEqual([])
})

test.each(
  Object.entries({
    ...RUBBISH,
    'refused without a name': json({ success: false, processed: 0, failed: [] }),
    'another one refused': json({ processed: 1, failed: [{ id: 'x', reason: 'no' }] }),
  }),
)('stage, split and tags: %s', async (_name, how) => {
  await using set = await drawn()
  const { core, cloud, image, between } = set
  await cloud.push()
  const own = { stage: 'review', split: 'val', tags: ['night'] } as const
  core.images.patch([image.id], { ...own, tags: [...own.tags] })
  between.lie(/(PATCH|POST) .*\/images\//, how)
  await cloud.push()
  await core.accounts.probe(cloud.account.id)
  between.lie(/(PATCH|POST) .*\/images\//, how)
  await cloud.push()
  expect(between.told).not.toEqual([])
  expect(core.images.get(image.id)).toMatchObject(own)
  expect(core.outbox.list(cloud.datasetId).length).toBeGreaterThan(0)
  await set.again()
  expect(core.outbox.list(cloud.datasetId)).toEqual([])
  expect(core.images.get(image.id)).toMatchObject(own)
  expect(set.remote()).toMatchObject({ status: own.stage, split: own.split, tags: own.tags })
})

test.each(
  Object.entries({
    ...RUBBISH,
    'another image': changed(({ comment }) => ({
      comment: { ...comment, image_id: '99999999-9999-4999-8999-999999999999' },
    })),
    'no id': changed(({ comment }) => ({ comment: { ...comment, id: null } })),
  }),
)('comment: %s', async (_name, how) => {
  await using set = await drawn()
  const { core, cloud, image, mine, between } = set
  await cloud.push()
  core.comments.add(image.id, mine.id, 'One or two?')
  between.lie(/POST .*\/annotation-comments/, how)
  await cloud.push()
  expect(between.told).not.toEqual([])
  expect(core.comments.list(image.id)).toMatchObject([{ body: 'One or two?' }])
  await set.again()
  expect(core.outbox.list(cloud.datasetId)).toEqual([])
  expect(core.comments.list(image.id)).toMatchObject([{ body: 'One or two?' }])
  const there = await core.accounts.run(cloud.account.id, (client) =>
    client.comments.list(set.remote().id),
  )
  expect(there).toMatchObject([{ body: 'One or two?' }])
  // The list of comments, too, may be rubbish.
  between.lie(/GET .*\/annotation-comments/, how)
  const failed = core.accounts
    .run(cloud.account.id, (client) => client.comments.list(set.remote().id))
    .then(
      () => false,
      () => true,
    )
  expect(await failed).toBe(true)
  core.comments.pull(image.id)
  await core.accounts.probe(cloud.account.id)
  expect(core.comments.list(image.id)).toMatchObject([{ body: 'One or two?' }])
})

test.each(
  Object.entries({
    ...RUBBISH,
    'another dataset': changed((answer) =>
      answer.data?.classes
        ? { data: { ...answer.data, id: '99999999-9999-4999-8999-999999999999', classes: [] } }
        : answer,
    ),
    'no classes': changed(({ data, ...more }) =>
      Array.isArray(data) ? { data, ...more } : { data: { ...data, classes: undefined }, ...more },
    ),
    'images without ids': changed((answer) =>
      Array.isArray(answer.data)
        ? { ...answer, data: answer.data.map((item: object) => ({ ...item, id: null })) }
        : answer,
    ),
    'no images, of 24': changed((answer) =>
      Array.isArray(answer.data)
        ? { data: [], pagination: { total: 24, has_more: false } }
        : answer,
    ),
  }),
)('list: %s', async (_name, how) => {
  await using set = await drawn()
  const { core, cloud, between } = set
  const { classes } = core.datasets.get(cloud.datasetId)
  expect(classes.length).toBeGreaterThan(0)
  between.lie(/GET .*\/(datasets|images)\//, how)
  core.remoteDatasets.refreshImages(cloud.datasetId)
  await core.remoteDatasets.settled(cloud.datasetId)
  expect(between.told).not.toEqual([])
  expect(cloud.list().filter(({ missing }) => missing)).toEqual([])
  expect(cloud.list()).toHaveLength(24)
  expect(core.datasets.get(cloud.datasetId).classes).toEqual(classes)
  await expectSettled(set)
})

test('a redirect leads nowhere, whatever is asked', async () => {
  await using set = await drawn()
  await using other = await canary()
  const { core, cloud, between } = set
  for (const status of [301, 302, 303, 307, 308]) {
    between.lie(/./, (_body, response) => {
      response.writeHead(status, { location: other.url }).end()
      return String(status)
    })
    core.outbox.retry(null)
    await cloud.push()
    core.remoteDatasets.refreshImages(cloud.datasetId)
    await core.remoteDatasets.settled(cloud.datasetId)
    expectHeld(set)
  }
  expect(other.asked).toBe(0)
  await expectSettled(set)
})
