import { directoryOf, fileNameOf, stemOf } from '#shared/model/paths.ts'

const LABELS =
  /\.(?:json|jsonl|ndjson|xml|csv|tsv|txt|ya?ml|names|data|labels)$|(?:^|\/)seqinfo\.ini$/i

/** Folders of masks alone. */
const MASK_FOLDER = /(^|\/)(?:SegmentationClass(?:Raw)?|masks?|ann_dir|\w*annot)(?=\/)/i
/** Folders of masks in some datasets (ADE20K, for one), and of other labels or of pictures in others. */
const LABEL_FOLDER = /(^|\/)(?:annotations|labels)(?=\/)/i
const OBJECT_FOLDER = /(^|\/)SegmentationObject(?=\/)/i
const PANOPTIC = /(?:^|\/)panoptic[^/]*\/(?:.*\/)?[^/]+\.png$/i
/** Roboflow's masks lie beside their images. */
const MASK_NAME = /[^/]_mask\.png$/i

/** Where a picture would lie as a mask: the folder above the masks' folder, and its path below that, without extension. */
export interface MaskPlace {
  root: string
  inner: string
  /** The masks' folder; empty: the mask lies beside its image. */
  folder: string
  /** Only its content can tell that it is one. */
  isUnsure: boolean
}

/** null: the path is none of a mask of classes. */
export function maskPlace(path: string): MaskPlace | null {
  if (!/\.png$/i.test(path) || PANOPTIC.test(path) || OBJECT_FOLDER.test(path)) return null
  const sure = MASK_FOLDER.exec(path)
  const match = sure ?? LABEL_FOLDER.exec(path)
  if (match) return { ...belowFolder(path, match), isUnsure: !sure }
  if (!MASK_NAME.test(path)) return null
  const inner = fileNameOf(path).replace(MASK_NAME, (end) => end[0])
  return { root: directoryOf(path), inner, folder: '', isUnsure: true }
}

/** The mask of objects that belongs to a mask of classes. */
export const objectMaskPath = (path: string): string =>
  path.replace(MASK_FOLDER, '$1SegmentationObject')

export const isObjectMask = (path: string): boolean =>
  /\.png$/i.test(path) && OBJECT_FOLDER.test(path)

/** The end of a mask's name that its image does not have. */
const MASK_ENDING = /_(?:mask|gt|seg)$/i

/** Whether a picture of this path may be a mask. Only the image of its name and its own content can tell. */
export const mayBeMask = (path: string): boolean =>
  isObjectMask(path) || PANOPTIC.test(path) || maskPlace(path) !== null

/** Where a picture for which `mayBeMask` would lie as a mask. `inner` is in lower case and without the ending that only masks have. */
export function maskLayout(path: string): Pick<MaskPlace, 'root' | 'folder' | 'inner'> {
  const objects = OBJECT_FOLDER.exec(path)
  const { root, folder, inner } =
    (objects ? belowFolder(path, objects) : maskPlace(path)) ?? inOwnFolder(path)
  return { root, folder, inner: inner.replace(MASK_ENDING, '').toLowerCase() }
}

function belowFolder(path: string, match: RegExpExecArray) {
  return {
    root: path.slice(0, match.index),
    folder: match[0].replace('/', ''),
    inner: stemOf(path.slice(match.index + match[0].length + 1)),
  }
}

function inOwnFolder(path: string) {
  const directory = directoryOf(path)
  return {
    root: directoryOf(directory),
    folder: fileNameOf(directory),
    inner: fileNameOf(stemOf(path)),
  }
}

/** Whether a file of this path may hold labels in one of the formats, or name their classes and splits. */
export const mayHoldLabels = (path: string): boolean => LABELS.test(path) || mayBeMask(path)
