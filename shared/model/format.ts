import { z } from 'zod'
import { t } from '#shared/texts/texts.ts'

export const FORMATS = [
  { id: 'pictograph', label: 'Pictograph JSON', keeps: () => t('Everything') },
  {
    id: 'coco',
    label: 'COCO',
    keeps: () => t('Boxes, polygons, holes as RLE, keypoints with skeletons'),
  },
  { id: 'yolo', label: 'YOLO detect', keeps: () => t('Boxes') },
  { id: 'yolo_seg', label: 'YOLO segment', keeps: () => t('Polygons; boxes as four corners') },
  { id: 'yolo_pose', label: 'YOLO pose', keeps: () => t('Keypoints with their boxes') },
  { id: 'yolo_obb', label: 'YOLO OBB', keeps: () => t('Oriented boxes') },
  { id: 'pascal_voc', label: 'Pascal VOC', keeps: () => t('Boxes') },
  { id: 'cvat', label: 'CVAT for images', keeps: () => t('All shapes; holes as masks') },
  { id: 'labelme', label: 'labelme', keeps: () => t('All shapes; holes as masks') },
  { id: 'xanylabeling', label: 'X-AnyLabeling', keeps: () => t('All shapes but holes') },
  { id: 'dota', label: 'DOTA', keeps: () => t('Oriented boxes') },
  { id: 'datumaro', label: 'Datumaro', keeps: () => t('All shapes; holes as masks') },
  { id: 'darwin', label: 'Darwin (V7)', keeps: () => t('All shapes; oriented boxes as polygons') },
  {
    id: 'label_studio',
    label: 'Label Studio',
    keeps: () => t('All shapes; holes as masks'),
  },
  {
    id: 'labelbox',
    label: 'Labelbox',
    keeps: () => t('All shapes; oriented boxes and holes as polygons'),
  },
  { id: 'hugging_face', label: 'Hugging Face image folder', keeps: () => t('Boxes') },
  { id: 'mot', label: 'MOT', keeps: () => t('Boxes') },
  { id: 'png_masks', label: 'PNG masks', keeps: () => t('Areas as pixels; boxes filled') },
  { id: 'coco_panoptic', label: 'COCO panoptic', keeps: () => t('Areas as pixels; boxes filled') },
  {
    id: 'via',
    label: 'VGG VIA',
    keeps: () => t('All shapes; oriented boxes and holes as polygons'),
  },
  {
    id: 'via_csv',
    label: 'VGG VIA, CSV',
    keeps: () => t('All shapes; oriented boxes and holes as polygons'),
  },
  { id: 'tensorflow_csv', label: 'Roboflow / TensorFlow CSV', keeps: () => t('Boxes') },
  { id: 'open_images', label: 'Open Images CSV', keeps: () => t('Boxes') },
  { id: 'makesense_csv', label: 'Make Sense CSV', keeps: () => t('Boxes') },
  {
    id: 'pictograph_csv',
    label: 'Pictograph CSV',
    keeps: () => t('All shapes; oriented boxes and holes as polygons'),
  },
] as const

export const formatIdSchema = z.enum(FORMATS.map(({ id }) => id))
export type FormatId = z.infer<typeof formatIdSchema>

export const exportOptionsSchema = z.object({
  /** Cut shapes at the image's border; shapes completely outside are left out and reported. */
  clampToImage: z.boolean().default(false),
  /** Only Pascal VOC: 1 writes the original's 1-based pixels, 0 what most current tools write. */
  vocPixelOrigin: z.union([z.literal(0), z.literal(1)]).default(0),
})
export type ExportOptions = z.infer<typeof exportOptionsSchema>

export const imageModeSchema = z.enum(['none', 'copy', 'link'])
export type ImageMode = z.infer<typeof imageModeSchema>

/** The user's export options. */
export const exportChoiceSchema = z.object({
  format: formatIdSchema,
  images: imageModeSchema,
  onlyAnnotated: z.boolean(),
  clampToImage: z.boolean(),
})
export type ExportChoice = z.infer<typeof exportChoiceSchema>

/** The user's import options. */
export const importChoiceSchema = z.object({
  /** A label file or a folder of them, absolute. */
  path: z.string(),
  /** null: detected. */
  format: formatIdSchema.nullable(),
  /** What happens to annotations that the images have. */
  mode: z.enum(['add', 'replace']),
})
export type ImportChoice = z.infer<typeof importChoiceSchema>

/** Something that the target format cannot hold, or a file does not contain. */
export const lossSchema = z.object({
  message: z.string(),
  count: z.number().int(),
  /** The first few places where it happened. */
  examples: z.array(z.string()),
})
export type Loss = z.infer<typeof lossSchema>

export const importFailureSchema = z.object({
  file: z.string(),
  /** Place in the file: a key path or a line. */
  field: z.string(),
  message: z.string(),
})
export type ImportFailure = z.infer<typeof importFailureSchema>
