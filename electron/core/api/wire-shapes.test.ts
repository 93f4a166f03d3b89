import { describe, expect, test } from 'vitest'
import { type FakeAnswer, type FakeRequest, fakeService } from '#tests/helpers/fake-service.ts'
import { Client, NotFoundError, PaymentRequiredError, ValidationError } from './client.ts'
import { errorOfAnswer } from './error-body.ts'

const D_ID = '11111111-1111-4111-8111-111111111111'
const OTHER_ID = '22222222-2222-4222-8222-222222222222'
const IMAGE_ID = '33333333-3333-4333-8333-333333333333'

/** A client of a service that answers as the test says. */
async function talk(answer: (request: FakeRequest) => FakeAnswer) {
  const service = await fakeService(answer)
  const client = new Client({ apiKey: 'pk_live_x', baseUrl: service.url, maxRetries: 0 })
  return {
    ...service,
    client,
    async [Symbol.asyncDispose]() {
      client[Symbol.dispose]()
      await service[Symbol.asyncDispose]()
    },
  }
}

const page = (data: unknown[], has_more = false, total?: number) => ({
  json: {
    data,
    pagination: { limit: 1000, offset: 0, has_more, ...(total !== undefined && { total }) },
  },
})

describe('odd rows', () => {
  test('of datasets and images do not hide the others', async () => {
    const classes = [
      { name: 'car', attributes: [{ name: 'color' }], skeleton: { nodes: [{ name: 'a' }] } },
      { name: 'car', type: 'polygon', color: 'red' },
      'person',
    ]
    const datasets = [
      { id: '1', name: 'plain' },
      null,
      { name: 'without an id' },
      {
        id: '2',
        name: 'odd',
        image_count: null,
        total_size: 'many',
        annotation_types: 'bbox',
        is_archived: 'no',
        created_at: 5,
        images: 'none',
        classes,
      },
    ]
    await using setup = await talk(({ line }) =>
      line.startsWith('GET /datasets')
        ? page(datasets)
        : page([
            { id: 'a', filename: 'a.png', width: 'wide', tags: [1, 'wet'], status: 'in_progress' },
            { id: 'b' },
            { id: 'c', filename: 'c.png', directory_path: null, annotation_count: null },
          ]),
    )
    const listed = await setup.client.datasets.list()
    expect(listed.map(({ name }) => name)).toEqual(['plain', 'odd'])
    expect(listed[1]).toMatchObject({ image_count: 0, total_size: 0, annotation_types: null })
    // Unchanged, with its type: the next change sends it back like this.
    expect(listed[1].classes).toEqual(classes.slice(0, 2))
    const images = await setup.client.images.list('odd')
    expect(images).toMatchObject([
      { id: 'a', width: null, tags: ['wet'], status: 'annotate' },
      { id: 'c', annotation_count: null },
    ])
  })

  test('count in paging, so that no later row is skipped', async () => {
    const rows: unknown[] = [
      { id: '0', filename: '0.png' },
      null,
      null,
      { id: '3', filename: '3.png' },
    ]
    await using setup = await talk(({ line }) => {
      const offset = Number(/offset=(\d+)/.exec(line)?.[1])
      return page(rows.slice(offset, offset + 2), offset < 2)
    })
    const images = await setup.client.images.list('x')
    expect(images.map(({ id }) => id)).toEqual(['0', '3'])
  })

  test('of a listing without its total, of directories, comments and failures', async () => {
    await using setup = await talk(({ line }) => {
      if (line.includes('/download'))
        return { json: { data: { id: '1', items: [{ id: 'a', filename: 'a.png' }, { id: 7 }] } } }
      if (line.includes('/directories'))
        return { json: [{ id: '1', name: 'a', full_path: '/a', children: [{}] }, 'b'] }
      if (line.includes('comments'))
        return {
          json: { comments: [{ id: '1', body: null, is_deleted: true }, { body: 'no id' }] },
        }
      return { json: { processed: 1, failed: [{ id: 'x' }, 4], renamed: [] } }
    })
    const { datasets, directories, comments, images } = setup.client
    expect(await datasets.downloadListing('x')).toMatchObject({ items: [{ id: 'a' }], received: 2 })
    expect(await directories.tree('x')).toMatchObject([{ name: 'a', image_count: 0, children: [] }])
    expect(await comments.list('x')).toMatchObject([{ id: '1', body: '', is_deleted: true }])
    expect(await images.moveMany('x', ['x'], '/')).toMatchObject({
      processed: 1,
      failed: [{ id: 'x', reason: 'no reason given' }],
      renamed: 0,
    })
  })

  test('of annotations come as they are: a save of what was read must not delete them', async () => {
    const odd = [{ id: '1', name: 'car', type: 'ellipse', ellipse: { r: 3 } }]
    await using setup = await talk(() => ({ json: { annotations: odd } }))
    expect(await setup.client.annotations.get('x', 'a.png')).toEqual(odd)
    await expect(setup.client.annotations.save('x', 'a.png', odd)).rejects.toThrow(ValidationError)
    expect(setup.requests).toHaveLength(1)
  })
})

