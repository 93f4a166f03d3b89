import { readFileSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { writeFileAtomic } from '#core/atomic-file.ts'
import type { InputFile } from '#core/formats/types.ts'
import { readNames } from '#core/formats/yolo.ts'
import type { AnnotationClass } from '#shared/model/annotation-class.ts'

const CLASSES_FILE = 'classes.txt'

/**
 * The classes in the order of the numbers that the YOLO files of a folder use: the folder's own list
 * (classes.txt, else data.yaml) first and unchanged, new classes after it. A number that was once given
 * never means another class, so files that are not rewritten stay right. Writes classes.txt when it grew.
 */
export async function yoloNumbering(
  folder: string,
  classes: readonly AnnotationClass[],
): Promise<AnnotationClass[]> {
  const listed = await listedNames(folder)
  const known = new Set(listed)
  const names = [...listed, ...classes.map(({ name }) => name).filter((name) => !known.has(name))]
  const hasFile = (await readdir(folder)).includes(CLASSES_FILE)
  if (names.length > listed.length || (!hasFile && names.length > 0))
    await writeFileAtomic(join(folder, CLASSES_FILE), names.map((name) => `${name}\n`).join(''))
  const byName = new Map(classes.map((item) => [item.name, item]))
  return names.map((name) => byName.get(name) ?? { name, color: '#808080' })
}

/** By number; a number without a name keeps its place. */
async function listedNames(folder: string): Promise<string[]> {
  const entries = await readdir(folder)
  const lists = entries.filter((name) => name === CLASSES_FILE)
  const files = (
    lists.length > 0 ? lists : entries.filter((name) => /^data\.ya?ml$/i.test(name))
  ).map((path): InputFile => ({ path, bytes: () => readFileSync(join(folder, path)) }))
  const { byNumber } = readNames(files, { failed: [] })
  const count = Math.max(-1, ...byNumber.keys()) + 1
  return Array.from({ length: count }, (_, number) => byNumber.get(number) ?? `class ${number}`)
}
