import { readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test, vi } from 'vitest'
import { newId } from '#shared/model/annotation.ts'
import { cloudCore, edit, idAndClass, onService, seededEmulator } from '#tests/helpers/cloud.ts'
import { aBox, openCore, temporaryFolder, testPorts } from '#tests/helpers/core.ts'
import { cleanBaseUrl } from './accounts.ts'

const STREET = 'street scenes'
const KEY = 'pk_live_member'

describe('an account', () => {
  test('that cannot be added names the reason: the key, the address or the network', async () => {
    await using service = await seededEmulator()
    using data = temporaryFolder()
    await using core = openCore(testPorts(data.path))
    const { url } = service.emulator
    await expect(core.accounts.add(url, 'pk_live_wrong')).rejects.toThrow(
      /does not accept this key/,
    )
    await expect(core.accounts.add('not an address', KEY)).rejects.toThrow(/is not an address/)
    await expect(core.accounts.add('http://example.com', KEY)).rejects.toThrow(/https:\/\//)
    await expect(core.accounts.add('http://127.0.0.1:9', KEY)).rejects.toThrow(/Couldn’t reach/)
    await expect(core.accounts.add(`${url}/elsewhere`, KEY)).rejects.toThrow(/not Pictograph/)
    service.emulator.faults.add({ match: 'organizations', fault: { kind: 'portal' } })
    await expect(core.accounts.add(url, KEY)).rejects.toThrow(/not Pictograph/)
    expect(core.accounts.list()).toEqual([])
    expect(await core.accounts.add(url, KEY)).toMatchObject({
      organization: 'Emulated Organisation',
      state: 'online',
    })
  })

  test('stores its key only in a file that nobody else can read', async () => {
    await using service = await seededEmulator({ keys: { pk_live_planted_secret: 'member' } })
    const lines: string[] = []
    const write = (message: string, fields?: object) =>
      lines.push(message + JSON.stringify(fields ?? {}))
    using data = temporaryFolder()
    const ports = testPorts(data.path)
    {
      await using core = openCore({
        ...ports,
        log: { info: write, warn: write, error: write },
      })
      const events: unknown[] = []
      using _listener = core.events.on((event) => void events.push(event))
      const account = await core.accounts.add(service.emulator.url, 'pk_live_planted_secret')
      const { id } = service.emulator.state.dataset(STREET)
      const dataset = await core.remoteDatasets.open(account.id, id)
      await core.remoteDatasets.settled(dataset.id)
      service.emulator.faults.add({ times: 3, fault: { kind: 'status', status: 500 } })
      await core.remoteDatasets
        .rename(account.id, id, 'renamed')
        .catch((error) => lines.push(String(error)))
      lines.push(JSON.stringify(events), JSON.stringify(core.accounts.list()))
    }
    const files = readdirSync(data.path, { recursive: true, withFileTypes: true })
    const holders = files.filter(
      (entry) =>
        entry.isFile() &&
        readFileSync(join(entry.parentPath, entry.name)).includes('planted_secret'),
    )
    expect(holders.map(({ name }) => name)).toEqual(['secrets.json'])
    expect(statSync(join(data.path, 'secrets.json')).mode & 0o077).toBe(0)
    expect(lines.join('\n')).not.toContain('planted_secret')
  })

  test('an address is normalized', () => {
    expect(cleanBaseUrl(' https://api.pictograph.io/ ')).toBe('https://api.pictograph.io')
    expect(cleanBaseUrl('http://localhost:7380/x/?y#z')).toBe('http://localhost:7380/x')
  })

  test('is removed together with its datasets and its key', async () => {
    await using service = await seededEmulator()
    await using cloud = await cloudCore(service.emulator)
    await cloud.core.cache.file(cloud.list()[0].id)
    await cloud.core.removeAccount(cloud.account.id)
    expect(cloud.core.accounts.list()).toEqual([])
    expect(cloud.core.datasets.list()).toEqual([])
    expect(readFileSync(join(cloud.dataDir, 'secrets.json'), 'utf8')).toBe('{}')
    expect(readdirSync(join(cloud.dataDir, 'datasets'))).toEqual([])
  })
})

describe('datasets of the service', () => {
  test('are listed, created, renamed and archived', async () => {
    await using service = await seededEmulator()
    // Archiving needs an admin.
    await using cloud = await cloudCore(service.emulator, { apiKey: 'pk_live_admin' })
    const { remoteDatasets } = cloud.core
    const { id } = cloud.account
    const made = await remoteDatasets.create(id, {
      name: 'new one',
      description: null,
      classes: [{ name: 'tree', color: '#112233', attributes: [{ name: 'kind', type: 'text' }] }],
    })
    await expect(
      remoteDatasets.create(id, { name: 'new one', description: null, classes: [] }),
    ).rejects.toThrow(/already exists/)
    await remoteDatasets.rename(id, made.remoteId, 'newer one')
    await remoteDatasets.setArchived(id, made.remoteId, true)
    const { datasets } = await remoteDatasets.list(id, false)
    expect(datasets.map(({ name, imageCount, isCold }) => ({ name, imageCount, isCold }))).toEqual([
      { name: 'frozen', imageCount: 3, isCold: true },
      { name: 'large', imageCount: 12_000, isCold: false },
      { name: STREET, imageCount: 24, isCold: false },
    ])
    expect((await remoteDatasets.list(id, true)).datasets.map(({ name }) => name)).toEqual([
      'newer one',
    ])
  })

  test('arrive page by page, and remote changes show after a refresh', async () => {
    await using service = await seededEmulator()
    await using cloud = await cloudCore(service.emulator, { dataset: 'large' })
    expect(cloud.list()).toHaveLength(12_000)
    const pages = service.emulator.requests.filter(({ line }) => line.includes('/images/?'))
    expect(pages).toHaveLength(12)
    const { state } = service.emulator
    const [first, second, third] = state.images(state.dataset('large').id)
    state.updateImage({ ...first, status: 'review' })
    state.deleteImage(second.id)
    state.addImage({ ...third, id: newId(), filename: 'added.jpg' })
    const changed: string[] = []
    using _listener = cloud.core.events.on((event) => {
      if (event.type === 'images') changed.push(...event.upserted.map(({ path }) => path))
    })
    cloud.core.remoteDatasets.refreshImages(cloud.datasetId)
    await cloud.core.remoteDatasets.settled(cloud.datasetId)
    expect(changed.sort()).toEqual(['added.jpg', first.filename, second.filename].sort())
    expect(cloud.list()).toHaveLength(12_000)
  })

  test('names from the service never become paths on this disk', async () => {
    await using service = await seededEmulator()
    const { state } = service.emulator
    const [sample] = state.images(state.dataset(STREET).id)
    for (const filename of ['../../escape.jpg', '/etc/x.jpg', 'CON.jpg', 'a\u0000b.jpg'])
      state.addImage({ ...sample, id: newId(), filename, directory_path: '/../..' })
    await using cloud = await cloudCore(service.emulator)
    for (const image of cloud.list()) await cloud.core.cache.file(image.id)
    const files = readdirSync(join(cloud.dataDir, 'datasets', cloud.datasetId))
    expect(files).toHaveLength(28)
    expect(files.every((name) => /^[0-9a-f-]{36}\.jpg$/.test(name))).toBe(true)
  })
})

describe('an image of the service', () => {
  test('is fetched once, with its successors, and then opens offline', async () => {
    await using service = await seededEmulator()
    await using cloud = await cloudCore(service.emulator)
    const [first, second] = cloud.list()
    await cloud.core.look(first.id)
    await cloud.core.cache.file(first.id)
    await cloud.core.cache.file(second.id)
    const before = service.emulator.requests.length
    service.emulator.faults.add({ times: 1000, fault: { kind: 'reset' } })
    await cloud.core.look(first.id)
    const response = await cloud.core.media(new Request(`http://local/media/image/${first.id}`))
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'image/jpeg'])
    const unread = cloud.list().at(-1)
    await expect(cloud.core.look(unread?.id ?? '')).rejects.toThrow(/not on this machine yet/)
    // The labels of the first image are pulled again at most once, in the background.
    const asked = service.emulator.requests
      .slice(before)
      .filter(({ line }) => line.includes('/file'))
    expect(asked.length).toBeLessThanOrEqual(2)
  })

  test('a truncated body is not accepted as the image', async () => {
    await using service = await seededEmulator()
    await using cloud = await cloudCore(service.emulator)
    const [image] = cloud.list()
    const { size } = statSync(await cloud.core.cache.file(image.id))
    await cloud.core.cache.drop([image.id])
    service.emulator.faults.add({
      match: 'GET /api/v1/developer/images/[0-9a-f-]{36}$',
      fault: { kind: 'truncate', bytes: 300, honest: false },
    })
    expect(statSync(await cloud.core.cache.file(image.id)).size).toBe(size)
  })

  test('a body that is cut off at the same byte each time, and looks complete, is never accepted as the image', async () => {
    await using service = await seededEmulator()
    await using cloud = await cloudCore(service.emulator)
    const [image] = cloud.list()
    const { size } = statSync(await cloud.core.cache.file(image.id))
    await cloud.core.cache.drop([image.id])
    const match = 'GET /api/v1/developer/images/[0-9a-f-]{36}$'
    const fault = { kind: 'truncate', bytes: 300, honest: true } as const
    service.emulator.faults.add({ match, times: 50, fault })
    await expect(cloud.core.cache.file(image.id)).rejects.toThrow('incomplete')
    expect(cloud.core.images.get(image.id).remote?.isCached).toBe(false)
    service.emulator.faults.clear()
    service.emulator.faults.add({ match, times: 1, fault })
    const file = await cloud.core.cache.file(image.id)
    expect(statSync(file).size).toBe(size)
    expect(readdirSync(dirname(file)).filter((name) => name.endsWith('.part'))).toEqual([])
  })

  test.each([
    ['ends early', { kind: 'truncate', bytes: 60, honest: true }],
    ['is a web page', { kind: 'portal' }],
  ] as const)('a thumbnail that %s is not kept', async (_what, fault) => {
    await using service = await seededEmulator()
    await using cloud = await cloudCore(service.emulator)
    const [image] = cloud.list()
    const small = () =>
      cloud.core.media(new Request(`http://local/media/thumbnail/${image.id}?width=160`))
    service.emulator.faults.add({ match: 'GET /thumbnail', times: 50, fault })
    expect((await small()).ok).toBe(false)
    service.emulator.faults.clear()
    expect((await small()).status).toBe(200)
  })

  test('a thumbnail is fetched from the CDN without the key', async () => {
    await using service = await seededEmulator()
    await using cloud = await cloudCore(service.emulator)
    const [image] = cloud.list()
    const url = `http://local/media/thumbnail/${image.id}?width=160`
    const response = await cloud.core.media(new Request(url))
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'image/webp'])
    expect(cloud.core.images.get(image.id).remote?.isCached).toBe(false)
  })

  test('a full cache evicts the least recently used files, but none that is kept offline', async () => {
    await using service = await seededEmulator()
    await using cloud = await cloudCore(service.emulator)
    const images = cloud.list().slice(0, 6)
    cloud.core.cachedFiles.setKept(cloud.datasetId, [images[0].id], true)
    for (const { id } of images) await cloud.core.cache.file(id)
    edit(cloud.core, images[1].id, { created: [aBox()] })
    const bytes = cloud.core.cachedFiles.cacheBytes()
    cloud.core.settings.write({ cacheLimitBytes: bytes / 2 })
    await cloud.core.cache.shrink()
    const cached = images.map(({ id }) => cloud.core.images.get(id).remote?.isCached)
    // The first is kept offline and the second has an unpushed edit; of the others, the oldest was evicted.
    expect(cached.slice(0, 4)).toEqual([true, true, false, false])
    expect(cloud.core.cachedFiles.cacheBytes()).toBeLessThanOrEqual(bytes / 2)
  })
})

