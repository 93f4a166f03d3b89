import type { Split } from '#shared/model/dataset.ts'
import { hasImageExtension } from '#shared/model/dataset.ts'
import { directoryOf, fileNameOf, joinPath, stemOf } from '#shared/model/paths.ts'
import { FormatError, failureOf } from './format-error.ts'
import { cleanReference, pathBeside, resolvePath } from './image-lookup.ts'
import { splitOfName, splitOfWord } from './splits.ts'
import { linesOf, textOf } from './text.ts'
import type { InputFile, Json, JsonObject, OpenContext } from './types.ts'
import {
  namesClasses,
  namesOfClasses,
  namesOfList,
  readClassList,
  readYoloYaml,
  type YoloNames,
} from './yolo-names.ts'

// The layout: https://docs.ultralytics.com/datasets/; darknet's: https://github.com/AlexeyAB/darknet

/** What a file of classes says, or that it could not be read. */
interface ClassFile {
  path: string
  isYaml: boolean
  names: YoloNames | null
}

/** The files of a YOLO dataset by what they are. */
export interface YoloFiles {
  labels: InputFile[]
  classes: ClassFile[]
  /** Of the data.yaml files, for writing it again. */
  values: JsonObject
  called: JsonObject
  splitOf(image: string): Split | undefined
  /** Folders that hold the dataset's images, where a file says so. */
  namesOf(label: string): YoloNames | { unreadable: string }
}

const LIST_NAME = /(?:^|[_.-])(?:class(?:es)?|names?|labels?|categories|darknet)(?:$|[_.-])/i

const isYaml = (path: string) => /\.ya?ml$/i.test(path)

/** Whether a text file is named like a list of classes. */
export function isClassListName(path: string): boolean {
  const name = fileNameOf(path)
  return /\.names$/i.test(name) || (/\.(?:txt|labels)$/i.test(name) && LIST_NAME.test(stemOf(name)))
}

const NUMBERS = /^[-+]?[\d.][-+\d.eE]*(?:\s+[-+]?[\d.][-+\d.eE]*){3,}$/

/** What a text file holds, by all of its lines. */
export type TextKind = 'labels' | 'images' | 'classes' | 'other' | 'empty'

export function kindOfText(path: string, text: string): TextKind {
  const lines = linesOf(text)
    .map((line) => line.trim())
    .filter((line) => line !== '')
  if (lines.length === 0) return 'empty'
  const isImage = (line: string) => hasImageExtension(fileNameOf(cleanReference(line)))
  // A table of all images has lines of numbers too.
  if (lines.some((line) => NUMBERS.test(line))) return isImage(lines[0]) ? 'other' : 'labels'
  if (lines.every(isImage)) return 'images'
  if (isClassListName(path)) return 'classes'
  return 'other'
}

/** Which split an image is in, by folders and lists that files name. */
class Splits {
  readonly #folders: { folder: string; split: Split }[] = []
  readonly #listed = new Map<string, { path: string; split: Split }[]>()

  addFolder(folder: string, split: Split): void {
    // One folder for two splits, as for a dataset without `val`: what is trained on is no test.
    if (!this.#folders.some((item) => item.folder === folder)) this.#folders.push({ folder, split })
  }

  addImage(path: string, split: Split): void {
    const stem = stemOf(path).toLowerCase()
    const key = fileNameOf(stem)
    const there = this.#listed.get(key)
    if (there) there.push({ path: stem, split })
    else this.#listed.set(key, [{ path: stem, split }])
  }

  of(image: string): Split | undefined {
    const stem = stemOf(image).toLowerCase()
    const isEnd = (whole: string, end: string) => whole === end || whole.endsWith(`/${end}`)
    const listed = (this.#listed.get(fileNameOf(stem)) ?? []).filter(
      ({ path }) => isEnd(path, stem) || isEnd(stem, path),
    )
    const splits = new Set(listed.map(({ split }) => split))
    if (splits.size === 1) return listed[0].split
    const inside = this.#folders
      .filter(({ folder }) => folder === '' || stem.startsWith(`${folder.toLowerCase()}/`))
      .toSorted((a, b) => b.folder.length - a.folder.length)
    return inside[0]?.split
  }
}

const SPLIT_KEYS: [key: string, split: Split][] = [
  ['train', 'train'],
  ['val', 'val'],
  ['valid', 'val'],
  ['test', 'test'],
]

const textsOf = (value: Json | undefined): string[] =>
  (Array.isArray(value) ? value : [value]).filter((item) => typeof item === 'string')

/** Reads lists of images and of folders, as data.yaml and darknet's obj.data name them. */
class SplitReader {
  readonly splits = new Splits()
  readonly #byPath: Map<string, InputFile>
  readonly #folders: ReadonlySet<string>
  readonly #read = new Set<string>()

