import { z } from 'zod'
import { fromWireAnnotation, toWireAnnotation } from '#core/api/wire-annotation.ts'
import { annotationClassSchema } from '#shared/model/annotation-class.ts'
import { splitSchema, stageSchema } from '#shared/model/dataset.ts'
import { fileNameOf } from '#shared/model/paths.ts'
import { FormatError, failureOf, parseJson, textOf } from './common.ts'
import type { Format, ImportContext, ImportedImage, ImportResult, LabelledImage } from './types.ts'

/** Our own addition to the SDK's layout: what belongs to the dataset, not to one image. */
export const MANIFEST_FILE = 'pictograph-dataset.json'

const manifestSchema = z.object({
  pictograph_dataset: z.literal(1),
  classes: z.array(annotationClassSchema),
  images: z.array(
    z.object({
      path: z.string(),
      stage: stageSchema.optional(),
      split: splitSchema.nullish(),
      tags: z.array(z.string()).optional(),
      /** Instance links of annotations other than keypoints, which the service's form has no place for. */
      instances: z.record(z.string(), z.number().int()).optional(),
    }),
  ),
})
type Manifest = z.infer<typeof manifestSchema>

/** One image's file as the Python SDK writes it: `<dir>/<filename>.json`. */
export function pictographFile(image: Pick<LabelledImage, 'path' | 'annotations'>): string {
  return `${JSON.stringify(
    { image: fileNameOf(image.path), annotations: image.annotations.map(toWireAnnotation) },
    null,
    1,
  )}\n`
}

const imageFileSchema = z.object({
  image: z.union([z.string(), z.object({ filename: z.string() })]).optional(),
  filename: z.string().optional(),
  annotations: z.array(z.unknown()),
})

function readImageFile(
  file: string,
  json: unknown,
  { images }: ImportContext,
  failed: ImportResult['failed'],
): ImportedImage {
  const parsed = imageFileSchema.safeParse(json)
  if (!parsed.success)
    throw new FormatError('annotations', 'is missing: not a Pictograph annotation file')
  const { image, filename, annotations } = parsed.data
  const named = typeof image === 'string' ? image : (image?.filename ?? filename)
  const beside = file.replace(/\.json$/i, '')
  const known = images.find(beside) ?? (named === undefined ? null : images.find(named))
  const result: ImportedImage = {
    file,
    path: known?.path ?? named ?? beside,
    matched: known !== null,
    annotations: [],
  }
  annotations.forEach((value, index) => {
    const read = fromWireAnnotation(value)
    if (read.ok) result.annotations.push(read.annotation)
    else failed.push({ file, field: `annotations[${index}].${read.field}`, message: read.message })
  })
  return result
}

function applyManifest(result: ImportResult, manifest: Manifest): void {
  result.classes = manifest.classes
  const byPath = new Map(manifest.images.map((image) => [image.path, image]))
  for (const image of result.images) {
    const said = byPath.get(image.path)
    if (!said) continue
    if (said.stage) image.stage = said.stage
    if (said.split) image.split = said.split
    if (said.tags) image.tags = said.tags
    for (const annotation of image.annotations) {
      const instanceId = said.instances?.[annotation.id]
      if (instanceId !== undefined) annotation.instanceId = instanceId
    }
  }
}

export const pictograph: Format = {
  id: 'pictograph',
  label: 'Pictograph JSON',
  imagePaths: (set) => set.images.map(({ path }) => path),

  *export(set) {
    const manifest: Manifest = {
      pictograph_dataset: 1,
      classes: [...set.classes],
      images: set.images.map((image) => ({
        path: image.path,
        stage: image.stage,
        split: image.split,
        tags: image.tags && [...image.tags],
      })),
    }
    for (const image of set.images) {
      yield { path: `${image.path}.json`, content: pictographFile(image) }
    }
    yield { path: MANIFEST_FILE, content: `${JSON.stringify(manifest, null, 1)}\n` }
  },

  import(files, context) {
    const result: ImportResult = { images: [], classes: [], failed: [] }
    let manifest: Manifest | null = null
    for (const file of files) {
      if (!file.path.toLowerCase().endsWith('.json')) continue
      try {
        const json = parseJson(textOf(file))
        const asManifest = manifestSchema.safeParse(json)
        if (asManifest.success) manifest = asManifest.data
        else result.images.push(readImageFile(file.path, json, context, result.failed))
      } catch (error) {
        result.failed.push(failureOf(file.path, error))
      }
    }
    if (manifest) applyManifest(result, manifest)
    return result
  },
}
