import { isJsonObject } from './carry.ts'
import type { Extra, Json, JsonObject } from './types.ts'

/** Where a format's family keeps something by the name of a class. */
const BY_NAME: [family: string, key: string][] = [
  ['coco', 'categories'],
  ['panoptic_head', 'categories'],
  ['yolo', 'numbers'],
  ['open_images_head', 'labels'],
  ['mot_dataset', 'numbers'],
]

/**
 * The name that an entry had in its file, and the class's name here, before the first rename. The two may differ, as “cat” and
 * “cat (2)” do: taking the name back brings both back. It is not written to files.
 */
export const RENAMED = '@renamed'

function renamedEntry(entry: JsonObject, from: string, to: string): JsonObject {
  const { [RENAMED]: kept, ...own } = entry
  const first = isJsonObject(kept) ? kept : { className: from, name: entry.name }
  if (first.className === to) return { ...own, name: first.name }
  return { ...own, name: to, [RENAMED]: first }
}

/** The same list with another name for one entry. A class that has the new name keeps what it has. */
function withKey(list: JsonObject, from: string, to: string): JsonObject {
  if (!Object.hasOwn(list, from) || Object.hasOwn(list, to)) return list
  return Object.fromEntries(
    Object.entries(list).map(([key, value]) => {
      if (key !== from) return [key, value]
      return [to, isJsonObject(value) && 'name' in value ? renamedEntry(value, from, to) : value]
    }),
  )
}

/** Datumaro's labels stand in the order of their numbers, with the names that they have here beside them. */
function renameLabels(datumaro: JsonObject, from: string, to: string): JsonObject {
  const { called, labels } = datumaro
  if (!Array.isArray(called) || !called.includes(from) || called.includes(to)) return datumaro
  const at = called.indexOf(from)
  const renamed = Array.isArray(labels)
    ? labels.map((label, index) =>
        index === at && isJsonObject(label) ? renamedEntry(label, from, to) : label,
      )
    : labels
  return {
    ...datumaro,
    called: called.map((name) => (name === from ? to : name)),
    ...(renamed !== undefined && { labels: renamed }),
  }
}

/** CVAT's `<label><name>`, and the `<parent>` of a skeleton's joints, anywhere in the meta element. */
function renameNodes(node: Json, from: string, to: string): Json {
  if (!isJsonObject(node) || !Array.isArray(node.children)) return node
  const children = node.children.map((child) => {
    const isName =
      node.name === 'label' &&
      isJsonObject(child) &&
      (child.name === 'name' || child.name === 'parent') &&
      child.text === from
    return isName ? { ...child, text: to } : renameNodes(child, from, to)
  })
  return { ...node, children }
}

/**
 * What a dataset's files said of a class (its number, supercategory and the like), under the class's new name. Renaming back
 * undoes it exactly. YOLO's `called` keeps the names of the files by the names that they got here: a new name is not in it.
 */
export function renameInExtra(extra: Extra, from: string, to: string): Extra {
  if (from === to) return extra
  const result: Extra = { ...extra }
  for (const [family, key] of BY_NAME) {
    const own = result[family]
    const list = isJsonObject(own) ? own[key] : undefined
    if (isJsonObject(own) && isJsonObject(list))
      result[family] = { ...own, [key]: withKey(list, from, to) }
  }
  const { datumaro, cvat } = result
  if (isJsonObject(datumaro)) result.datumaro = renameLabels(datumaro, from, to)
  if (isJsonObject(cvat) && cvat.meta !== undefined)
    result.cvat = { ...cvat, meta: renameNodes(cvat.meta, from, to) }
  return result
}
