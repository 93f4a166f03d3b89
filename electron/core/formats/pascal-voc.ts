import type { AnnotationClass } from '#shared/model/annotation-class.ts'
import { hasImageExtension, type Split } from '#shared/model/dataset.ts'
import { directoryOf, fileNameOf, joinPath, stemOf } from '#shared/model/paths.ts'
import { fieldsOf, isJsonObject } from './carry.ts'
import { instanceIds, stemGiver, withoutFirst, withStem } from './common.ts'
import { sizeOf, textOfField, withoutKeys } from './fields.ts'
import { FormatError, failureOf } from './format-error.ts'
import { cleanReference, resolvePath, sharedNames } from './image-lookup.ts'
import type { LossLog } from './loss-log.ts'
import { objectsOf } from './objects.ts'
import { splitOfFolders, splitOfWord } from './splits.ts'
import { linesOf, textOf } from './text.ts'
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
  ReadOptions,
  WriteContext,
} from './types.ts'
import { readVocObject, writeVocObject } from './voc-object.ts'
import { buildXml, parseXml } from './voc-xml.ts'

// The layout: the PASCAL VOC development kit, http://host.robots.ox.ac.uk/pascal/VOC/voc2012/

interface VocEntry extends LabelEntry {
  source: InputFile
}

const ANNOTATIONS = /(^|.*\/)(?:annotations|xmls?|labels)(\/|$)/i

/** Folders where the images of a label file's folder may lie. */
function imageFolders(directory: string): string[] {
  if (!ANNOTATIONS.test(directory)) return [directory]
  const swapped = ['JPEGImages', 'images', ''].map((name) =>
    resolvePath(directory.replace(ANNOTATIONS, (_, before, after) => `${before}${name}${after}`)),
  )
  return [directory, ...swapped]
}

function placesOf(file: string, folder: string | null, filename: string | null): string[] {
  const directory = directoryOf(file)
  const folders = imageFolders(directory)
  const places: string[] = []
  if (filename !== null) {
    const name = cleanReference(filename)
    const local = name.startsWith('/') ? fileNameOf(name) : name
    places.push(...folders.map((one) => resolvePath(joinPath(one, local))))
    if (folder !== null) {
      const named = resolvePath(cleanReference(folder))
      places.push(
        resolvePath(joinPath(joinPath(directory, named), local)),
        resolvePath(joinPath(joinPath(directoryOf(directory), named), local)),
      )
    }
  }
  const own = fileNameOf(stemOf(file))
  return [...places, ...folders.map((one) => `${joinPath(one, own)}.*`)]
}

/** The name of the image in a file. ImageNet's files omit the extension. */
function nameOf(filename: string | null, file: string): string {
  if (filename === null) return `${fileNameOf(stemOf(file))}.*`
  return hasImageExtension(filename) ? filename : `${filename}.*`
}

/** Elements that are read. The others are written back unchanged. */
const OWN_KEYS = ['object', 'objects', 'filename', 'pixel_origin']

/** `<object>` after `<object>`; FAIR1M has them in `<objects>`. */
function objectsIn(root: JsonObject): Json[] {
  const inner = isJsonObject(root.objects) ? root.objects.object : undefined
  return [root.object, inner].flatMap((list) => (Array.isArray(list) ? list : []))
}

/** The number of the first pixel: as the file states it; 1 in files of the original datasets; else 0. */
function originOf(root: JsonObject): 0 | 1 {
  if (textOfField(root.pixel_origin) === '1') return 1
  const source = isJsonObject(root.source) ? root.source : {}
  return /\bVOC ?20(?:0[5-9]|1[0-2])\b/i.test(`${source.database} ${source.annotation}`) ? 1 : 0
}

function rootOf(file: InputFile): JsonObject | null {
  const { annotation } = parseXml(textOf(file))
  return isJsonObject(annotation) ? annotation : null
}

function claimedSize(root: JsonObject) {
  const { size, imagesize } = root
  if (isJsonObject(size)) return sizeOf(size.width, size.height)
  return isJsonObject(imagesize) ? sizeOf(imagesize.ncols, imagesize.nrows) : null
}

/** ImageSets/Main/<split>.txt lists stems; `split` by stem. */
function readSplits(files: readonly InputFile[], context: OpenContext): Map<string, Split> {
  const splits = new Map<string, Split>()
  for (const file of files) {
    const split = splitOfWord(stemOf(fileNameOf(file.path)))
    if (!split || !/\.txt$/i.test(file.path)) continue
    try {
      for (const line of linesOf(textOf(file))) {
        const [name] = line.trim().split(/\s+/)
        if (name) splits.set(stemOf(cleanReference(name)), split)
      }
    } catch (error) {
      context.fail(failureOf(file.path, error))
    }
  }
  return splits
}

/** By the longest end of the path that a list names. */
function splitOfStem(splits: ReadonlyMap<string, Split>, stem: string): Split | undefined {
  const parts = stem.split('/')
  for (let start = 0; start < parts.length; start++) {
    const split = splits.get(parts.slice(start).join('/'))
    if (split !== undefined) return split
  }
  return undefined
}

