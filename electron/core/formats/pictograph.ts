import { z } from 'zod'
import { fromWireAnnotation, toWireAnnotation } from '#core/api/wire-annotation.ts'
import type { Annotation } from '#shared/model/annotation.ts'
import { annotationClassSchema } from '#shared/model/annotation-class.ts'
import { splitSchema, stageSchema } from '#shared/model/dataset.ts'
import { directoryOf, fileNameOf } from '#shared/model/paths.ts'
import { isJsonObject } from './carry.ts'
import { sizeOf, textOfField } from './fields.ts'
import { FormatError, failureOf } from './format-error.ts'
import { pathBeside } from './image-lookup.ts'
import { parseJson } from './json-fault.ts'
import { textOf } from './text.ts'
import type {
  Extra,
  Format,
  InputFile,
  LabelEntry,
  LabelledImage,
  LabelSource,
  OnFault,
  OpenContext,
  OutputPiece,
} from './types.ts'

/** Our own addition to the SDK's layout: what belongs to the dataset, not to one image. */
export const MANIFEST_FILE = 'pictograph-dataset.json'

const extraSchema = z.record(z.string(), z.json())

const manifestSchema = z.object({
  pictograph_dataset: z.literal(1),
  classes: z.array(annotationClassSchema),
  images: z.array(
    z.object({
      path: z.string(),
      width: z.number().int().positive().nullish(),
      height: z.number().int().positive().nullish(),
      stage: stageSchema.nullish(),
      split: splitSchema.nullish(),
      tags: z.array(z.string()).nullish(),
      /** False: nobody has looked at it, so that no annotations do not mean "nothing here". */
      labelled: z.boolean().optional(),
      /** Instance links of annotations other than keypoints, which the service's form has no place for. */
      instances: z.record(z.string(), z.number().int()).optional(),
      /** By annotation: what other formats said of it. */
      extras: z.record(z.string(), extraSchema).optional(),
      extra: extraSchema.optional(),
    }),
  ),
  extra: extraSchema.optional(),
})
type Manifest = z.infer<typeof manifestSchema>
type ManifestImage = Manifest['images'][number]

/** One image's file as the Python SDK writes it: `<dir>/<filename>.json`. */
export function pictographFile(image: Pick<LabelledImage, 'path' | 'annotations'>): string {
  return `${JSON.stringify(
    { image: fileNameOf(image.path), annotations: image.annotations.map(toWireAnnotation) },
    null,
    1,
  )}\n`
}

/** The annotations of an image's file. Throws a FormatError where it is none; single ones go to `onFault`. */
export function readPictographAnnotations(json: unknown, onFault: OnFault): Annotation[] {
  if (!isJsonObject(json) || !Array.isArray(json.annotations))
    throw new FormatError('annotations', 'is missing: not a Pictograph annotation file')
  return json.annotations.flatMap((value, index) => {
    const read = fromWireAnnotation(value)
    if (read.ok) return [read.annotation]
    onFault(`annotations[${index}]`, new FormatError(read.field, read.message))
    return []
  })
}

interface PictographEntry extends LabelEntry {
  source: InputFile
  said: ManifestImage | undefined
}

/** The name that a file gives its image; the image's size where the service says it. */
function aboutImage(json: unknown) {
  if (!isJsonObject(json) || !Array.isArray(json.annotations))
    throw new FormatError('annotations', 'is missing: not a Pictograph annotation file')
  const { image } = json
  const about = isJsonObject(image) ? image : json
  return {
    name: textOfField(isJsonObject(image) ? image.filename : (image ?? json.filename)),
    size: sizeOf(about.width, about.height),
  }
}

