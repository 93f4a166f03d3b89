import { readCoco } from './coco-read.ts'
import { categoriesOf, writeImage } from './coco-write.ts'
import { failureOf, parseJson, reportCommonLosses, textOf } from './common.ts'
import type { Format, ImportResult } from './types.ts'

// The layout: https://cocodataset.org/#format-data

export const coco: Format = {
  id: 'coco',
  label: 'COCO',
  imagePaths: (set) => set.images.map(({ path }) => `images/${path}`),

  *export(set, _options, losses) {
    reportCommonLosses(
      set,
      { attributes: true, confidence: true, instances: true, split: true },
      losses,
    )
    const categories = categoriesOf(set)
    const byName = new Map(categories.map((category) => [category.name, category]))
    const groups = Map.groupBy(set.images, ({ split }) => split ?? null)
    let imageId = 0
    let annotationId = 0
    // Categories gain a keypoint list while annotations are written, so all files are built first.
    const files = [...groups].map(([split, members]) => {
      const images: unknown[] = []
      const annotations: unknown[] = []
      for (const image of members) {
        imageId++
        images.push({
          id: imageId,
          file_name: image.path,
          width: image.width,
          height: image.height,
        })
        for (const annotation of writeImage(image, set, byName, losses)) {
          annotations.push({ id: ++annotationId, image_id: imageId, ...annotation })
        }
      }
      return { split: split ?? 'default', images, annotations }
    })
    for (const { split, images, annotations } of files) {
      yield {
        path: `annotations/instances_${split}.json`,
        content: JSON.stringify({
          info: { description: set.name },
          images,
          annotations,
          categories,
        }),
      }
    }
  },

  import(files, context) {
    const result: ImportResult = { images: [], classes: [], failed: [] }
    for (const file of files) {
      if (!file.path.toLowerCase().endsWith('.json')) continue
      try {
        readCoco(file.path, parseJson(textOf(file)), context, result)
      } catch (error) {
        result.failed.push(failureOf(file.path, error))
      }
    }
    return result
  },
}
