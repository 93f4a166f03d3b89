import { expect, test } from 'vitest'
import { temporaryFolder } from '#tests/helpers/core.ts'
import { describeDataset } from './describe-dataset.ts'

test('a description is of the dataset as it is when the disk has answered, not as it was when asked', async () => {
  using folder = temporaryFolder()
  const stored = (classes: string[]) => ({
    id: 'd',
    root: folder.path,
    remote: null,
    classes: classes.map((name) => ({ name, color: '#e69f00' })),
  })
  let now = stored(['car'])
  const datasets = { find: () => now, counts: () => ({ imageCount: 0, annotatedCount: 0 }) }
  const described = describeDataset(datasets as never, now as never)
  // Added while the folder is looked for.
  now = stored(['car', 'bus'])
  expect((await described).classes.map(({ name }) => name)).toEqual(['car', 'bus'])
})
