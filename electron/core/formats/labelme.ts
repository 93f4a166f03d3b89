import { withClassNames } from '#shared/model/annotation-class.ts'
import { fileNameOf } from '#shared/model/paths.ts'
import {
  failureOf,
  parseJson,
  reportCommonLosses,
  textOf,
  uniqueStems,
  withStem,
} from './common.ts'
import { readLabelme } from './labelme-read.ts'
import { type Dialect, labelmeFile } from './labelme-write.ts'
import type { Format, ImportResult } from './types.ts'

function labelmeFormat(dialect: Dialect, label: string): Format {
  return {
    id: dialect,
    label,
    imagePaths: (set) => {
      const stems = uniqueStems(set.images)
      return set.images.map(({ path }, index) => withStem(path, stems[index]))
    },

    *export(set, _options, losses) {
      const x = dialect === 'xanylabeling'
      reportCommonLosses(
        set,
        { attributes: true, confidence: true, instances: true, tags: x, stage: x },
        losses,
      )
      const stems = uniqueStems(set.images)
      for (const [index, image] of set.images.entries()) {
        const stem = stems[index]
        const name = withStem(image.path, stem)
        if (name !== image.path)
          losses.add('images that differ by extension alone are renamed', image.path)
        yield {
          path: `${stem}.json`,
          content: labelmeFile(image, fileNameOf(name), dialect, losses),
        }
      }
    },

    import(files, context) {
      const result: ImportResult = { images: [], classes: [], failed: [] }
      for (const file of files) {
        if (!file.path.toLowerCase().endsWith('.json')) continue
        try {
          result.images.push(
            readLabelme(file.path, parseJson(textOf(file)), context, result.failed),
          )
        } catch (error) {
          result.failed.push(failureOf(file.path, error))
        }
      }
      const names = new Set(
        result.images.flatMap(({ annotations }) => annotations.map(({ className }) => className)),
      )
      result.classes = withClassNames([], names)
      return result
    },
  }
}

export const labelme = labelmeFormat('labelme', 'labelme')
export const xanylabeling = labelmeFormat('xanylabeling', 'X-AnyLabeling')