function* openVoc(
  files: readonly InputFile[],
  context: OpenContext,
): Generator<void, LabelSource<VocEntry>> {
  const entries: VocEntry[] = []
  const splits = readSplits(files, context)
  for (const file of files) {
    if (!file.path.toLowerCase().endsWith('.xml')) continue
    yield
    try {
      const root = rootOf(file)
      if (!root) throw new FormatError('annotation', 'is missing: not a Pascal VOC file')
      const filename = textOfField(root.filename)
      const split = splitOfStem(splits, stemOf(file.path)) ?? splitOfFolders(file.path)
      entries.push({
        file: file.path,
        source: file,
        name: nameOf(filename, file.path),
        places: placesOf(file.path, textOfField(root.folder), filename),
        size: claimedSize(root),
        ...(split && { split }),
      })
    } catch (error) {
      context.fail(failureOf(file.path, error))
    }
  }
  // A name that several files of one folder give was left over from a copy: each is for the image of its own name.
  for (const entry of sharedNames(entries))
    entry.places = [...placesOf(entry.file, null, null), ...entry.places]
  return {
    classes: [],
    entries,
    read: (entry, _size, fail, losses) => readEntry(entry, fail, context.options, losses),
  }
}

function readEntry(
  { source }: VocEntry,
  fail: OnFault,
  options: ReadOptions,
  losses: LossLog,
): ReadLabels {
  const root = rootOf(source) ?? {}
  const origin = options.vocPixelOrigin ?? originOf(root)
  const nextInstance = instanceIds([])
  const annotations = objectsIn(root).flatMap((node, index) => {
    try {
      if (!isJsonObject(node)) throw new FormatError('', 'is empty')
      if (node.deleted === '1') {
        losses.add('objects that are marked as deleted are left out', source.path)
        return []
      }
      return readVocObject(node, {
        ...{ origin, nextInstance, losses, where: source.path },
        fail: (_field, error) => fail(`object[${index}]`, error),
      })
    } catch (error) {
      fail(`object[${index}]`, error)
      return []
    }
  })
  const kept = withoutKeys(root, OWN_KEYS)
  return { annotations, extra: { pascal_voc: { ...kept, origin } as Json } }
}

function imageXml(
  image: LabelledImage,
  name: string,
  { options, losses, head }: WriteContext,
): string {
  const { origin: before, size, ...kept } = fieldsOf(image.extra, 'pascal_voc')
  const origin = before === 1 ? 1 : options.vocPixelOrigin
  const objects = objectsOf(image.annotations, head.classes).flatMap((object) => {
    const node = writeVocObject(object, origin, losses, image.path)
    return node ? [node] : []
  })
  return buildXml({
    annotation: {
      folder: directoryOf(image.path) || 'JPEGImages',
      filename: fileNameOf(name),
      source: { database: 'Unknown' },
      ...kept,
      // Nothing else tells which number the first pixel has.
      ...(origin === 1 && { pixel_origin: '1' }),
      size: {
        depth: '3',
        ...(isJsonObject(size) && size),
        width: image.width,
        height: image.height,
      },
      segmented: kept.segmented ?? '0',
      object: objects,
    },
  })
}

/** The classes with their colours, as CVAT and Datumaro write and want them: `label:color_rgb:parts:actions`. */
function labelMap(classes: readonly AnnotationClass[]): string {
  const rgb = (color: string) =>
    [1, 3, 5].map((at) => Number.parseInt(color.slice(at, at + 2), 16)).join(',')
  const lines = classes.map(({ name, color }) => `${name.replaceAll(':', ' ')}:${rgb(color)}::\n`)
  return ['# label:color_rgb:parts:actions\n', 'background:0,0,0::\n', ...lines].join('')
}

export const pascalVoc: Format<VocEntry> = {
  id: 'pascal_voc',
  label: 'Pascal VOC',
  extraKey: 'pascal_voc',
  needs: 'pixels',
  keeps: { attributes: true, split: true },
  recognise: ({ elements: [root] }) => (root === 'annotation' ? '<annotation> of an image' : null),
  open: openVoc,
  placer: () => {
    const stemFor = stemGiver()
    return ({ path }) => {
      const short = withoutFirst(path, /^(?:jpegimages|images)$/i)
      const label = stemFor(short)
      return { image: `JPEGImages/${withStem(short, label)}`, label }
    }
  },
  writer: (context) => {
    const lists = new Map<Split, string[]>()
    return {
      *write(image, { image: place, label }) {
        if (image.split) {
          const list = lists.get(image.split) ?? []
          list.push(`${label}\n`)
          lists.set(image.split, list)
        }
        yield { path: `Annotations/${label}.xml`, content: imageXml(image, place, context) }
      },
      *end() {
        for (const [split, stems] of lists)
          yield { path: `ImageSets/Main/${split}.txt`, content: stems.join('') }
        yield { path: 'labelmap.txt', content: labelMap(context.head.classes) }
      },
    }
  },
}
