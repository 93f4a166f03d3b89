import type { AnnotationClass, AttributeSchema } from '#shared/model/annotation-class.ts'
import type { Split } from '#shared/model/dataset.ts'
import { fieldsOf, isJsonObject, saysNothing } from './carry.ts'
import { csvLine } from './csv.ts'
import type {
  ImagePlace,
  Json,
  JsonObject,
  LabelledImage,
  LabelWriter,
  OutputPiece,
  WriteContext,
} from './types.ts'
import { VIA_COLUMNS } from './via-files.ts'
import { writeRegion } from './via-region.ts'

// The layout: VGG Image Annotator 2, https://www.robots.ox.ac.uk/~vgg/software/via/

/** A family of its own in `extra`: how VIA spelt the image, which is no loss elsewhere. */
export const VIA_IMAGE = 'via_image'

/** In `extra` of the dataset. */
export interface ViaHead {
  /** The attribute that names classes. */
  classKey?: string
  /** A project's settings and attributes. */
  project?: JsonObject
  /** There was no project, but annotations alone. */
  isPlain?: boolean
}

export const headOf = (extra: WriteContext['head']['extra']): ViaHead =>
  fieldsOf(extra, 'via_head') as ViaHead

interface Written {
  filename: string
  size: number
  key: string
  fields: JsonObject
  regions: JsonObject[]
  isNumbered: boolean
}

function imageOf(
  image: LabelledImage,
  label: string,
  classKey: string,
  { losses, head }: WriteContext,
): Written {
  const before = fieldsOf(image.extra, VIA_IMAGE)
  const isWeb = typeof before.filename === 'string' && /^https?:\/\//i.test(before.filename)
  const filename = isWeb ? String(before.filename) : label
  const size = typeof before.size === 'number' ? before.size : -1
  const isSame = typeof before.key === 'string' && before.filename === filename
  const joints = new Set(head.classes.flatMap(({ skeleton }) => skeleton?.nodes ?? []))
  if (joints.size > 0 && image.annotations.some(({ shape }) => shape.kind === 'keypoint'))
    losses.add(
      'skeletons have no place in VIA: their joints are points with one number',
      image.path,
    )
  return {
    filename,
    size,
    key: isSame ? String(before.key) : `${filename}${size}`,
    fields: fieldsOf(image.extra, 'via'),
    regions: image.annotations.map((one) => writeRegion(one, classKey, losses, image.path)),
    isNumbered: before.isNumbered === true,
  }
}

const FILE: Record<Split | 'default', string> = {
  default: 'via_project',
  train: 'via_project_train',
  val: 'via_project_val',
  test: 'via_project_test',
}

/** One file for each split, images one after another. */
abstract class ViaWriter implements LabelWriter {
  protected readonly context: WriteContext
  protected readonly head: ViaHead
  protected readonly classKey: string
  readonly #keys = new Map<string, string[]>()
  readonly #ending: string

  constructor(context: WriteContext, ending: string) {
    this.context = context
    this.head = headOf(context.head.extra)
    this.classKey = this.head.classKey ?? 'class'
    this.#ending = ending
  }

  *write(image: LabelledImage, { label }: ImagePlace): Generator<OutputPiece> {
    const path = `${FILE[image.split ?? 'default']}.${this.#ending}`
    const keys = this.#keys.get(path)
    const written = imageOf(image, label, this.classKey, this.context)
    const start = keys ? '' : this.start()
    yield { path, content: start + this.imageText(written, keys === undefined), more: true }
    if (keys) keys.push(written.key)
    else this.#keys.set(path, [written.key])
  }

