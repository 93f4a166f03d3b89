import { readdir } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { writeFileAtomic } from '#core/atomic-file.ts'
import { diskFile } from '#core/disk-file.ts'
import { FormatError } from '#core/formats/format-error.ts'
import { LossLog } from '#core/formats/loss-log.ts'
import { linesOf, textOf } from '#core/formats/text.ts'
import type { InputFile } from '#core/formats/types.ts'
import { readClassList, readYoloYaml } from '#core/formats/yolo-names.ts'
import { readRegularFile } from '#core/regular-file.ts'
import type { AnnotationClass } from '#shared/model/annotation-class.ts'

const CLASSES_FILE = 'classes.txt'
/** Of a label file, or a list of classes. */
const MOST_BYTES = 64_000_000

/**
 * The classes in the order of the numbers in a folder's YOLO files: first the folder's own list (classes.txt, else
 * data.yaml) unchanged, then a place for each number that has no name, then new classes. A number never changes its
 * meaning. Writes classes.txt if the list grew. Throws a FormatError if the list cannot be read.
 */
export async function yoloNumbering(
  folder: string,
  classes: readonly AnnotationClass[],
): Promise<AnnotationClass[]> {
  const { listed, isFile } = await listedNames(folder)
  const known = new Set(listed)
  const added = classes.map(({ name }) => name).filter((name) => !known.has(name))
  const names = [...listed]
  if (added.length > 0) {
    // The list rarely grows; only then examine every label file.
    const count = (await highestNumber(folder)) + 1
    for (let number = names.length; number < count; number++) names.push(`class ${number}`)
    const placed = new Set(names)
    for (const name of added) if (!placed.has(name)) names.push(name)
  }
  if (names.length > listed.length || (!isFile && names.length > 0))
    await writeFileAtomic(join(folder, CLASSES_FILE), names.map((name) => `${name}\n`).join(''))
  const byName = new Map(classes.map((item) => [item.name, item]))
  return names.map((name) => byName.get(name) ?? { name, color: '#808080' })
}

/** The highest class number in the label files below the folder; -1 if none. */
async function highestNumber(folder: string): Promise<number> {
  let highest = -1
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile() || !/\.txt$/i.test(entry.name) || entry.name === CLASSES_FILE) continue
    const text = String(await readRegularFile(join(entry.parentPath, entry.name), MOST_BYTES))
    for (const line of linesOf(text)) {
      const [, number] = /^[ \t]*(\d{1,5})(?:[ \t]+-?[\d.]+){4}/.exec(line) ?? []
      if (number !== undefined) highest = Math.max(highest, Number(number))
    }
  }
  return highest
}

/** Names by number; unnamed numbers keep their place. The list of a `labels` folder may be in its parent folder. */
async function listedNames(folder: string): Promise<{ listed: string[]; isFile: boolean }> {
  const isFile = (await readdir(folder)).includes(CLASSES_FILE)
  const files = isFile ? [inputFile(folder, CLASSES_FILE)] : await yamlFiles(folder)
  const byNumber = files[0] ? namesIn(files[0]) : new Map<number, string>()
  let count = 0
  for (const number of byNumber.keys()) count = Math.max(count, number + 1)
  const listed = Array.from(
    { length: count },
    (_, number) => byNumber.get(number) ?? `class ${number}`,
  )
  return { listed, isFile }
}

/** Throws a FormatError that names the file. */
function namesIn(file: InputFile): ReadonlyMap<number, string> {
  try {
    const text = textOf(file)
    if (file.path === CLASSES_FILE) return readClassList(text).byNumber
    const stop = (error: FormatError) => {
      throw error
    }
    return readYoloYaml(text, stop, new LossLog(), file.path).names.byNumber
  } catch (error) {
    if (error instanceof FormatError)
      throw new FormatError(error.field, `${file.path}: ${error.message}`)
    throw error
  }
}

async function yamlFiles(folder: string): Promise<InputFile[]> {
  const places = basename(folder) === 'labels' ? [folder, dirname(folder)] : [folder]
  for (const place of places) {
    const names = (await readdir(place)).filter((name) => /^data\.ya?ml$/i.test(name))
    if (names.length > 0) return names.map((name) => inputFile(place, name))
  }
  return []
}

function inputFile(folder: string, path: string): InputFile {
  return diskFile(path, join(folder, path))
}
