import { withClassNames } from '#shared/model/annotation-class.ts'
import { directoryOf, fileNameOf, joinPath } from '#shared/model/paths.ts'
import { fieldsOf, givenOf, isJsonObject } from './carry.ts'
import { objectAt, shown, sizeOf, textOfField } from './fields.ts'
import { FormatError, failureOf } from './format-error.ts'
import { cleanReference, resolvePath } from './image-lookup.ts'
import { imagesPlacer } from './images-placer.ts'
import { eachJsonItem } from './json-items.ts'
import { readObjects } from './labelbox-read.ts'
import { labelboxFields } from './labelbox-shape.ts'
import type { LossLog } from './loss-log.ts'
import { splitOfFolders, splitOfName, splitOfWord } from './splits.ts'
import type {
  Format,
  InputFile,
  Json,
  JsonObject,
  LabelEntry,
  LabelledImage,
  LabelSource,
  OnFault,
  OpenContext,
  ReadLabels,
  WriteContext,
} from './types.ts'

// The layout: https://docs.labelbox.com/reference/export-image-annotations, one data row a line

/** A family of its own in `extra`: the data row around the objects. */
const ROW = 'labelbox_row'

interface RowEntry extends LabelEntry {
  field: string
  again: () => unknown
}

/** Where the label that is read stands. */
interface Chosen {
  project: string
  index: number
  objects: Json[]
  count: number
}

/** The first label of the first project that has one. */
function chosenOf(row: JsonObject): Chosen | null {
  const { projects } = row
  if (!isJsonObject(projects)) return null
  const labels = Object.entries(projects).flatMap(([project, value]) => {
    const list = isJsonObject(value) && Array.isArray(value.labels) ? value.labels : []
    return list.map((label, index) => ({ project, index, label }))
  })
  for (const { project, index, label } of labels) {
    const { annotations } = isJsonObject(label) ? label : {}
    if (!isJsonObject(annotations)) continue
    const objects = Array.isArray(annotations.objects) ? annotations.objects : []
    return { project, index, objects, count: labels.length }
  }
  return null
}

/** The names that a data row has: as it was uploaded, by its key, and its address. */
function namesOf({ data_row: raw }: JsonObject): string[] {
  const row = objectAt(raw, 'data_row')
  const names = [row.external_id, row.global_key, row.row_data].flatMap(
    (name) => textOfField(name) ?? [],
  )
  if (names.length > 0) return names
  throw new FormatError(
    'data_row.external_id',
    `must name the image, not ${shown(row.external_id)}`,
  )
}

const local = (name: string) => cleanReference(name).replace(/^\/+/, '')

function entryOf(file: InputFile, value: unknown, field: string, again: () => unknown): RowEntry {
  const row = objectAt(value, '')
  const media = isJsonObject(row.media_attributes) ? row.media_attributes : {}
  const names = namesOf(row)
  const own = directoryOf(file.path)
  const { split: word } = objectAt(row.data_row, 'data_row')
  const split =
    (typeof word === 'string' ? splitOfWord(word) : undefined) ??
    splitOfFolders(local(names[0])) ??
    splitOfName(file.path) ??
    splitOfFolders(file.path)
  return {
    file: file.path,
    field,
    again,
    name: local(names[0]),
    places: names.flatMap((name) =>
      [own, joinPath(own, 'images')].map((folder) => resolvePath(joinPath(folder, local(name)))),
    ),
    size: sizeOf(media.width, media.height),
    ...(split && { split, context: split }),
  }
}

function* openLabelbox(
  files: readonly InputFile[],
  context: OpenContext,
): Generator<void, LabelSource<RowEntry>> {
  const entries: RowEntry[] = []
  const names = new Set<string>()
  for (const file of files) {
    if (!/\.(?:json|jsonl|ndjson)$/i.test(file.path)) continue
    yield
    try {
      yield* eachJsonItem(
        file,
        ({ value, field, again }) => {
          try {
            entries.push(entryOf(file, value, field, again))
            for (const raw of chosenOf(value as JsonObject)?.objects ?? []) {
              const name = isJsonObject(raw) ? textOfField(raw.name) : null
              if (name !== null) names.add(name)
            }
          } catch (error) {
            context.fail(failureOf(file.path, error, field))
          }
        },
        context.fail,
      )
    } catch (error) {
      context.fail(failureOf(file.path, error))
    }
  }
  return { classes: withClassNames([], [...names]), entries, read: readEntry }
}