  *end(): Generator<OutputPiece> {
    const path = `${FILE.default}.${this.#ending}`
    if (this.#keys.size === 0) yield { path, content: this.start() + this.finish([]) }
    for (const [own, keys] of this.#keys) yield { path: own, content: this.finish(keys) }
  }

  protected abstract start(): string
  protected abstract imageText(image: Written, isFirst: boolean): string
  protected abstract finish(keys: string[]): string
}

function optionsOf(names: readonly string[], before: Json | undefined): JsonObject {
  const there = isJsonObject(before) ? before : {}
  return { ...there, ...Object.fromEntries(names.map((name) => [name, there[name] ?? ''])) }
}

function attributeOf({ type, values = [] }: AttributeSchema): JsonObject {
  if (type !== 'select') return { type: 'text', description: '', default_value: '' }
  return { type: 'dropdown', description: '', options: optionsOf(values, {}), default_options: {} }
}

/** VIA's own list of attributes: as it was, with the classes that came since. */
function attributesOf(classes: readonly AnnotationClass[], key: string, before: Json | undefined) {
  const all = isJsonObject(before) ? before : {}
  const region = isJsonObject(all.region) ? all.region : {}
  const own = isJsonObject(region[key]) ? region[key] : null
  const schemas = classes.flatMap(({ attributes = [] }) => attributes)
  const others = schemas.filter(({ name }) => region[name] === undefined && name !== key)
  const names = classes.map(({ name }) => name)
  const isOpen = own !== null && own.options === undefined
  const named = isOpen
    ? own
    : {
        ...(own ?? { type: 'dropdown', description: '', default_options: {} }),
        options: optionsOf(names, own?.options),
      }
  return {
    file: {},
    ...all,
    region: {
      ...Object.fromEntries(others.map((schema) => [schema.name, attributeOf(schema)])),
      ...region,
      [key]: named,
    },
  }
}

export class ViaJsonWriter extends ViaWriter {
  constructor(context: WriteContext) {
    super(context, 'json')
  }

  protected start(): string {
    return this.head.isPlain ? '{' : '{"_via_img_metadata":{'
  }

  protected imageText(image: Written, isFirst: boolean): string {
    const { key, filename, size, fields, regions, isNumbered } = image
    const list = isNumbered ? Object.fromEntries(regions.entries()) : regions
    const value = { file_attributes: {}, ...fields, filename, size, regions: list }
    return `${isFirst ? '\n' : ',\n'}${JSON.stringify(key)}:${JSON.stringify(value)}`
  }

  protected finish(keys: string[]): string {
    if (this.head.isPlain) return '\n}\n'
    const {
      _via_settings: settings,
      _via_attributes: attributes,
      ...others
    } = this.head.project ?? {}
    const { head } = this.context
    const rest: JsonObject = {
      _via_data_format_version: '2.0.10',
      ...others,
      _via_settings: settings ?? {
        ui: { image: { region_label: this.classKey, region_color: this.classKey } },
        core: { default_filepath: './images/' },
        project: { name: head.name },
      },
      _via_attributes: attributesOf(head.classes, this.classKey, attributes),
      ...((!this.head.project || others._via_image_id_list) && { _via_image_id_list: keys }),
    }
    return `\n},${JSON.stringify(rest).slice(1)}\n`
  }
}

export class ViaCsvWriter extends ViaWriter {
  constructor(context: WriteContext) {
    super(context, 'csv')
  }

  protected start(): string {
    return csvLine(VIA_COLUMNS)
  }

  protected imageText({ filename, size, fields, regions }: Written): string {
    const { file_attributes: own = {}, ...others } = fields
    for (const [field, value] of Object.entries(others))
      if (!saysNothing(value))
        this.context.losses.add(`“${field}” of VIA has no place in its CSV`, filename)
    const attributes = JSON.stringify(own)
    const line = (number: number, shape: Json, region: Json) =>
      csvLine([
        filename,
        size,
        attributes,
        regions.length,
        number,
        JSON.stringify(shape),
        JSON.stringify(region),
      ])
    if (regions.length === 0) return line(0, {}, {})
    return regions
      .map(({ shape_attributes, region_attributes }, index) =>
        line(index, shape_attributes, region_attributes),
      )
      .join('')
  }

  protected finish(): string {
    return ''
  }
}
