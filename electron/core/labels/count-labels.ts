import type { InputFile } from '#core/formats/types.ts'
import { isClassList, labelGroups } from '#core/transfer/label-groups.ts'
import type { FoundLabels } from '#shared/contract/formats.ts'
import type { LabelFileFormat } from '#shared/model/dataset.ts'
import type { FormatId } from '#shared/model/format.ts'
import { stemOf } from '#shared/model/paths.ts'

/** Formats that label files in step can have. */
const IN_STEP: Partial<Record<FormatId, LabelFileFormat>> = {
  pictograph: 'pictograph',
  labelme: 'labelme',
  yolo: 'yolo',
}

/** Paths of the images beside which a label file in step lies (`labelFilePath`), in lower case. */
function keysOf(format: LabelFileFormat, images: readonly string[]): ReadonlySet<string> {
  return new Set(
    images.map((path) => (format === 'pictograph' ? path : stemOf(path)).toLowerCase()),
  )
}

/** Counts label files by format, most files first. `images`: paths of the images in the same folder. */
export function countLabels(files: readonly InputFile[], images: readonly string[]): FoundLabels {
  const byFormat = new Map<FormatId, InputFile[]>()
  for (const { format, files: own } of labelGroups(files, images).groups) {
    const labels = own.filter((file) => !isClassList(file))
    if (labels.length > 0) byFormat.set(format, [...(byFormat.get(format) ?? []), ...labels])
  }
  const found = [...byFormat].map(([format, labels]) => {
    const inStep = IN_STEP[format] ?? null
    const beside = inStep ? keysOf(inStep, images) : null
    const isBeside = beside && labels.every(({ path }) => beside.has(stemOf(path).toLowerCase()))
    return { format, files: labels.length, inStep: isBeside ? inStep : null }
  })
  return found.sort((a, b) => b.files - a.files)
}
