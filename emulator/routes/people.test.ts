import { expect, test } from 'vitest'
import { emulated } from '#tests/helpers/emulated.ts'

test('the organisation is returned with its members and invitations', async () => {
  await using service = await emulated()
  const { call } = service
  const { organization } = (await call('GET /organizations/me', { as: 'viewer' })).body
  expect(organization).toMatchObject({
    subscription_tier: 'pro',
    credits_remaining: 50_000_000,
    member_count: 4,
    pending_invite_count: 0,
  })
  const { members } = (await call('GET /organizations/members')).body
  expect(members.map(({ role }: { role: string }) => role)).toEqual([
    'owner',
    'admin',
    'member',
    'viewer',
  ])
  const { invite } = (await call('POST /organizations/invites', { body: { email: 'a@b.de' } })).body
  const invites = async (status: string) =>
    (await call(`GET /organizations/invites?status=${status}`)).body.invites
  expect(await invites('pending')).toEqual([invite])
  expect((await call(`DELETE /organizations/invites/${invite.id}`)).status).toBe(204)
  expect([(await invites('pending')).length, (await invites('revoked')).length]).toEqual([0, 1])
})

test('each person has a separate read state', async () => {
  await using service = await emulated()
  const { call } = service
  const unread = async (as: 'member' | 'viewer') =>
    (await call('GET /notifications/unread-count', { as })).body.unread_count
  const { notifications } = (await call('GET /notifications', { as: 'member' })).body
  expect(notifications).toMatchObject([{ read: false }, { read: false }])
  await call(`POST /notifications/${notifications[0].id}/read`, { as: 'member' })
  expect([await unread('member'), await unread('viewer')]).toEqual([1, 2])
  await call(`DELETE /notifications/${notifications[0].id}`, { as: 'member' })
  expect((await call('POST /notifications/read-all', { as: 'member' })).body.marked_count).toBe(1)
  expect((await call('GET /notifications?unread_only=true', { as: 'member' })).body).toMatchObject({
    notifications: [],
    unread_count: 0,
  })
  expect((await call('GET /notifications', { as: 'member' })).body.notifications).toHaveLength(1)
})

test('tasks report each person’s contribution', async () => {
  await using service = await emulated()
  const { call, emulator } = service
  const { data } = (await call('GET /tasks')).body
  expect(data).toMatchObject([
    { title: 'Review the night', kind: 'review', image_count: 4, assignee_count: 2 },
    { title: 'Label the cars', dataset: 'street scenes' },
  ])
  const [id] = service.idsOf('street scenes')
  const { directory_path, filename } = emulator.state.imageById(id)
  await call(`POST /annotations/street%20scenes${encodeURI(`${directory_path}/${filename}`)}`, {
    as: 'member',
    body: {
      annotations: [
        { id: '1', name: 'car', type: 'bbox', bounding_box: { x: 1, y: 1, w: 2, h: 2 } },
      ],
    },
  })
  const told = (await call(`GET /tasks/${data[1].id}/contributions`)).body.data
  expect(told).toMatchObject({
    total_images: 8,
    images_complete: 0,
    contributor_count: 1,
    contributors: [{ full_name: 'Member Person', is_assignee: true, annotations_added: 1 }],
  })
})

test('prices scale with the quantity; an unknown operation is a 400', async () => {
  await using service = await emulated()
  const estimate = (query: string) => service.call(`GET /credits/estimate?${query}`)
  const one = (await estimate('operation=training_a10g')).body
  const ten = (await estimate('operation=training_a10g&quantity=10')).body
  expect([one.unit, ten.total_micro_usd, ten.sufficient]).toEqual([
    'minute',
    one.total_micro_usd * 10,
    true,
  ])
  expect((await estimate('operation=nothing')).status).toBe(400)
})