describe('assisted labelling', () => {
  const box = { type: 'bbox', id: '1', name: 'car', bounding_box: { x: 1, y: 1, w: 5, h: 5 } }
  const ring = [
    { x: 1, y: 1 },
    { x: 6, y: 1 },
    { x: 6, y: 6 },
  ]
  const outline = { type: 'polygon', id: '2', name: 'car', polygon: { paths: [ring] } }
  const target = { dataset: 'x', image: 'a.png', name: 'car' }

  test('points are sent as pairs of whole pixels, the first one separately', async () => {
    await using setup = await talk(() => ({ json: { status: 'success', annotation: outline } }))
    const found = await setup.client.autoAnnotate.byPoint(
      target,
      { x: 10.6, y: 20.2 },
      { positive: [{ x: 1.2, y: 2.7 }], negative: [{ x: 5, y: 6.5 }] },
    )
    expect(setup.requests[0].body).toEqual({
      dataset_name: 'x',
      image_filename: 'a.png',
      name: 'car',
      x: 11,
      y: 20,
      positive_points: [[1, 3]],
      negative_points: [[5, 7]],
      score_threshold: 0.75,
    })
    expect(found.annotations).toEqual([outline])
  })

  test('box and outline of one object are one proposal', async () => {
    await using setup = await talk(({ body }) => {
      const wantsOutline = (body as { return_polygon: boolean }).return_polygon
      return { json: { status: 'success', annotations: wantsOutline ? [box, outline] : [box] } }
    })
    const { autoAnnotate } = setup.client
    const around = { x: 1, y: 1, w: 5, h: 5 }
    expect((await autoAnnotate.byBox(target, around)).annotations).toEqual([outline])
    const asBox = await autoAnnotate.byBox(target, around, { returnPolygon: false })
    expect(asBox.annotations).toEqual([box])
  })
})

describe('exports', () => {
  const item = { id: IMAGE_ID, name: 'all of it', status: 'completed' }

  test('are found by name in their dataset, and by UUID without it', async () => {
    await using setup = await talk(({ line }) => ({
      json: { data: line.includes('/download') ? { download_url: 'https://s/x' } : item },
    }))
    const { exports } = setup.client
    await exports.get('all of it', 'my set')
    await exports.downloadUrl('all of it', 'my set')
    await exports.get(IMAGE_ID, 'my set')
    await exports.delete('all of it', 'my set')
    expect(setup.lines()).toEqual([
      'GET /exports/all%20of%20it?dataset=my+set',
      'GET /exports/all%20of%20it/download?dataset=my+set',
      `GET /exports/${IMAGE_ID}`,
      'DELETE /exports/all%20of%20it?dataset=my+set',
    ])
  })

  test('take one stage as a text', async () => {
    await using setup = await talk(() => ({ status: 201, json: { data: item } }))
    const options = { name: 'done', format: 'coco', status: 'complete', organizeBySplit: true }
    await setup.client.exports.create('x', options)
    expect(setup.requests[0].body).toEqual({
      dataset_name: 'x',
      name: 'done',
      format: 'coco',
      status_filter: 'complete',
      organize_by_split: true,
    })
  })
})

