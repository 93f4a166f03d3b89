import { hasImageExtension } from '#shared/model/dataset.ts'
import { fileNameOf } from '#shared/model/paths.ts'
import type { FileLook } from './file-look.ts'
import { cleanReference } from './image-lookup.ts'
import { linesOf } from './text.ts'

/** `wayOut`: what to do instead; empty: nothing helps. */
type Known = [name: string, wayOut: string, test: (look: FileLook) => boolean]

/** Files that would be taken for one of our formats, and are something else. */
const LOOKALIKES: Known[] = [
  [
    'COCO captions, which place nothing',
    '',
    ({ inner }) => inner('annotations').has('caption') && !inner('annotations').has('bbox'),
  ],
  [
    'COCO results, which name images by numbers alone',
    'Convert them with their annotation file',
    ({ isList, inner }) => isList && inner('').has('image_id') && inner('').has('category_id'),
  ],
  [
    'YouTube-VIS, whose annotations are tracks of videos',
    'Convert the frames to COCO first',
    ({ keys, inner }) =>
      keys.has('videos') &&
      (inner('annotations').has('bboxes') || inner('annotations').has('segmentations')),
  ],
  [
    'Segment Anything (SA-1B), whose masks have no classes',
    '',
    ({ inner }) => inner('annotations').has('predicted_iou'),
  ],
  [
    'the settings of a notebook or a package',
    '',
    ({ keys }) => keys.has('dependencies') || keys.has('nbformat'),
  ],
]

/** Label files of other tools. They are named, so that the user knows what to export instead. */
const FOREIGN: Known[] = [
  [
    'a project of VIA 3',
    'Export it from VIA as COCO',
    ({ keys }) => keys.has('project') && keys.has('metadata') && keys.has('attribute'),
  ],
  [
    'of Supervisely',
    'Export the project as COCO',
    ({ keys, inner }) =>
      inner('objects').has('classTitle') ||
      inner('classes').has('geometry_config') ||
      (keys.has('classes') && inner('classes').has('title')),
  ],
  [
    'of Cityscapes',
    'Convert it to COCO first',
    ({ keys }) => keys.has('imgHeight') && keys.has('objects'),
  ],
  [
    'of BDD100K (Scalabel)',
    'Convert it to COCO first',
    ({ isList, inner, keys }) =>
      (isList && inner('').has('name') && inner('').has('labels')) ||
      (keys.has('frames') && inner('frames').has('labels')),
  ],
  [
    'of Create ML',
    'Export the dataset as COCO',
    ({ isList, inner }) => isList && inner('').has('image') && inner('').has('annotations'),
  ],
  [
    'of VoTT',
    'Export the project from VoTT as CSV',
    ({ keys }) =>
      (keys.has('assets') && keys.has('videoSettings')) ||
      (keys.has('asset') && keys.has('regions')),
  ],
  [
    'of FiftyOne',
    'Export the dataset as COCO',
    ({ keys, inner }) =>
      inner('samples').has('filepath') ||
      (keys.size === 2 && keys.has('classes') && keys.has('labels')),
  ],
  [
    'of detectron2',
    'Write the dataset with its convert_to_coco_json',
    ({ isList, inner }) =>
      isList &&
      inner('').has('file_name') &&
      inner('').has('image_id') &&
      inner('').has('annotations'),
  ],
  [
    'a manifest of SageMaker Ground Truth',
    'Convert it to COCO first',
    ({ keys, inner }) => keys.has('source-ref') || inner('').has('source-ref'),
  ],
  [
    'OpenLABEL, whose objects are of streams and frames',
    'Convert it to COCO, one image for each frame of a camera',
    ({ keys }) => keys.has('openlabel'),
  ],
  [
    'of Labelbox, in its first form',
    'Export it from Labelbox again, as NDJSON',
    ({ isList, inner }) => isList && inner('').has('Labeled Data') && inner('').has('Label'),
  ],
  ['GeoJSON', '', ({ keys, inner }) => keys.has('features') && inner('features').has('geometry')],
]

const WORD = String.raw`[A-Za-z][\w-]*`
const NUMBER = String.raw`-?[\d.]+(?:e[-+]?\d+)?`
/** https://www.cvlibs.net/datasets/kitti: class, truncated, occluded, alpha, box, dimensions, place, rotation. */
const KITTI = new RegExp(`^${WORD}(?: ${NUMBER}){14,15}$`)

const isImage = (line: string) => hasImageExtension(fileNameOf(cleanReference(line)))
const NUMBERS = /^[-\d.,\s]+$/

const TEXTS: [name: string, test: (lines: readonly string[]) => boolean][] = [
  ['of KITTI', (lines) => lines.every((line) => KITTI.test(line))],
  [
    'of WIDER FACE',
    (lines) => isImage(lines[0]) && lines.slice(1).every((l) => isImage(l) || NUMBERS.test(l)),
  ],
  [
    'a list of images with boxes, as keras-yolo3 reads it',
    (lines) => lines.every((line) => /^\S+\.\w+(?: \d+(?:,\d+){4})+$/.test(line)),
  ],
]

function notRead(name: string, wayOut: string): string {
  return `is ${name}, and is not read${wayOut === '' ? '' : `. ${wayOut}`}`
}

function named(kinds: readonly Known[], look: FileLook): string | null {
  const known = kinds.find(([, , test]) => test(look))
  return known ? notRead(known[0], known[1]) : null
}

/** Says of a file that looks like one of our formats what it is instead; null: it may be one. */
export const lookalike = (look: FileLook): string | null => named(LOOKALIKES, look)

/** Says of a file that no format recognises what it is; null: too little is known of it. */
export function foreignFile(look: FileLook): string | null {
  const { kind, keys, isList, inner, text, path } = look
  if (kind === 'json') {
    const known = named(FOREIGN, look)
    if (known !== null) return known
    const words = [...(isList ? inner('') : keys)].slice(0, 4).join(', ')
    return words === '' ? null : notRead(`JSON of another kind (its keys: ${words})`, '')
  }
  if (kind !== 'text' || !/\.txt$/i.test(path)) return null
  const lines = linesOf(text.slice(0, 4096)).filter((line) => line.trim() !== '')
  // The last line may be cut off.
  const whole = lines.slice(0, Math.max(1, lines.length - 1)).map((line) => line.trim())
  const hasMore = whole.length > 0 && whole.some((line) => !isImage(line))
  const known = hasMore ? TEXTS.find(([, test]) => test(whole)) : undefined
  return known ? notRead(known[0], 'Convert it to COCO or YOLO first') : null
}

/** Describes an unrecognised file, for the message that no labels were found. */
export function describeUnknown({ path, kind, text }: FileLook): string {
  if (text.trim() === '' && kind !== 'other') return 'is empty'
  if (!/\.[ct]sv$/i.test(path)) return 'is of no known format'
  const columns = linesOf(text)[0].slice(0, 100)
  return `is a table whose columns are not known (${columns})`
}
