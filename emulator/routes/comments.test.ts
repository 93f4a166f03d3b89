import { expect, test } from 'vitest'
import { emulated } from '#tests/helpers/emulated.ts'

const BASE = '/annotation-comments'

test('replies, reactions, resolution and deletion return the comment', async () => {
  await using service = await emulated()
  const { call } = service
  const [image_id] = service.idsOf('street scenes')
  const say = async (body: string, parent_comment_id?: string) =>
    (
      await call(`POST ${BASE}`, {
        as: 'member',
        body: {
          image_id,
          annotation_id: 'a',
          body,
          ...(parent_comment_id && { parent_comment_id }),
        },
      })
    ).body.comment
  const root = await say('tighten this')
  const reply = await say('done', root.id)
  const deeper = await say('thanks', reply.id)
  expect([root, reply, deeper].map((item) => item.parent_comment_id)).toEqual([
    null,
    root.id,
    root.id,
  ])
  expect(root).toMatchObject({ is_mine: true, is_edited: false, author_name: 'Member Person' })

  const like = `${BASE}/${root.id}/reactions/like`
  await call(`PUT ${like}`, { as: 'member' })
  await call(`PUT ${like}`, { as: 'member' })
  expect((await call(`PUT ${like}`)).body.comment.reactions).toEqual([
    { reaction: 'like', count: 2, reacted: true },
  ])
  expect((await call(`DELETE ${like}`)).body.comment.reactions).toEqual([
    { reaction: 'like', count: 1, reacted: false },
  ])
  expect((await call(`PUT ${BASE}/${root.id}/reactions/boo`)).status).toBe(422)

  // Only its author can edit a comment; anybody can resolve it.
  expect((await call(`PATCH ${BASE}/${root.id}`, { body: { body: 'no' } })).status).toBe(403)
  expect(
    (await call(`PATCH ${BASE}/${root.id}`, { body: { resolved: true } })).body.comment,
  ).toMatchObject({ resolved: true, resolved_by_name: 'Admin Person', is_edited: false })
  expect(
    (await call(`PATCH ${BASE}/${root.id}`, { as: 'member', body: { body: 'wider' } })).body,
  ).toMatchObject({ comment: { body: 'wider', is_edited: true } })

  expect((await call(`DELETE ${BASE}/${root.id}`)).body).toEqual({ success: true, id: root.id })
  const { comments } = (await call(`GET ${BASE}?image_id=${image_id}`)).body
  expect(comments).toMatchObject([
    { id: root.id, body: '', is_deleted: true },
    { id: reply.id, body: 'done', is_deleted: false },
    { id: deeper.id },
  ])
})

test("others' comments are deleted by admins only", async () => {
  await using service = await emulated()
  const [image_id] = service.idsOf('street scenes')
  const { comment } = (
    await service.call(`POST ${BASE}`, { body: { image_id, annotation_id: 'a', body: 'mine' } })
  ).body
  const remove = (as: 'member' | 'owner') => service.call(`DELETE ${BASE}/${comment.id}`, { as })
  expect((await remove('member')).status).toBe(403)
  expect((await remove('owner')).status).toBe(200)
})