describe('UUIDs where the service takes a path', () => {
  const answer =
    (owner: string) =>
    (request: FakeRequest): FakeAnswer => {
      if (request.line.includes('/metadata'))
        return {
          json: {
            data: { id: IMAGE_ID, filename: 'a b.png', directory_path: '/day', dataset_id: owner },
          },
        }
      if (request.line.startsWith('GET /datasets/'))
        return { json: { data: { id: D_ID, name: 'x' } } }
      if (request.line.startsWith('GET /annotations')) return { json: { annotations: [] } }
      if (request.line.endsWith('/split')) return { json: { data: { split: 'val' } } }
      return { json: { image_id: IMAGE_ID, previous_count: 0, new_count: 0 } }
    }

  test('are resolved, and the dataset is checked', async () => {
    await using setup = await talk(answer(D_ID))
    const { annotations, images } = setup.client
    await annotations.get('x', IMAGE_ID)
    await annotations.save(D_ID, IMAGE_ID, [])
    await annotations.delete(D_ID, IMAGE_ID)
    await images.setSplit(D_ID, IMAGE_ID, 'val')
    await images.delete(D_ID, IMAGE_ID)
    const asked = setup.lines().filter((line) => !line.includes('/metadata'))
    expect(asked).toEqual([
      'GET /datasets/x',
      'GET /annotations/x/day/a%20b.png',
      `POST /annotations/${D_ID}/day/a%20b.png`,
      `DELETE /annotations/${D_ID}/day/a%20b.png`,
      `POST /images/${D_ID}/day/a%20b.png/split`,
      `DELETE /images/${D_ID}/day/a%20b.png`,
    ])
  })

  test('of another dataset are not found there, and nothing is written', async () => {
    await using setup = await talk(answer(OTHER_ID))
    const { annotations, images } = setup.client
    await expect(annotations.save('x', IMAGE_ID, [])).rejects.toThrow(NotFoundError)
    await expect(images.delete(D_ID, IMAGE_ID)).rejects.toThrow(NotFoundError)
    expect(setup.lines().every((line) => line.startsWith('GET'))).toBe(true)
  })
})

test('replies, reactions and the text of comments go to their routes', async () => {
  await using setup = await talk(() => ({
    json: {
      comment: {
        id: 'c',
        body: 'hm',
        parent_comment_id: 'root',
        reactions: [{ reaction: 'like', count: 2, reacted: true }, 'odd'],
      },
    },
  }))
  const { comments } = setup.client
  const reply = await comments.create('i', 'a', 'hm', { parentCommentId: 'root' })
  expect(reply).toMatchObject({ parent_comment_id: 'root', reactions: [{ count: 2 }] })
  await comments.update('c', { text: 'oh' })
  await comments.react('c', 'like')
  await comments.unreact('c', 'like')
  expect(setup.requests.map(({ line, body }) => [line, body])).toEqual([
    [
      'POST /annotation-comments',
      { image_id: 'i', annotation_id: 'a', body: 'hm', parent_comment_id: 'root' },
    ],
    ['PATCH /annotation-comments/c', { body: 'oh' }],
    ['PUT /annotation-comments/c/reactions/like', null],
    ['DELETE /annotation-comments/c/reactions/like', null],
  ])
})

test('an organisation tells its plan', async () => {
  const organization = { id: '1', name: 'Org', subscription_tier: 'team', max_images: null }
  await using setup = await talk(() => ({ json: { organization } }))
  expect((await setup.client.organizations.me()).subscription_tier).toBe('team')
})