function* openPictograph(
  files: readonly InputFile[],
  { fail }: OpenContext,
): Generator<void, LabelSource<PictographEntry>> {
  let manifest: Manifest | null = null
  const entries: PictographEntry[] = []
  for (const file of files) {
    if (!file.path.toLowerCase().endsWith('.json')) continue
    yield
    try {
      const json = parseJson(textOf(file))
      if (isJsonObject(json) && json.pictograph_dataset !== undefined) {
        manifest = manifestOf(json)
        continue
      }
      const { name, size } = aboutImage(json)
      const beside = file.path.replace(/\.json$/i, '')
      const places = [beside]
      if (name !== null) places.push(pathBeside(file.path, name))
      entries.push({
        file: file.path,
        source: file,
        places,
        name: name ?? beside,
        context: directoryOf(file.path),
        size,
        said: undefined,
      })
    } catch (error) {
      fail(failureOf(file.path, error))
    }
  }
  const byPath = new Map(manifest?.images.map((image) => [image.path, image]))
  const order = new Map(manifest?.images.map(({ path }, index) => [`${path}.json`, index]))
  const placeOf = ({ file }: LabelEntry) => order.get(file) ?? order.size
  entries.sort((a, b) => placeOf(a) - placeOf(b))
  for (const entry of entries) {
    const said = byPath.get(entry.file.replace(/\.json$/i, ''))
    entry.said = said
    if (said) {
      entry.size ??= sizeOf(said.width, said.height)
      entry.name = said.path
    }
  }
  return {
    classes: manifest?.classes ?? [],
    ...(manifest?.extra && { extra: manifest.extra as Extra }),
    entries,
    read({ source, said }, _size, onFault) {
      const annotations = readPictographAnnotations(parseJson(textOf(source)), onFault)
      for (const annotation of annotations) {
        const instanceId = said?.instances?.[annotation.id]
        if (instanceId !== undefined) annotation.instanceId = instanceId
        const extra = said?.extras?.[annotation.id]
        if (extra) annotation.extra = { ...annotation.extra, ...extra }
      }
      return {
        annotations,
        ...(said?.labelled === false && { isLabelled: false }),
        ...(said?.stage && { stage: said.stage }),
        ...(said?.split && { split: said.split }),
        ...(said?.tags && { tags: said.tags }),
        ...(said?.extra && { extra: said.extra as Extra }),
      }
    },
  }
}

function manifestOf(json: unknown): Manifest {
  const parsed = manifestSchema.safeParse(json)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  throw new FormatError(issue.path.join('.'), issue.message)
}

/** Fields that the image's own file cannot hold. */
function manifestImage({
  path,
  width,
  height,
  stage,
  split,
  tags,
  annotations,
  extra,
  isLabelled,
}: LabelledImage): ManifestImage {
  const extras = annotations.flatMap(({ id, extra: own }) => {
    // What the service said is in the image's file.
    const { pictograph: _service, ...others } = own ?? {}
    return Object.keys(others).length > 0 ? [[id, others] as const] : []
  })
  const isLooked =
    annotations.length > 0 || isLabelled || stage === 'review' || stage === 'complete'
  return {
    path,
    ...(width !== null && height !== null && { width, height }),
    stage,
    split,
    tags: tags && [...tags],
    ...(!isLooked && { labelled: false }),
    ...(extras.length > 0 && { extras: Object.fromEntries(extras) }),
    ...(extra && Object.keys(extra).length > 0 && { extra }),
  }
}

export const pictograph: Format<PictographEntry> = {
  id: 'pictograph',
  label: 'Pictograph JSON',
  extraKey: 'pictograph',
  needs: 'pixels',
  keeps: {
    attributes: true,
    confidence: true,
    instances: true,
    stage: true,
    tags: true,
    split: true,
    extras: true,
  },
  recognise: ({ keys, inner, isList }) => {
    if (keys.has('pictograph_dataset')) return 'the list of a dataset'
    if (isList || !keys.has('annotations') || keys.has('images')) return null
    const isOurs =
      keys.has('image') ||
      keys.has('filename') ||
      inner('annotations').has('type') ||
      keys.size === 1
    return isOurs ? 'annotations of an image' : null
  },
  open: openPictograph,
  placer:
    () =>
    ({ path }) => ({ image: path, label: path }),
  writer: ({ head }) => {
    let images = 0
    return {
      *write(image): Generator<OutputPiece> {
        yield { path: `${image.path}.json`, content: pictographFile(image) }
        const begin = images === 0 ? beginManifest() : ',\n'
        images++
        const content = `${begin}${JSON.stringify(manifestImage(image))}`
        yield { path: MANIFEST_FILE, content, more: true }
      },
      *end() {
        const { extra } = head
        const begin = images === 0 ? beginManifest() : ''
        const rest = { classes: head.classes, ...(extra && { extra }) }
        yield {
          path: MANIFEST_FILE,
          content: `${begin}\n],${JSON.stringify(rest).slice(1)}\n`,
        }
      },
    }
  },
}

const beginManifest = () => '{"pictograph_dataset":1,"images":[\n'
