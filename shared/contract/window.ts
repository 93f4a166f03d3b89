import { z } from 'zod'

/** Groups of actions, in the order of the palette and the menu bar. */
export const ACTION_GROUPS = [
  'File',
  'Edit',
  'View',
  'Navigate',
  'Tools',
  'Shapes',
  'Classes',
  'Service',
  'Help',
] as const
export type ActionGroup = (typeof ACTION_GROUPS)[number]

/** An action of the page, for a native menu. */
export const menuActionSchema = z.object({
  id: z.string(),
  label: z.string(),
  group: z.enum(ACTION_GROUPS),
  /** The shortcut in the page's form; null: none. */
  key: z.string().nullable(),
  enabled: z.boolean(),
})
export type MenuAction = z.infer<typeof menuActionSchema>

/** How a page describes itself to its window. */
export const windowDescriptionSchema = z.object({
  /** Some edits are not saved on disk or not pushed yet. */
  isEdited: z.boolean(),
  /** Edits are being saved to disk. */
  isSaving: z.boolean(),
  /** The absolute path of the open folder; null: none, or a remote dataset. */
  folder: z.string().nullable(),
  actions: z.array(menuActionSchema),
})
export type WindowDescription = z.infer<typeof windowDescriptionSchema>
