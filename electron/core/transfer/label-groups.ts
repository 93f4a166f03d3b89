import { detectFormat, formatOfFile, isYoloFile } from '#core/formats/detect.ts'
import type { InputFile } from '#core/formats/types.ts'
import type { FormatId } from '#shared/model/format.ts'
import { directoryOf } from '#shared/model/paths.ts'

/** Label files that belong together: of one format, and for the same images. */
export interface LabelGroup {
  format: FormatId
  files: InputFile[]
  /** Directory below which their images are; empty: anywhere. */
  home: string
}

/** Whether a file may name the numbers of YOLO's text files. */
export const isClassList = ({ path }: Pick<InputFile, 'path'>): boolean =>
  /\.(?:ya?ml|names)$|(?:^|\/)(?:classes|labels|obj|_darknet)\.txt$/i.test(path)

/** The directories that a path is in, the innermost first; the last is the empty one. */
function upwards(path: string): string[] {
  const own = directoryOf(path)
  return own === '' ? [own] : [own, ...upwards(own)]
}

const nearest = (path: string, places: ReadonlySet<string>): string | undefined =>
  upwards(path).find((directory) => places.has(directory))

const isYaml = ({ path }: InputFile) => /\.ya?ml$/i.test(path)

/** Of YAML files only what names classes is YOLO's: others lie beside it, such as a training's settings. */
function hasNames(file: InputFile): boolean {
  try {
    return /^['"]?names['"]?\s*:/m.test(Buffer.from(file.bytes()).toString('utf8'))
  } catch {
    return false
  }
}

/** So many files of a directory are looked into; when they are all alike, so are the others. */
const LOOKED_AT = 20

function byDirectory(look: typeof formatOfFile): typeof formatOfFile {
  const known = new Map<string, { format: FormatId | null; count: number }>()
  return (file) => {
    const place = `${directoryOf(file.path)}/*${/\.[^.]*$/.exec(file.path)?.[0] ?? ''}`
    const before = known.get(place)
    if (before && before.count >= LOOKED_AT) return before.format
    const format = look(file)
    // One that is different: each is looked into.
    const count =
      before && before.format !== format ? Number.NEGATIVE_INFINITY : (before?.count ?? 0) + 1
    known.set(place, { format, count })
    return format
  }
}

/**
 * Sorts what was dropped together by format and by the images that it is for: those in the nearest folder that has
 * some, since two exports in one drop may call different images by one name. Text files stay with the nearest list of
 * classes. `none`: files that hold no labels of a known format. `images`: their paths.
 */
export function labelGroups(
  files: readonly InputFile[],
  images: Iterable<string>,
): { groups: LabelGroup[]; none: string[] } {
  const withImages = new Set<string>()
  for (const path of images) for (const directory of upwards(path)) withImages.add(directory)
  const settings = new Set(files.filter((file) => isYaml(file) && !hasNames(file)))
  const lists = new Set(files.filter((file) => isClassList(file) && !settings.has(file)))
  const directoriesOf = (some: Iterable<InputFile>) =>
    new Set([...some].map(({ path }) => directoryOf(path)))
  const withYaml = directoriesOf([...lists].filter(isYaml))
  const withList = directoriesOf(lists)
  const groups = new Map<string, LabelGroup>()
  const none: string[] = []
  const formatOf = byDirectory(formatOfFile)
  for (const file of files) {
    const format = settings.has(file) ? null : formatOf(file)
    if (format === null) {
      none.push(file.path)
      continue
    }
    const home =
      isYoloFile(file) && format === 'yolo'
        ? // A data.yaml says more than a list beside the labels.
          (nearest(file.path, withYaml) ?? nearest(file.path, withList))
        : nearest(file.path, withImages)
    const key = JSON.stringify([format, home])
    const group = groups.get(key) ?? { format, files: [], home: home ?? '' }
    group.files.push(file)
    groups.set(key, group)
  }
  const whole: LabelGroup[] = []
  for (const group of groups.values()) {
    if (group.format !== 'yolo') whole.push(group)
    // A list of classes alone, or settings of another program.
    else if (group.files.every((file) => lists.has(file)))
      none.push(...group.files.map(({ path }) => path))
    else whole.push({ ...group, format: detectFormat(group.files) ?? 'yolo' })
  }
  return { groups: whole, none }
}

/** Images by the directories that they are below, so that many groups are not each compared with all of them. */
export class ImagesByPlace<T extends { path: string }> {
  readonly #below = new Map<string, T[]>()

  constructor(images: Iterable<T>) {
    for (const image of images)
      for (const directory of upwards(image.path)) {
        const there = this.#below.get(directory)
        if (there) there.push(image)
        else this.#below.set(directory, [image])
      }
  }

  /** Those that a group may be for, likely ones first: below its home, else below what is above it. */
  *near(home: string): Generator<readonly T[]> {
    let before: readonly T[] = []
    for (const directory of home === '' ? [''] : [home, ...upwards(home)]) {
      const images = this.#below.get(directory) ?? []
      if (images.length > before.length) yield images
      before = images
    }
  }
}
