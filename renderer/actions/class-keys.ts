import { datasetState } from '#renderer/document/dataset-state.ts'
import { editorSettings } from '#renderer/document/editor-settings.ts'
import { keyLabel } from '#renderer/document/key-label.ts'
import { keysOf } from './shortcuts.ts'
import { changeSettings } from './view-actions.ts'

/** The digits 1 to 9 and 0, then the same with Shift. */
export const CLASS_SLOTS = 20

/** A slot's default key, as `matchesKey` reads it. */
export function slotKey(slot: number): string {
  const digit = String((slot + 1) % 10)
  return slot < 10 ? digit : `Shift+${digit}`
}

/** The id of the action that a slot's key runs. */
export const slotActionId = (slot: number): string => `class-${slot + 1}`

/** The key of a slot as it is written, with the user's own shortcuts; null if it has none. */
export function shownSlotKey(slot: number): string | null {
  const [key] = keysOf({ id: slotActionId(slot), keys: [slotKey(slot)] })
  return key ? keyLabel(key) : null
}

/**
 * Which class each slot chooses. Chosen slots first (`assigned`: class by slot); the other classes fill the free slots
 * in their order. A chosen class that is gone leaves its slot free.
 */
export function classesBySlot(
  names: readonly string[],
  assigned: Readonly<Record<string, string>>,
): (string | undefined)[] {
  const known = new Set(names)
  const slots: (string | undefined)[] = Array.from({ length: CLASS_SLOTS }, (_, slot) => {
    const name = assigned[slot]
    return name !== undefined && known.has(name) ? name : undefined
  })
  const chosen = new Set(slots)
  const others = names.filter((name) => !chosen.has(name)).values()
  return slots.map((name) => name ?? others.next().value)
}

function current(): (string | undefined)[] {
  const { dataset } = datasetState.getState()
  if (!dataset) return []
  const names = dataset.classes.map(({ name }) => name)
  return classesBySlot(names, editorSettings.getState().classKeys[dataset.id] ?? {})
}

/** The class that a slot's key chooses in the open dataset. */
export const classOfSlot = (slot: number): string | undefined => current()[slot]

/** Gives a class of the open dataset a key; null takes the chosen key away. */
export function assignSlot(name: string, slot: number | null): void {
  const { dataset } = datasetState.getState()
  if (!dataset) return
  const { classKeys } = editorSettings.getState()
  const others = Object.entries(classKeys[dataset.id] ?? {}).filter(
    ([key, owner]) => owner !== name && key !== String(slot),
  )
  const own = slot === null ? [] : [[String(slot), name] as const]
  void changeSettings({
    classKeys: { ...classKeys, [dataset.id]: Object.fromEntries([...others, ...own]) },
  })
}
