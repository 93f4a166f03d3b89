import { type AnnotationClass, withClassNames } from '#shared/model/annotation-class.ts'
import { directoryOf, fileNameOf, joinPath } from '#shared/model/paths.ts'
import { isJsonObject } from './carry.ts'
import { failureOf } from './format-error.ts'
import { cleanReference, resolvePath } from './image-lookup.ts'
import { imagesPlacer } from './images-placer.ts'
import type { LossLog } from './loss-log.ts'
import { splitOfFolders, splitOfName } from './splits.ts'
import type {
  Format,
  InputFile,
  JsonObject,
  LabelEntry,
  LabelSource,
  OnFault,
  OpenContext,
  ReadLabels,
} from './types.ts'
import { isViaCsv, readViaFile, type ViaFile, type ViaImage } from './via-files.ts'
import { classKeyOf, readRegion } from './via-region.ts'
import { VIA_IMAGE, ViaCsvWriter, type ViaHead, ViaJsonWriter } from './via-write.ts'

// The layout: VGG Image Annotator 2, https://www.robots.ox.ac.uk/~vgg/software/via/

interface ViaEntry extends LabelEntry {
  image: ViaImage
  classKey: string | null
}

function within(value: unknown, ...keys: string[]): JsonObject {
  const found = keys.reduce<unknown>((at, key) => (isJsonObject(at) ? at[key] : null), value)
  return isJsonObject(found) ? found : {}
}

/** Beside the file, in the folder that the project's settings name, or in an images folder beside it. */
function placesOf(file: string, reference: string, project: JsonObject | null): string[] {
  const name = cleanReference(reference)
  const local = name.startsWith('/') ? fileNameOf(name) : name
  const own = directoryOf(file)
  const { default_filepath: folder } = within(project, '_via_settings', 'core')
  const named = typeof folder === 'string' ? cleanReference(folder) : ''
  const folders = [
    ...(named !== '' && !named.startsWith('/') ? [joinPath(own, named)] : []),
    own,
    joinPath(own, 'images'),
  ]
  return [...new Set(folders.map((one) => resolvePath(joinPath(one, local))))]
}

/** The attribute that names classes, and the classes that a project lists. */
function classesOf({ images, project }: ViaFile): { key: string | null; names: string[] } {
  const regions = images.flatMap((image) => image.regions.map(({ raw }) => raw))
  const { region_label: label } = within(project, '_via_settings', 'ui', 'image')
  const listed = within(project, '_via_attributes', 'region')
  const choices = Object.keys(listed).filter((key) => isJsonObject(within(listed, key).options))
  const wanted = [...(typeof label === 'string' ? [label] : []), ...choices]
  const key = classKeyOf(regions.filter(isJsonObject), wanted)
  return { key, names: key === null ? [] : Object.keys(within(listed, key, 'options')) }
}

function* openVia(
  files: readonly InputFile[],
  context: OpenContext,
): Generator<void, LabelSource<ViaEntry>> {
  const entries: ViaEntry[] = []
  const head: ViaHead = {}
  let classes: AnnotationClass[] = []
  let isFirst = true
  for (const file of files) {
    if (!/\.(?:json|csv)$/i.test(file.path)) continue
    yield
    try {
      const read = readViaFile(file, context)
      const { key, names } = classesOf(read)
      classes = withClassNames(
        classes,
        names.map((name) => name.trim()).filter((name) => name !== ''),
      )
      head.classKey ??= key ?? undefined
      if (read.project) head.project ??= read.project
      if (isFirst) head.isPlain = read.project === null
      isFirst = false
      const own = splitOfName(file.path) ?? splitOfFolders(file.path)
      for (const image of read.images) {
        const split = own ?? splitOfFolders(cleanReference(image.filename))
        entries.push({
          file: file.path,
          name: image.filename,
          places: placesOf(file.path, image.filename, read.project),
          ...(split && { split, context: split }),
          image,
          classKey: key,
        })
      }
    } catch (error) {
      context.fail(failureOf(file.path, error))
    }
  }
  return {
    classes,
    extra: { via_head: JSON.parse(JSON.stringify(head)) },
    entries,
    read: (entry, _size, fail, losses) => readEntry(entry, head.classKey ?? null, fail, losses),
  }
}

function readEntry(
  { image, classKey, file }: ViaEntry,
  headKey: string | null,
  fail: OnFault,
  losses: LossLog,
): ReadLabels {
  const annotations = image.regions.flatMap(({ raw, field }) => {
    try {
      return [readRegion(raw, classKey, headKey, losses, file)]
    } catch (error) {
      fail(field, error)
      return []
    }
  })
  const { key, filename, size, isNumbered, fileAttributes, others } = image
  const spelt: JsonObject = { key, filename, size, ...(isNumbered && { isNumbered }) }
  return {
    annotations,
    extra: { [VIA_IMAGE]: spelt, via: { ...others, file_attributes: fileAttributes } },
  }
}

const shared: Pick<Format<ViaEntry>, 'extraKey' | 'needs' | 'keeps' | 'open' | 'placer'> = {
  extraKey: 'via',
  needs: 'pixels',
  keeps: { attributes: true, instances: true, split: true },
  open: openVia,
  placer: imagesPlacer,
}

export const via: Format<ViaEntry> = {
  ...shared,
  id: 'via',
  label: 'VGG VIA',
  recognise: ({ kind, keys, inner }) =>
    kind === 'json' &&
    (keys.has('_via_img_metadata') ||
      [...keys].some((key) => inner(key).has('regions') && inner(key).has('filename')))
      ? 'images with regions'
      : null,
  writer: (context) => new ViaJsonWriter(context),
}

export const viaCsv: Format<ViaEntry> = {
  ...shared,
  id: 'via_csv',
  label: 'VGG VIA, CSV',
  recognise: ({ kind, text }) => (kind === 'text' && isViaCsv(text) ? 'rows of regions' : null),
  writer: (context) => new ViaCsvWriter(context),
}
