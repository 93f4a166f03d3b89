import { expect, test } from 'vitest'
import { newAnnotation, newId } from '#shared/model/annotation.ts'
import { coreWithImages } from '#tests/helpers/core.ts'

test('images with a class are found in pages of any size, each once', async () => {
  await using given = await coreWithImages(['a.png', 'b.png', 'c.png', 'd.png', 'e.png'])
  const { core, datasetId } = given
  const images = core.images.list(datasetId)
  const draw = (index: number, className: string) =>
    core.edits.commit({
      commitId: newId(),
      imageId: images[index].id,
      changes: {
        created: [newAnnotation({ kind: 'bbox', x: 0, y: 0, w: 5, h: 5 }, className)],
        updated: [],
        deleted: [],
      },
      label: 'Draw',
      origin: 'user',
    })
  draw(0, 'car')
  draw(0, 'car')
  draw(1, 'dog')
  draw(4, 'car')
  for (const size of [1, 2, 5, 100]) {
    const found: string[] = []
    let after: string | null = null
    do {
      const page: { ids: string[]; next: string | null } = core.images.withClass(
        datasetId,
        'car',
        after,
        size,
      )
      found.push(...page.ids)
      after = page.next
    } while (after !== null)
    expect(found).toEqual([images[0].id, images[4].id])
  }
})
