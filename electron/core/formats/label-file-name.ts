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
  if (match) {
    const root = path.slice(0, match.index)
    const folder = match[0].replace('/', '')
    const inner = stemOf(path.slice(match.index + match[0].length + 1))
    return { root, inner, folder, isUnsure: !sure }
  }
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

/** Paths of images without masks: what lies in a folder of masks and has the name of an image outside of it. */
export function withoutMasks(paths: readonly string[]): string[] {
  const isSure = (path: string) =>
    isObjectMask(path) || PANOPTIC.test(path) || maskPlace(path)?.isUnsure === false
  if (!paths.some(isSure)) return [...paths]
  const nameOf = (path: string) => stemOf(fileNameOf(path)).toLowerCase()
  const images = new Set(paths.filter((path) => !isSure(path)).map(nameOf))
  const isOfImage = (path: string) =>
    images.has(nameOf(path)) || images.has(nameOf(path).replace(MASK_ENDING, ''))
  return paths.filter((path) => !isSure(path) || !isOfImage(path))
}

/** Whether a file of this path may hold labels in one of the formats, or name their classes and splits. */
export const mayHoldLabels = (path: string): boolean =>
  LABELS.test(path) || PANOPTIC.test(path) || isObjectMask(path) || maskPlace(path) !== null