describe('errors', () => {
  const at = (status: number, body: unknown) =>
    errorOfAnswer(status, body, { route: 'POST /x' }, null)

  test.each([
    [
      'in the details',
      {
        error: {
          message: 'No',
          details: { errors: [{ loc: ['body', 'a', 0], msg: 'bad' }, 'odd'] },
        },
      },
    ],
    [
      'in the older list',
      { error: { message: 'No' }, detail: [{ loc: ['body', 'a', 0], msg: 'bad' }] },
    ],
  ])('fields that were refused are named %s', (_where, body) => {
    const error = at(422, body)
    expect(error).toMatchObject({ message: 'No', fields: [{ field: 'body.a.0', message: 'bad' }] })
  })

  test.each([
    [{ error: { details: { required_micro_usd: 5, remaining_micro_usd: 0 } } }, 5, 0],
    [{ error: { details: { required: 5, remaining: 0 } } }, 5, 0],
    [{ error: { details: { credit_cost: 7, credits_remaining: 3 } } }, 7, 3],
    [{ required: 5, remaining: 0 }, 5, 0],
    [{ detail: { message: 'Pay', credit_cost: 5, credits_remaining: 0 } }, 5, 0],
    [{ error: { details: { required: null } }, detail: { required: 2, remaining: 1 } }, 2, 1],
    [{ detail: 'Pay' }, null, null],
  ])('402 %j', (body, required, remaining) => {
    const error = at(402, body)
    expect(error).toBeInstanceOf(PaymentRequiredError)
    expect(error).toMatchObject({ requiredMicroUsd: required, remainingMicroUsd: remaining })
  })

  test('a limit of the plan has no price', () => {
    const detail = {
      error: 'limit_exceeded',
      limit_type: 'datasets',
      current: 3,
      limit: 3,
      upgrade_url: 'https://pictograph.io/plans',
    }
    expect(at(402, { detail })).toMatchObject({
      code: 'limit_exceeded',
      limitType: 'datasets',
      current: 3,
      limit: 3,
      upgradeUrl: detail.upgrade_url,
      requiredMicroUsd: null,
    })
  })

  test('the message comes from the newest format that has one', () => {
    expect(at(404, { error: { message: 'New' }, detail: 'Old' }).message).toBe('New')
    expect(at(404, { error: { code: 7 }, detail: 'Old' }).message).toBe('Old')
    expect(at(404, { message: 'Bare', detail: { message: 'Object' } }).message).toBe('Bare')
    expect(at(404, { detail: { message: 'Object' } }).message).toBe('Object')
    expect(at(404, ['odd']).message).toBe('HTTP 404')
  })
})

test('an option that is not known is an error, and nothing is sent', async () => {
  await using setup = await talk(() => page([]))
  const { datasets, images, exports, annotations } = setup.client
  // As in code without types.
  const odd = (options: Record<string, unknown>) => options as never
  const tries = [
    async () => datasets.list(odd({ lmit: 5 })),
    async () => images.list('x', odd({ directory_path: '/a' })),
    async () => images.upload('x', 'a.png', odd({ folder_path: '/a' })),
    async () => datasets.create(odd({ name: 'x', annotation_types: [] })),
    async () => datasets.get('x', odd({ include_images: true })),
    async () => exports.create('x', odd({ name: 'x', format: 'coco', statuses: [] })),
    async () => annotations.createBbox('1', 'car', [1, 1, 2, 2], odd({ colour: 'red' })),
  ]
  for (const attempt of tries) await expect(attempt()).rejects.toThrow(ValidationError)
  await expect(tries[1]()).rejects.toThrow(/directory_path.*did you mean “directoryPath”/)
  await expect(tries[2]()).rejects.toThrow(/folder_path.*did you mean “folderPath”/)
  expect(setup.requests).toEqual([])
})

test('a list is awaited as an array, or read as it comes, from an offset and up to a limit', async () => {
  const all = Array.from({ length: 2_500 }, (_, index) => ({
    id: `${index}`,
    filename: `${index}.png`,
  }))
  await using setup = await talk(({ line }) => {
    const query = new URLSearchParams(line.split('?')[1])
    const offset = Number(query.get('offset'))
    const rows = all.slice(offset, offset + Math.min(1000, Number(query.get('limit'))))
    return page(rows, offset + rows.length < all.length, all.length)
  })
  const { images } = setup.client
  const ids = async (range: { limit?: number; offset?: number }) =>
    (await images.list('x', range)).map(({ id }) => Number(id))
  expect((await ids({})).length).toBe(2_500)
  expect(await ids({ limit: 3 })).toEqual([0, 1, 2])
  expect(await ids({ limit: 2, offset: 2_499 })).toEqual([2_499])
  expect(await ids({ limit: 0 })).toEqual([])
  const many = await ids({ limit: 1_500, offset: 500 })
  expect([many.length, many[0], many.at(-1)]).toEqual([1_500, 500, 1_999])
  const list = images.list('x', { limit: 2 })
  const seen: string[] = []
  for await (const { id } of list) seen.push(id)
  expect(seen).toEqual((await list).map(({ id }) => id))
})