function readEntry(entry: RowEntry, _size: unknown, fail: OnFault, losses: LossLog): ReadLabels {
  const row = objectAt(entry.again(), '')
  const chosen = chosenOf(row)
  if (chosen && chosen.count > 1)
    losses.add('an image with several labels: the first is read', entry.name)
  const annotations = readObjects(chosen?.objects ?? [], (field, error) =>
    fail(`${entry.field}.${field}`, error),
  )
  return { annotations, extra: { [ROW]: row } }
}

/** One data row, with the objects in place of those that it had. */
function rowOf(image: LabelledImage, label: string, { losses }: WriteContext): JsonObject {
  const before = fieldsOf(image.extra, ROW)
  const objects = image.annotations.map((annotation): JsonObject => {
    const { value, annotation_kind, classifications, ...shape } = labelboxFields(
      annotation,
      givenOf([annotation], 'labelbox') ? null : losses,
      image.path,
    )
    return {
      feature_id: annotation.id,
      name: annotation.className,
      value,
      ...fieldsOf(annotation.extra, 'labelbox'),
      annotation_kind,
      classifications,
      ...shape,
      ...givenOf([annotation], 'labelbox'),
    }
  })
  const dataRow = isJsonObject(before.data_row) ? before.data_row : {}
  const isNamed = [dataRow.external_id, dataRow.global_key, dataRow.row_data].some(
    (name) => typeof name === 'string' && fileNameOf(local(name)) === fileNameOf(label),
  )
  const media = isJsonObject(before.media_attributes) ? before.media_attributes : {}
  const projects = isJsonObject(before.projects) ? before.projects : {}
  return {
    ...before,
    data_row: isNamed
      ? dataRow
      : { id: label.replaceAll('/', '_'), ...dataRow, external_id: label, global_key: label },
    media_attributes: {
      ...media,
      ...(image.height !== null && { height: image.height }),
      ...(image.width !== null && { width: image.width }),
    },
    projects: withObjects(projects, chosenOf(before), objects, image.isLabelled === true),
  }
}

function withObjects(
  projects: JsonObject,
  chosen: Chosen | null,
  objects: JsonObject[],
  isLabelled: boolean,
): JsonObject {
  const project = chosen?.project ?? Object.keys(projects)[0] ?? 'project'
  const own = isJsonObject(projects[project]) ? projects[project] : { name: 'project' }
  const labels = Array.isArray(own.labels) ? [...own.labels] : []
  if (!chosen && objects.length === 0 && !isLabelled) return projects
  // A label without objects means "nothing here"; no label means "not looked at yet".
  const index = chosen?.index ?? labels.length
  const label = isJsonObject(labels[index]) ? labels[index] : { label_kind: 'Default' }
  const annotations = isJsonObject(label.annotations)
    ? label.annotations
    : { classifications: [], relationships: [] }
  labels[index] = { ...label, annotations: { ...annotations, objects } }
  return { ...projects, [project]: { ...own, labels } }
}

export const labelbox: Format<RowEntry> = {
  id: 'labelbox',
  label: 'Labelbox',
  extraKey: 'labelbox',
  needs: 'pixels',
  keeps: { attributes: true },
  recognise: ({ kind, isList, inner, keys }) => {
    const top = isList ? inner('') : keys
    return kind === 'json' &&
      top.has('data_row') &&
      (top.has('projects') || top.has('media_attributes'))
      ? 'data rows with objects'
      : null
  },
  open: openLabelbox,
  placer: imagesPlacer,
  writer: (context) => ({
    *write(image, { label }) {
      const content = `${JSON.stringify(rowOf(image, label, context))}\n`
      yield { path: 'labelbox.ndjson', content, more: true }
    },
    *end() {
      yield { path: 'labelbox.ndjson', content: '' }
    },
  }),
}
