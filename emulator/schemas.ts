import { z } from 'zod'

/** The accepted requests. All schemas are strict: an unknown key is an error. */

const point = z.strictObject({ x: z.number(), y: z.number() })
const positive = z.number().gt(0)
const box = z.strictObject({ x: z.number(), y: z.number(), w: positive, h: positive })

const common = {
  id: z.string().trim().min(1),
  name: z.string().trim().min(1),
  confidence: z.number().min(0).max(1).default(1),
  created_by: z.string().optional(),
  attributes: z.union([z.record(z.string(), z.unknown()), z.array(z.string())]).optional(),
}

export const annotationSchema = z.discriminatedUnion('type', [
  z.strictObject({
    ...common,
    type: z.literal('bbox'),
    bounding_box: box,
    oriented_box: z
      .strictObject({
        cx: z.number(),
        cy: z.number(),
        w: positive,
        h: positive,
        angle: z.number().min(0).lt(360),
      })
      .optional(),
  }),
  z.strictObject({
    ...common,
    type: z.literal('polygon'),
    polygon: z.strictObject({ paths: z.array(z.array(point).min(3)).min(1) }),
    bounding_box: box.optional(),
  }),
  z.strictObject({
    ...common,
    type: z.literal('polyline'),
    polyline: z.strictObject({ path: z.array(point).min(2) }),
    bounding_box: box.optional(),
  }),
  z.strictObject({
    ...common,
    type: z.literal('keypoint'),
    keypoint: point,
    instance_id: z.number().int().min(1).optional(),
  }),
])
export type StoredAnnotation = z.infer<typeof annotationSchema>

export const classSchema = z.strictObject({
  name: z.string().min(1).max(120),
  type: z.string().nullish(),
  color: z.string().nullish(),
  attributes: z
    .array(
      z.strictObject({
        name: z.string(),
        type: z.enum(['text', 'number', 'select', 'checkbox']),
        values: z.array(z.string()).nullish(),
      }),
    )
    .nullish(),
  skeleton: z
    .strictObject({
      nodes: z.array(
        z.strictObject({ name: z.string(), x: z.number().nullish(), y: z.number().nullish() }),
      ),
      edges: z.array(z.tuple([z.number().int(), z.number().int()])),
    })
    .nullish(),
})
export type StoredClass = z.infer<typeof classSchema>

export const newDataset = z.strictObject({
  name: z.string().min(1),
  readme: z.string().nullish(),
  description: z.string().nullish(),
  annotation_types: z.array(z.string()).nullish(),
  classes: z.array(classSchema).nullish(),
})

export const datasetChange = z
  .strictObject({
    new_name: z.string().min(1).optional(),
    readme: z.string().nullish(),
    description: z.string().nullish(),
    annotation_types: z.array(z.string()).nullish(),
    classes: z.array(classSchema).nullish(),
    classes_base: z.array(classSchema).nullish(),
  })
  .refine(({ classes, classes_base }) => !classes_base || classes, {
    path: ['classes_base'],
    message: 'is of no use without classes',
  })

const uploadName = {
  filename: z.string().min(1),
  directory_path: z.string().default('/'),
  content_type: z.string(),
}
const registration = {
  ...uploadName,
  file_size: z.number().int().min(0),
  width: z.number().int().nullable(),
  height: z.number().int().nullable(),
}

export const uploadUrl = z.strictObject({ dataset: z.string(), ...uploadName })
export const register = z.strictObject({ dataset: z.string(), ...registration })
export const bulkUploadUrl = z.strictObject({
  dataset: z.string(),
  images: z.array(z.strictObject(uploadName)).min(1).max(500),
})
export const bulkRegister = z.strictObject({
  dataset: z.string(),
  images: z.array(z.strictObject(registration)).min(1),
})
export type Registration = z.infer<typeof register>

export const bulkTag = z.strictObject({
  dataset: z.string(),
  image_ids: z.array(z.string()),
  tags: z.array(z.string()),
  add: z.boolean(),
})
export const split = z.strictObject({ split: z.enum(['train', 'val', 'test']).nullable() })