  constructor(files: readonly InputFile[], folders: ReadonlySet<string>) {
    this.#byPath = new Map(files.map((file) => [file.path.toLowerCase(), file]))
    this.#folders = folders
  }

  /** `root`: where the paths of a data.yaml begin, as far as is known. */
  addTargets(values: JsonObject, roots: readonly string[]): void {
    for (const [key, split] of SPLIT_KEYS)
      for (const target of textsOf(values[key])) this.#target(target, split, roots)
  }

  #target(target: string, split: Split, roots: readonly string[]): void {
    const clean = cleanReference(target)
    // Roboflow writes `../train/images` for the folder beside the file.
    const forms = [clean, clean.replace(/^(?:\.\.\/)+/, '')]
    if (/\.txt$/i.test(clean)) forms.push(fileNameOf(clean))
    for (const root of roots)
      for (const form of forms) {
        const path = resolvePath(joinPath(root, form))
        const list = this.#byPath.get(path.toLowerCase())
        const isFolder = this.#folders.has(path.toLowerCase())
        if (list) this.addList(list, split)
        else if (isFolder) this.splits.addFolder(path, split)
        if (list || isFolder) return
      }
  }

  addList(file: InputFile, split: Split): void {
    if (this.#read.has(file.path)) return
    this.#read.add(file.path)
    for (const line of linesOf(textOf(file))) {
      const reference = cleanReference(line)
      if (reference === '') continue
      this.splits.addImage(
        /^\.{1,2}\//.test(reference) ? pathBeside(file.path, reference) : resolvePath(reference),
        split,
      )
    }
  }

  isRead(file: InputFile): boolean {
    return this.#read.has(file.path)
  }
}

/** All folders that paths lie in, lower case. */
function foldersOf(paths: Iterable<string>): Set<string> {
  const folders = new Set<string>([''])
  for (const path of paths)
    for (
      let folder = directoryOf(path.toLowerCase());
      !folders.has(folder);
      folder = directoryOf(folder)
    )
      folders.add(folder)
  return folders
}

/** Sorts the files of a dataset; those that cannot be read go to `fail`. */
export function* sortYolo(
  files: readonly InputFile[],
  context: OpenContext,
): Generator<void, YoloFiles> {
  const { fail, imagePaths, losses, options } = context
  const stems = new Set(imagePaths.map((path) => stemOf(path).toLowerCase()))
  const imageStems = new Set([...stems].map((stem) => fileNameOf(stem)))
  const folders = foldersOf([...imagePaths, ...files.map(({ path }) => path)])
  const reader = new SplitReader(files, folders)
  const labels: InputFile[] = []
  const classes: ClassFile[] = []
  const lists: InputFile[] = []
  let values: JsonObject = {}
  let called: JsonObject = {}
  for (const file of files) {
    const { path } = file
    yield
    try {
      if (isYaml(path)) {
        const text = textOf(file)
        if (!namesClasses(text)) continue
        const onFault = (error: FormatError) => fail(failureOf(path, error))
        const yaml = readYoloYaml(text, onFault, losses, path)
        classes.push({ path, isYaml: true, names: yaml.names })
        values = { ...yaml.values, ...values }
        called = { ...yaml.called, ...called }
        const own = directoryOf(path)
        const [root] = textsOf(yaml.values.path)
        const stated = root === undefined ? [] : [resolvePath(joinPath(own, cleanReference(root)))]
        reader.addTargets(yaml.values, [...stated, own])
      } else if (/\.data$/i.test(path)) {
        const pairs = linesOf(textOf(file)).flatMap((line) => {
          const [, key, value] = /^\s*(\w+)\s*=\s*(.*\S)/.exec(line) ?? []
          return key ? [[key, value] as const] : []
        })
        reader.addTargets(Object.fromEntries(pairs), ['', directoryOf(path)])
      } else if (/\.(?:txt|names|labels)$/i.test(path)) {
        // Most of the files are labels: those whose place says so are not read for it.
        const isNamed = isClassListName(path) || splitOfWord(stemOf(fileNameOf(path))) !== undefined
        const isPlaced =
          /(?:^|\/)labels\//i.test(path) || imageStems.has(fileNameOf(stemOf(path)).toLowerCase())
        const kind = isPlaced && !isNamed ? 'labels' : kindOfText(path, textOf(file))
        if (kind === 'labels' || (kind === 'empty' && isPlaced)) labels.push(file)
        else if (kind === 'images') lists.push(file)
        else if (kind === 'classes')
          classes.push({ path, isYaml: false, names: readClassList(textOf(file)) })
      }
    } catch (error) {
      fail(failureOf(path, error))
      if (isYaml(path) || isClassListName(path))
        classes.push({ path, isYaml: isYaml(path), names: null })
    }
  }
  for (const list of lists) {
    const split = splitOfName(list.path)
    if (split && !reader.isRead(list)) reader.addList(list, split)
  }
  const given =
    options.classNames && namesOfList(new Map(options.classNames.map((name, n) => [n, name])))
  return {
    labels,
    classes,
    values,
    called,
    splitOf: (image) => reader.splits.of(image),
    namesOf: nameFinder(classes, given ?? null),
  }
}

/** A data.yaml says more than a list beside the labels; of each, the nearest above the labels. */
function nameFinder(classes: readonly ClassFile[], given: YoloNames | null): YoloFiles['namesOf'] {
  const known = new Map<string, YoloNames | { unreadable: string }>()
  const rank = ({ path }: ClassFile) =>
    /^(?:data|dataset|classes|obj)\./i.test(fileNameOf(path)) ? 0 : 1
  const ordered = classes.toSorted((a, b) => rank(a) - rank(b))
  const nearest = (directory: string, isWanted: (file: ClassFile) => boolean) => {
    for (let folder = directory; ; folder = directoryOf(folder)) {
      const file = ordered.find((one) => directoryOf(one.path) === folder && isWanted(one))
      if (file || folder === '') return file
    }
  }
  const find = (directory: string): YoloNames | { unreadable: string } => {
    const file =
      nearest(directory, (one) => one.isYaml) ??
      nearest(directory, (one) => !one.isYaml) ??
      // Beside the labels' folder, as `data/obj.names`.
      (classes.length === 1 ? classes[0] : undefined)
    if (!file) return given ?? namesOfClasses([])
    return file.names ?? { unreadable: file.path }
  }
  return (label) => {
    const directory = directoryOf(label)
    const there = known.get(directory) ?? find(directory)
    known.set(directory, there)
    return there
  }
}

/** Where the image of a label file lies: the last `/labels/` is `/images/`, else beside it. Ends in `.*`. */
export function yoloPlaces(label: string): string[] {
  const stem = `${stemOf(label)}.*`
  const swapped = (name: string) =>
    stem.replace(/(^|.*\/)labels\//i, (_, before) => `${before}${name}`)
  const inNames = joinPath(directoryOf(stem).replaceAll(/labels/gi, 'images'), fileNameOf(stem))
  return [...new Set([swapped('images/'), stem, swapped(''), inNames])].map(resolvePath)
}

export function isUnreadable(
  names: YoloNames | { unreadable: string },
): names is { unreadable: string } {
  return 'unreadable' in names
}

export function requireNames(names: YoloNames | { unreadable: string }): YoloNames {
  if (!isUnreadable(names)) return names
  throw new FormatError(
    'class',
    `the names of its classes could not be read from ${names.unreadable}: mend that file first`,
  )
}
