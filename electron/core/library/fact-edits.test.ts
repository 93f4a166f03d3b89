import { expect, test, vi } from 'vitest'
import { coreWithImages } from '#tests/helpers/core.ts'

/** More images than an edit changes in one part. */
async function manyImages() {
  const setup = await coreWithImages(['a.png'])
  const { core, datasetId } = setup
  const files = Array.from({ length: 600 }, (_, n) => ({
    path: `${n}.jpg`,
    fileSizeBytes: 1,
    modifiedAtMs: 1,
  }))
  const ids = core.images.upsertFiles(datasetId, files).map(({ id }) => id)
  return { ...setup, ids }
}

test('an edit of one image that is made while one of many runs wins', async () => {
  await using setup = await manyImages()
  const { core, ids } = setup
  const last = ids[ids.length - 1]
  const many = core.facts.add('many', ids, { stage: 'review' }, true)
  const one = core.facts.make([last], { stage: 'complete' })
  await Promise.all([many, one])
  expect(core.images.get(ids[0]).stage).toBe('review')
  expect(core.images.get(last).stage).toBe('complete')
  const now = core.facts.make([ids[0]], { stage: 'complete' })
  // Nothing runs any more, so it is written at once.
  expect(core.images.get(ids[0]).stage).toBe('complete')
  await now
})

test('an edit of many images that fails says so, and its rest is dropped', async () => {
  await using setup = await manyImages()
  const { core, ids } = setup
  const notices: string[] = []
  core.events.on((event) => {
    if (event.type === 'notice') notices.push(event.message)
  })
  const patch = core.images.patch.bind(core.images)
  const spy = vi.spyOn(core.images, 'patch')
  spy.mockImplementationOnce(patch).mockImplementationOnce(() => {
    throw new Error('disk full')
  })
  await core.facts.add('many', ids, { stage: 'review' }, true)
  spy.mockRestore()
  expect(notices).toEqual([
    'Set stage stopped: disk full. Some images were not changed; try again.',
  ])
  expect(core.images.get(ids[0]).stage).toBe('review')
  expect(core.images.get(ids[599]).stage).not.toBe('review')
  expect(core.db.prepare('SELECT * FROM fact_edit').all()).toEqual([])
  expect(core.db.prepare('SELECT * FROM fact_edit_part').all()).toEqual([])
})
