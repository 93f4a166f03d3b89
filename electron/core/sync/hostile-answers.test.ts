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
  // Equal rows say the same.
  if (name === 'everything twice') return
  expectHeld(set)
  await expectSettled(set)
})

const SAVE_ROUTE = '/api/v1/developer/annotations/bulk'

test.each([
  [418, '{}'],
  [200, '{"saved": [{"im'],
  [200, JSON.stringify({ saved: [], failed: [] })],
])(
  'a bad answer to a save, which the service repeats all day (%d %s), does not hold up the image',
  async (status, body) => {
    await using set = await drawn()
    const { core, cloud, image, between, emulator, theirs, mine } = set
    between.lie(/POST .*\/annotations\/bulk/, text(body, 'application/json', status), {
      isKept: true,
    })
    await cloud.push()
    expectHeld(set)
    const key = core.remotes.find(image.id)?.sent?.key
    emulator.state.keepAnswer(`${key} POST ${SAVE_ROUTE}`, status, body, Date.now())
    const later = aBox('person', 40)
    edit(core, image.id, { created: [later] })
    await set.again()
    expect(core.outbox.list(cloud.datasetId)).toEqual([])
    const all = idsOf([theirs, mine, later])
    expect(idsOf(onService(emulator, STREET, image.path))).toEqual(all)
    expect(set.shown()).toEqual(all)
    expect(core.labelSync.conflicts(image.id)).toEqual([])
  },
)

test.each([text('{}', 'application/json', 418), json({ saved: [], failed: [] })])(
  'a repeated save that is done without a clear answer brings nothing back that was deleted since',
  async (how) => {
    await using set = await drawn()
    const { core, cloud, image, between, emulator, theirs, mine } = set
    const save = /POST .*\/annotations\/bulk/
    between.lie(save, text('{}', 'application/json', 418), { isKept: true })
    await cloud.push()
    edit(core, image.id, { deleted: [mine], created: [aBox('person', 60)] })
    const drawnNow = set.shown()
    between.lie(save, how)
    core.outbox.retry(null)
    await cloud.push()
    expect(set.shown()).toEqual(drawnNow)
    await set.again()
    expect(core.outbox.list(cloud.datasetId)).toEqual([])
    expect(set.shown()).toEqual(drawnNow)
    expect(idsOf(onService(emulator, STREET, image.path))).toEqual(drawnNow)
    expect(drawnNow).toContain(theirs.id)
    expect(core.labelSync.conflicts(image.id)).toEqual([])
  },
)

test('two different rows about one image acknowledge nothing', async () => {
  await using set = await drawn()
  const twice = changed(({ saved }) => ({
    saved: [...saved.map((item: object) => ({ ...item, new_count: 0 })), ...saved],
  }))
  set.between.lie(/POST .*\/annotations\/bulk/, twice)
  await set.cloud.push()
  expectHeld(set)
  await expectSettled(set)
})

test('a split whose answer is bad gets a new key, because the service repeats the answer', async () => {
  await using set = await drawn()
  const { core, cloud, image, between } = set
  await cloud.push()
  core.images.patch([image.id], { split: 'val' })
  const [before] = core.outbox.list(cloud.datasetId)
  between.lie(/POST .*\/images\//, text('{}', 'application/json', 418), {
    isKept: true,
  })
  await cloud.push()
  const [row] = core.outbox.list(cloud.datasetId, 'failed')
  expect(row?.kind).toBe('split')
  expect(row?.idempotencyKey).not.toBe(before?.idempotencyKey)
})

const withoutClasses = changed(({ data, ...more }) =>
  Array.isArray(data) ? { data, ...more } : { data: { ...data, classes: undefined }, ...more },
)

test('an edit of a class waits while the service does not list its classes', async () => {
  await using set = await drawn()
  const { core, cloud, between, emulator } = set
  await cloud.push()
  const color = '#123456'
  const [{ name }] = core.datasets.get(cloud.datasetId).classes
  const colorOf = (classes: readonly { name: string; color?: string | null }[]) =>
    classes.find((item) => item.name === name)?.color
  core.publish(core.edits.editClasses(cloud.datasetId, 'recolor', { kind: 'recolor', name, color }))
  const [before] = core.outbox.list(cloud.datasetId)
  between.lie(/GET .*\/datasets\//, withoutClasses)
  await cloud.push()
  const [row] = core.outbox.list(cloud.datasetId, 'failed')
  expect(row?.problem).toMatch(/has no list of classes.*Try again/)
  expect(row?.idempotencyKey).not.toBe(before?.idempotencyKey)
  expect(colorOf(core.datasets.get(cloud.datasetId).classes)).toBe(color)
  await set.again()
  expect(core.outbox.list(cloud.datasetId)).toEqual([])
  expect(colorOf(emulator.state.dataset(STREET).classes)).toBe(color)
  expect(colorOf(core.datasets.get(cloud.datasetId).classes)).toBe(color)
})

test('an edit is not merged onto another annotation with the same id, in whatever order they come', async () => {
  await using set = await drawn()
  const { core, cloud, image, emulator } = set
  await cloud.push()
  const wire = (name: string, x: number) => ({
    id: 'a',
    type: 'bbox',
    name,
    bounding_box: { x, y: 1, w: 9, h: 9 },
  })
  const doubled = [wire('car', 100), wire('person', 200)]
  emulator.state.setAnnotations(set.remote().id, doubled as never)
  await core.labelSync.read(image.id)
  const before = core.edits
    .annotations(image.id)
    .annotations.find(({ shape }) => shape.kind === 'bbox' && shape.x === 100)
  if (!before) throw new Error('not pulled')
  edit(core, image.id, { updated: [{ before, after: { ...before, className: 'bus' } }] })
  emulator.state.setAnnotations(set.remote().id, doubled.toReversed() as never)
  await core.labelSync.read(image.id)
  await cloud.push()
  const there = emulator.state.annotations(set.remote().id)
  expect(there).toHaveLength(2)
  expect(there).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ name: 'bus', bounding_box: { x: 100, y: 1, w: 9, h: 9 } }),
      expect.objectContaining({ name: 'person', bounding_box: { x: 200, y: 1, w: 9, h: 9 } }),
    ]),
  )
  expect(core.labelSync.conflicts(image.id)).toEqual([])
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
    'no classes': withoutClasses,
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
