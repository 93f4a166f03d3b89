import { expect, test } from 'vitest'
import { EMPTY_CHANGE_SET } from '#shared/model/change-set.ts'
import { aBox, coreWithImages } from '#tests/helpers/core.ts'

test('a dataset that is deleted during an edit of all its images ends the edit', {
  timeout: 20_000,
}, async () => {
  await using setup = await coreWithImages(['a.png'])
  const { core, datasetId } = setup
  const files = Array.from({ length: 500 }, (_, n) => ({
    path: `${n}.jpg`,
    fileSizeBytes: 1,
    modifiedAtMs: 1,
  }))
  for (const { id } of core.images.upsertFiles(datasetId, files))
    core.edits.commit({
      commitId: `draw ${id}`,
      imageId: id,
      changes: { ...EMPTY_CHANGE_SET, created: [aBox('car')] },
      label: 'Draw',
      origin: 'user',
    })
  await core.editing.editClasses(datasetId, 'e', { kind: 'rename', from: 'car', to: 'auto' })
  expect(core.edits.bulkDatasets()).toEqual([datasetId])
  core.db.prepare('DELETE FROM edit_log WHERE dataset_id = ?').run(datasetId)
  await core.editing.settled()
  expect(core.edits.bulkDatasets()).toEqual([])
})