export const save = z.strictObject({ annotations: z.array(annotationSchema) })
export const bulkSave = z.strictObject({
  saves: z
    .array(z.strictObject({ image_id: z.string(), annotations: z.array(z.unknown()) }))
    .max(200),
})

const percent = z.number().int().min(0).max(100)
export const assignSplits = z
  .strictObject({
    dataset: z.string(),
    train: percent,
    val: percent,
    test: percent,
    seed: z.number().int(),
    split_mode: z.enum(['random', 'embedding']).default('random'),
  })
  .refine(({ train, val, test }) => train + val + test > 0, 'must not all be 0')
export const review = z.strictObject({
  action: z.enum(['approve', 'request_changes']),
  note: z.string().nullish(),
})
/** Maximum size of a batch. */
const BATCH_CAP = 10_000
const batchTarget = {
  dataset_name: z.string(),
  image_ids: z.array(z.string()).min(1).max(BATCH_CAP),
}
const targetDirectory = { target_directory_path: z.string().default('/') }
export const batchMove = z.strictObject({ ...batchTarget, ...targetDirectory })
export const batchCopy = z.strictObject({
  ...batchTarget,
  ...targetDirectory,
  duplicate_handling: z.enum(['rename', 'skip', 'overwrite']).default('rename'),
  copy_annotations: z.boolean().default(false),
})
export const batchCopyToDataset = z.strictObject({
  ...batchTarget,
  ...targetDirectory,
  target_dataset_name: z.string(),
})
export const batchDelete = z.strictObject({
  ...batchTarget,
  permanent: z.boolean().default(false),
})
export const batchUpdate = z.strictObject({
  ...batchTarget,
  updates: z
    .strictObject({
      status: z.string().optional(),
      display_name: z.string().min(1).optional(),
      is_archived: z.boolean().optional(),
    })
    .refine((updates) => Object.keys(updates).length > 0, 'has nothing to change'),
})

export const renameClass = z.strictObject({
  dataset: z.string(),
  old_name: z.string(),
  new_name: z.string().min(1),
})
export const mergeClass = z.strictObject({
  dataset: z.string(),
  source_name: z.string(),
  target_name: z.string(),
})
export const deleteClass = z.strictObject({
  dataset: z.string(),
  name: z.string(),
  /** Null: any type. */
  class_type: z.string().nullable(),
  delete_annotations: z.boolean(),
})

export const newDirectory = z.strictObject({ dataset: z.string(), directory_path: z.string() })
export const directoryName = z.strictObject({
  new_name: z
    .string()
    .min(1)
    .regex(/^[^/]+$/, 'is one name, without a slash'),
})

export const newComment = z.strictObject({
  image_id: z.string(),
  annotation_id: z.string(),
  body: z.string().trim().min(1),
  parent_comment_id: z.string().nullish(),
})
export const commentChange = z
  .strictObject({
    body: z.string().trim().min(1).optional(),
    resolved: z.boolean().optional(),
  })
  .refine((change) => Object.keys(change).length > 0, 'has nothing to change')

export const EXPORT_FORMATS = [
  'pictograph',
  'darwin',
  'coco',
  'yolo',
  'yolo_obb',
  'yolo_pose',
  'dota',
  'pascal_voc',
  'cvat',
  'datumaro',
  'labelme',
  'csv',
] as const
export type ExportFormat = (typeof EXPORT_FORMATS)[number]

export const newExport = z.strictObject({
  dataset_name: z.string(),
  name: z.string().trim().min(1).max(100),
  format: z.enum(EXPORT_FORMATS).default('pictograph'),
  include_images: z.boolean().default(false),
  class_filter: z.array(z.string()).nullish(),
  status_filter: z.string().nullish(),
  organize_by_split: z.boolean().default(false),
})
export type NewExport = z.infer<typeof newExport>
export const bulkDeleteExports = z.strictObject({ export_ids: z.array(z.string()).min(1) })
