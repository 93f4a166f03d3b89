import { detectFormat, formatOfFile, isYoloFile, mayAccompany } from '#core/formats/detect.ts'
import type { InputFile } from '#core/formats/types.ts'
import type { FormatId } from '#shared/model/format.ts'
import { directoryOf } from '#shared/model/paths.ts'

/** Label files that belong together: one format, and the same images. */
export interface LabelGroup {
  format: FormatId
  files: InputFile[]
  /** Directory that contains their images; empty: anywhere. */
  home: string
}

/** True if a file may hold the class names for YOLO's text files. */
export const isClassList = ({ path }: Pick<InputFile, 'path'>): boolean =>
  /\.(?:ya?ml|names)$|(?:^|\/)(?:classes|labels|obj|_darknet)\.txt$/i.test(path)

/** The parent directories of a path, innermost first; the last one is empty. */
function upwards(path: string): string[] {
  const own = directoryOf(path)
  return own === '' ? [own] : [own, ...upwards(own)]
}

const nearest = (path: string, places: ReadonlySet<string>): string | undefined =>
  upwards(path).find((directory) => places.has(directory))

const isYaml = ({ path }: InputFile) => /\.ya?ml$/i.test(path)

/** A YAML file belongs to YOLO only if it names classes; it could also hold training settings. */
function hasNames(file: InputFile): boolean {
  try {
    return /^['"]?names['"]?\s*:/m.test(Buffer.from(file.bytes()).toString('utf8'))
  } catch {
    return false
  }
}

/** Number of files to examine in a directory; if they are all alike, so are the others. */
const LOOKED_AT = 20

function byDirectory(look: typeof formatOfFile): typeof formatOfFile {
  const known = new Map<string, { format: FormatId | null; count: number }>()
  return (file) => {
    const place = `${directoryOf(file.path)}/*${/\.[^.]*$/.exec(file.path)?.[0] ?? ''}`
    const before = known.get(place)
    if (before && before.count >= LOOKED_AT) return before.format
    const format = look(file)
    // If one differs, examine each file.
    const count =
      before && before.format !== format ? Number.NEGATIVE_INFINITY : (before?.count ?? 0) + 1
    known.set(place, { format, count })
    return format
  }
}

/**
 * Groups dropped files by format and by their images, which are those in the nearest folder that has any; two exports
 * in one drop may use the same names for different images. Text files go with the nearest list of classes. `none`:
 * files without labels of a known format. `images`: their paths.
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
        ? // A data.yaml contains more than a list beside the labels.
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
    // Only a list of classes, or settings of another program.
    else if (group.files.every((file) => lists.has(file)))
      none.push(...group.files.map(({ path }) => path))
    else whole.push({ ...group, format: detectFormat(group.files) ?? 'yolo' })
  }
  return { groups: whole, none: accompany(whole, none, files) }
}

/** Adds to each group the files that may name its classes, splits or sizes. Returns the paths that remain. */
function accompany(
  groups: readonly LabelGroup[],
  none: readonly string[],
  files: readonly InputFile[],
): string[] {
  const open = new Set(none)
  const candidates = files.filter(({ path }) => open.has(path))
  for (const group of groups) {
    if (group.format.startsWith('yolo')) continue
    const isNear = ({ path }: InputFile) => group.home === '' || path.startsWith(`${group.home}/`)
    for (const file of candidates) {
      if (!isNear(file) || !mayAccompany(group.format, file)) continue
      group.files.push(file)
      open.delete(file.path)
    }
  }
  return none.filter((path) => open.has(path))
}

/** Images indexed by all their parent directories, so that groups need not be compared with every image. */
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

  /** The images that a group may be for, likely ones first: those below its home, then those below each parent. */
  *near(home: string): Generator<readonly T[]> {
    let before: readonly T[] = []
    for (const directory of home === '' ? [''] : [home, ...upwards(home)]) {
      const images = this.#below.get(directory) ?? []
      if (images.length > before.length) yield images
      before = images
    }
  }
}
