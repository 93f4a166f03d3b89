import { detectFormat, formatOfFile, isYoloFile } from '#core/formats/registry.ts'
import type { InputFile } from '#core/formats/types.ts'
import type { FormatId } from '#shared/model/format.ts'
import { directoryOf } from '#shared/model/paths.ts'

/** Label files that belong together: of one format, and for the same images. */
interface LabelGroup {
  format: FormatId
  files: InputFile[]
  /** Directory below which their images are; empty: anywhere. */
  home: string
}

/** Names for the numbers of YOLO's text files. */
const CLASS_LIST = /\.(?:ya?ml|names)$|(?:^|\/)_?(?:classes|labels|obj|darknet)\.txt$/i

/** The directories that a path is in, the innermost first; the last is the empty one. */
function upwards(path: string): string[] {
  const own = directoryOf(path)
  return own === '' ? [own] : [own, ...upwards(own)]
}

const nearest = (path: string, places: ReadonlySet<string>): string =>
  upwards(path).find((directory) => places.has(directory)) ?? ''

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
  const lists = files.filter(({ path }) => CLASS_LIST.test(path))
  const withList = new Set(lists.map(({ path }) => directoryOf(path)))
  const groups = new Map<string, LabelGroup>()
  const none: string[] = []
  const formatOf = byDirectory(formatOfFile)
  for (const file of files) {
    const format = formatOf(file)
    if (format === null) {
      none.push(file.path)
      continue
    }
    const home = nearest(file.path, isYoloFile(file) ? withList : withImages)
    const key = JSON.stringify([format, home])
    const group = groups.get(key) ?? { format, files: [], home }
    group.files.push(file)
    groups.set(key, group)
  }
  const whole: LabelGroup[] = []
  for (const group of groups.values()) {
    if (group.format !== 'yolo') whole.push(group)
    // A list of classes alone, or settings of another program.
    else if (group.files.every((file) => lists.includes(file)))
      none.push(...group.files.map(({ path }) => path))
    else whole.push({ ...group, format: detectFormat(group.files) ?? 'yolo' })
  }
  return { groups: whole, none }
}

/** Of images, those below a group's home; where that has none, all. */
export function imagesOf<T extends { path: string }>(
  { home }: LabelGroup,
  images: readonly T[],
): readonly T[] {
  if (home === '') return images
  const below = images.filter(({ path }) => path.startsWith(`${home}/`))
  return below.length > 0 ? below : images
}
