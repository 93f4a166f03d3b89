import { isJsonObject } from './carry.ts'
import { type CsvRow, csvRows } from './csv.ts'
import { numberOf, shown, textOfField } from './fields.ts'
import { FormatError, failureOf } from './format-error.ts'
import { parseJson } from './json-fault.ts'
import { textOf } from './text.ts'
import type { InputFile, JsonObject, OpenContext } from './types.ts'

// The layouts: VGG Image Annotator 1 and 2, https://www.robots.ox.ac.uk/~vgg/software/via/

/** An image of a VIA file. */
export interface ViaImage {
  filename: string
  /** What it is called in the file, in JSON. */
  key: string | null
  /** Its regions, with where each stands. */
  regions: { raw: unknown; field: string }[]
  /** VIA 1: regions by number. */
  isNumbered: boolean
  size: number | null
  fileAttributes: JsonObject
  /** What else the file says of it. */
  others: JsonObject
}

export interface ViaFile {
  images: ViaImage[]
  /** A project's settings and attributes; null for annotations alone. */
  project: JsonObject | null
}

export const VIA_COLUMNS = [
  'filename',
  'file_size',
  'file_attributes',
  'region_count',
  'region_id',
  'region_shape_attributes',
  'region_attributes',
]

const IMAGE_KEYS = ['filename', 'size', 'regions', 'file_attributes']

function imageOf(key: string, value: unknown): ViaImage {
  if (!isJsonObject(value)) throw new FormatError('', `must be an image, not ${shown(value)}`)
  const filename = textOfField(value.filename)
  if (filename === null)
    throw new FormatError('filename', `must name the image, not ${shown(value.filename)}`)
  const { regions = [] } = value
  if (typeof regions !== 'object' || regions === null)
    throw new FormatError('regions', `must be a list, not ${shown(regions)}`)
  const isNumbered = !Array.isArray(regions)
  const list = Array.isArray(regions) ? [...regions.entries()] : Object.entries(regions)
  return {
    filename,
    key,
    isNumbered,
    regions: list.map(([index, raw]) => ({ raw, field: `${key}.regions[${index}]` })),
    size: numberOf(value.size),
    fileAttributes: isJsonObject(value.file_attributes) ? value.file_attributes : {},
    others: Object.fromEntries(
      Object.entries(value).filter(([name]) => !IMAGE_KEYS.includes(name)),
    ),
  }
}

function readJson(file: InputFile, context: OpenContext): ViaFile {
  const json = parseJson(textOf(file))
  if (!isJsonObject(json)) throw new FormatError('_via_img_metadata', 'is missing: no VIA file')
  const { _via_img_metadata: metadata, ...project } = json
  const images = isJsonObject(metadata) ? metadata : json
  const isProject = images !== json
  const found = Object.entries(images).flatMap(([key, value]) => {
    try {
      return [imageOf(key, value)]
    } catch (error) {
      context.fail(failureOf(file.path, error, key))
      return []
    }
  })
  return { images: found, project: isProject ? project : null }
}

function objectIn(row: CsvRow, column: number): JsonObject {
  const text = row.fields[column] ?? ''
  if (text.trim() === '') return {}
  const field = `line ${row.line}, ${VIA_COLUMNS[column]}`
  const value = parseJson(text, field, () => row.line)
  if (isJsonObject(value)) return value
  throw new FormatError(field, `must be an object, not ${shown(value)}`)
}

/** Whether text begins as VIA's CSV does. */
export const isViaCsv = (text: string): boolean =>
  /^\s*#?\s*"?filename"?,"?file_size"?,"?file_attributes"?,"?region_count"?,/.test(text)

function readCsv(file: InputFile, context: OpenContext): ViaFile {
  const text = textOf(file)
  if (!isViaCsv(text))
    throw new FormatError('line 1', `must be the columns of VIA: ${VIA_COLUMNS.join(',')}`)
  const images = new Map<string, ViaImage>()
  for (const row of [...csvRows(text)].slice(1)) {
    const [filename, size, , count] = row.fields
    try {
      if (row.fields.length < VIA_COLUMNS.length)
        throw new FormatError(
          `line ${row.line}`,
          `has ${row.fields.length} columns; it needs ${VIA_COLUMNS.length}`,
        )
      const key = `${filename}${size}`
      let image = images.get(key)
      if (!image) {
        const fileAttributes = objectIn(row, 2)
        image = {
          filename,
          key: null,
          regions: [],
          isNumbered: false,
          size: numberOf(size),
          fileAttributes,
          others: {},
        }
        images.set(key, image)
      }
      const shape = objectIn(row, 5)
      const isNone = numberOf(count) === 0 || Object.keys(shape).length === 0
      if (isNone) continue
      image.regions.push({
        raw: { shape_attributes: shape, region_attributes: objectIn(row, 6) },
        field: `line ${row.line}`,
      })
    } catch (error) {
      context.fail(failureOf(file.path, error))
    }
  }
  return { images: [...images.values()], project: null }
}

/** Throws a FormatError where nothing can be read; single images and rows go to `context.fail`. */
export function readViaFile(file: InputFile, context: OpenContext): ViaFile {
  return /\.csv$/i.test(file.path) ? readCsv(file, context) : readJson(file, context)
}