describe('local changes are pushed', () => {
  test('labels, with new classes', async () => {
    await using service = await seededEmulator()
    await using cloud = await cloudCore(service.emulator)
    const [image] = cloud.list()
    await cloud.core.look(image.id)
    const drawn = [aBox('car'), aBox('unicorn')]
    edit(cloud.core, image.id, { created: drawn })
    expect(cloud.core.images.get(image.id).remote?.sync).toBe('waiting')
    await cloud.push()
    expect(onService(service.emulator, STREET, image.path)).toEqual(drawn.map(idAndClass))
    expect(cloud.core.images.get(image.id).remote?.sync).toBe('synced')
    expect(cloud.core.outbox.list(null)).toEqual([])
  })

  test('stages, splits and tags, each in as few requests as possible', async () => {
    await using service = await seededEmulator()
    await using cloud = await cloudCore(service.emulator)
    const ids = cloud.list().map(({ id }) => id)
    cloud.core.images.patch(ids, { stage: 'review', tags: ['night'] })
    cloud.core.images.patch(ids.slice(0, 2), { split: 'val' })
    cloud.core.images.patchTags(ids.slice(0, 3), ['rain'], ['night'])
    const before = service.emulator.requests.length
    await cloud.push()
    const lines = service.emulator.requests.slice(before).map(({ line }) => line)
    expect(lines.filter((line) => /batch|bulk-tag/.test(line))).toHaveLength(3)
    expect(lines.filter((line) => line.endsWith('/split'))).toHaveLength(2)
    const { state } = service.emulator
    const there = state.images(state.dataset(STREET).id)
    expect(there.every(({ status }) => status === 'review')).toBe(true)
    expect(there.filter(({ split }) => split === 'val')).toHaveLength(2)
    expect(there.filter(({ tags }) => tags.join() === 'rain')).toHaveLength(3)
    expect(there.filter(({ tags }) => tags.join() === 'night')).toHaveLength(21)
  })

  test.each([
    ['renamed', 'car', 'van'],
    ['deleted', 'car', null],
  ])(
    'a class %s on more images than are done at once, when all of them are',
    async (_what, from, to) => {
      await using service = await seededEmulator()
      await using cloud = await cloudCore(service.emulator, { firstImages: 3 })
      const { core, datasetId } = cloud
      const ids = cloud.list().map(({ id }) => id)
      for (const id of ids) {
        await core.labelSync.read(id)
        edit(core, id, { created: [aBox('car')] })
      }
      await cloud.push()
      const names = () =>
        cloud
          .list()
          .map(({ path }) => onService(service.emulator, STREET, path).map(({ name }) => name))
      const before = names()
      const outcome = core.edits.editClasses(
        datasetId,
        newId(),
        to === null ? { kind: 'delete', name: from } : { kind: 'rename', from, to },
      )
      expect(outcome.effects).toHaveLength(3)
      // Nothing is pushed of an edit that is half done.
      await cloud.push()
      expect(names()).toEqual(before)
      core.publish(outcome)
      await core.editing.settled()
      await cloud.push()
      const expected = before.map((image) =>
        image.flatMap((name) => (name === from ? (to ?? []) : [name])),
      )
      expect(names()).toEqual(expected)
      expect(core.outbox.list(null)).toEqual([])
      const undone = core.edits.undo(ids[20], newId())
      expect(undone?.bulk).toBe('part')
      if (undone) core.publish(undone)
      await core.editing.settled()
      await cloud.push()
      expect(names().map((image) => image.toSorted())).toEqual(
        before.map((image) => image.toSorted()),
      )
      expect(core.outbox.list(null)).toEqual([])
    },
  )

  test('a renamed class, without pushing each image again', async () => {
    await using service = await seededEmulator()
    await using cloud = await cloudCore(service.emulator)
    for (const { id } of cloud.list().slice(0, 5)) {
      await cloud.core.labelSync.read(id)
      edit(cloud.core, id, { created: [aBox('car')] })
    }
    await cloud.push()
    cloud.core.publish(
      cloud.core.edits.editClasses(cloud.datasetId, newId(), {
        kind: 'rename',
        from: 'car',
        to: 'van',
      }),
    )
    const before = service.emulator.requests.length
    await cloud.push()
    const lines = service.emulator.requests.slice(before).map(({ line }) => line)
    expect(lines.filter((line) => line.includes('/annotations/'))).toEqual([
      'POST /api/v1/developer/annotations/rename-class',
    ])
    expect(onService(service.emulator, STREET, cloud.list()[0].path)[0].name).toBe('van')
    expect(cloud.core.outbox.list(null)).toEqual([])
    // Undo is another rename.
    const undone = cloud.core.edits.undo(cloud.list()[0].id, newId())
    if (undone) cloud.core.publish(undone)
    await cloud.push()
    expect(onService(service.emulator, STREET, cloud.list()[0].path)[0].name).toBe('car')
  })

  test('comments, to which others can reply', async () => {
    await using service = await seededEmulator()
    await using cloud = await cloudCore(service.emulator)
    await using other = await cloudCore(service.emulator)
    const [image] = cloud.list()
    const box = aBox()
    edit(cloud.core, image.id, { created: [box] })
    cloud.core.comments.add(image.id, box.id, 'Is this one car or two?')
    expect(cloud.core.comments.list(image.id)).toMatchObject([{ isWaiting: true }])
    const told = vi.fn()
    using _told = cloud.core.events.on((event) => event.type === 'comments' && told(event.imageId))
    await cloud.push()
    // The windows show it as pushed, with its author.
    expect(told).toHaveBeenCalledWith(image.id)
    expect(cloud.core.comments.list(image.id)).toMatchObject([
      { body: 'Is this one car or two?', isWaiting: false, isResolved: false },
    ])
    const there = other.list().find(({ path }) => path === image.path)?.id ?? ''
    const heard = Promise.withResolvers<void>()
    using _listener = other.core.events.on(({ type }) => type === 'comments' && heard.resolve())
    other.core.comments.pull(there)
    await heard.promise
    const [comment] = other.core.comments.list(there)
    other.core.comments.setResolved(comment.id, there, true)
    await other.push()
    cloud.core.comments.pull(image.id)
    await expect
      .poll(() => cloud.core.comments.list(image.id))
      .toMatchObject([{ isResolved: true }])
  })

  test('replies and reactions, also those made offline', async () => {
    await using service = await seededEmulator()
    await using cloud = await cloudCore(service.emulator)
    await using other = await cloudCore(service.emulator, { apiKey: 'pk_live_admin' })
    const { comments } = cloud.core
    const [image] = cloud.list()
    comments.add(image.id, 'shape', 'One car or two?')
    const [{ id: rootId }] = comments.list(image.id)
    // Before the first is pushed, so that they must wait for it.
    comments.add(image.id, 'shape', 'Two, I think', rootId)
    comments.react(rootId, image.id, 'question', true)
    comments.react(rootId, image.id, 'question', true)
    await cloud.push()
    await cloud.push()
    expect(cloud.core.outbox.list(null)).toEqual([])
    const there = other.list().find(({ path }) => path === image.path)?.id ?? ''
    const seen = () => other.core.comments.list(there)
    other.core.comments.pull(there)
    await expect.poll(() => seen().length).toBe(2)
    const [root, reply] = seen()
    expect(root).toMatchObject({ parentId: null, author: expect.stringMatching(/./) })
    expect(root.reactions).toEqual([{ reaction: 'question', count: 1, isMine: false }])
    expect(reply).toMatchObject({ body: 'Two, I think', parentId: root.id })
    other.core.comments.react(root.id, there, 'question', true)
    other.core.comments.react(reply.id, there, 'like', true)
    other.core.comments.react(reply.id, there, 'like', false)
    await other.push()
    comments.pull(image.id)
    const both = [{ reaction: 'question', count: 2, isMine: true }]
    await expect
      .poll(() => comments.list(image.id).map(({ reactions }) => reactions))
      .toEqual([both, []])
  })

  test('a deleted comment keeps its place while it has replies', async () => {
    await using service = await seededEmulator()
    await using cloud = await cloudCore(service.emulator)
    const { comments, accounts } = cloud.core
    const [image] = cloud.list()
    for (const body of ['alone', 'first']) comments.add(image.id, 'shape', body)
    const first = comments.list(image.id).find(({ body }) => body === 'first')
    comments.add(image.id, 'shape', 'reply', first?.id)
    await cloud.push()
    const remoteImageId = cloud.core.remotes.find(image.id)?.remoteId ?? ''
    await accounts.run(cloud.account.id, async (client) => {
      for (const { id, body } of await client.comments.list(remoteImageId))
        if (body !== 'reply') await client.comments.delete(id)
    })
    comments.pull(image.id)
    await expect
      .poll(() => comments.list(image.id))
      .toMatchObject([
        { body: '', isDeleted: true },
        { body: 'reply', isDeleted: false, parentId: first?.id },
      ])
  })

  test('a refused change stays with the service’s message, and does not stop the others', async () => {
    await using service = await seededEmulator()
    await using cloud = await cloudCore(service.emulator)
    const [gone, kept] = cloud.list()
    for (const { id } of [gone, kept]) await cloud.core.labelSync.read(id)
    const { state } = service.emulator
    state.deleteImage(state.imageAt(state.dataset(STREET), gone.path).id)
    edit(cloud.core, gone.id, { created: [aBox()] })
    edit(cloud.core, kept.id, { created: [aBox()] })
    await cloud.push()
    expect(onService(service.emulator, STREET, kept.path)).toHaveLength(1)
    const { entries } = cloud.core.outboxView.read()
    expect(entries).toMatchObject([
      {
        path: gone.path,
        kind: 'annotations',
        state: 'failed',
        problem: expect.stringMatching(/Not found on the service/),
      },
    ])
    cloud.core.outboxView.discard(entries[0].id)
    expect(cloud.core.outboxView.read().entries).toEqual([])
    expect(cloud.core.edits.annotations(gone.id).annotations).toEqual([])
    expect(cloud.core.edits.history(gone.id, 10).map(({ label }) => label)).toContain('Edit')
  })

  test('a viewer’s edits stay local until the key may push them', async () => {
    await using service = await seededEmulator()
    await using cloud = await cloudCore(service.emulator, { apiKey: 'pk_live_viewer' })
    const [image] = cloud.list()
    await cloud.core.labelSync.read(image.id)
    edit(cloud.core, image.id, { created: [aBox()] })
    await cloud.push()
    expect(cloud.core.outboxView.read().entries).toMatchObject([
      { state: 'failed', problem: expect.stringMatching(/role/), requestId: expect.any(String) },
    ])
    await cloud.core.accounts.add(service.emulator.url, KEY)
    cloud.core.outbox.retry(null)
    await cloud.push()
    expect(onService(service.emulator, STREET, image.path)).toHaveLength(1)
  })
})
