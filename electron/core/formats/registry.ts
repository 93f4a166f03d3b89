import type { FormatId } from '#shared/model/format.ts'
import { coco } from './coco.ts'
import { parseJson, textOf } from './common.ts'
import { labelme, xanylabeling } from './labelme.ts'
import { isLabelmeJson } from './labelme-read.ts'
import { pascalVoc } from './pascal-voc.ts'
import { pictograph } from './pictograph.ts'
import type { Format, InputFile } from './types.ts'
import { yolo, yoloObb, yoloPose, yoloSeg } from './yolo.ts'

export const FORMAT_BY_ID: Record<FormatId, Format> = {
  pictograph,
  coco,
  yolo,
  yolo_seg: yoloSeg,
  yolo_pose: yoloPose,
  yolo_obb: yoloObb,
  pascal_voc: pascalVoc,
  labelme,
  xanylabeling,
}

/** How many JSON files are looked into before the format counts as unknown. */
const MAX_LOOKED_AT = 20

function formatOfJson(file: InputFile): FormatId | null {
  let json: unknown
  try {
    json = parseJson(textOf(file))
  } catch {
    return null
  }
  if (typeof json !== 'object' || json === null) return null
  if ('categories' in json && 'images' in json) return 'coco'
  if (isLabelmeJson(json)) return 'checked' in json ? 'xanylabeling' : 'labelme'
  return 'annotations' in json || 'pictograph_dataset' in json ? 'pictograph' : null
}

/** What a line of numbers can be without a data.yaml: told by how many there are. */
function formatOfYolo(files: readonly InputFile[]): FormatId {
  const yaml = files.find(({ path }) => /\.ya?ml$/i.test(path))
  if (yaml && textOf(yaml).includes('kpt_shape')) return 'yolo_pose'
  for (const file of files.filter(({ path }) => /\.txt$/i.test(path)).slice(0, MAX_LOOKED_AT)) {
    const [line] = textOf(file).trim().split(/\r?\n/)
    // A list of classes has words.
    const count = /^[\d.eE+-]+(?:\s+[\d.eE+-]+)+$/.test(line) ? line.split(/\s+/).length : 0
    if (count === 9) return 'yolo_obb'
    if (count > 6) return 'yolo_seg'
    if (count > 0) return 'yolo'
  }
  return 'yolo'
}

/** What one label file is by itself; which YOLO tells only `detectFormat` of those with it. null: none of ours. */
export function formatOfFile(file: InputFile): FormatId | null {
  if (/\.json$/i.test(file.path)) return formatOfJson(file)
  if (/\.xml$/i.test(file.path)) return 'pascal_voc'
  return isYoloFile(file) ? 'yolo' : null
}

/** Labels, or a list of classes. */
export const isYoloFile = ({ path }: InputFile): boolean => /\.(?:txt|ya?ml|names)$/i.test(path)

/** Tells the format of label files by their names and content; null when it is none of ours. */
export function detectFormat(files: readonly InputFile[]): FormatId | null {
  const has = (pattern: RegExp) => files.some(({ path }) => pattern.test(path))
  if (has(/(^|\/)Annotations\/.*\.xml$/)) return 'pascal_voc'
  for (const file of files.filter(({ path }) => /\.json$/i.test(path)).slice(0, MAX_LOOKED_AT)) {
    const format = formatOfJson(file)
    if (format) return format
  }
  if (has(/\.xml$/i)) return 'pascal_voc'
  if (has(/\.ya?ml$/i) || has(/\.txt$/i)) return formatOfYolo(files)
  return null
}
