import { z } from 'zod'

/** What actions are about, in the order in which the palette and a menu bar have them. */
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

/** An action of the page, for a menu of the system. */
export const menuActionSchema = z.object({
  id: z.string(),
  label: z.string(),
  group: z.enum(ACTION_GROUPS),
  /** As the page reads shortcuts; null: none. */
  key: z.string().nullable(),
  enabled: z.boolean(),
})
export type MenuAction = z.infer<typeof menuActionSchema>

/** What a page tells of itself to the window around it. */
export const windowDescriptionSchema = z.object({
  /** There are edits that are not on disk yet, or that the service has not been told. */
  isEdited: z.boolean(),
  /** Edits are on their way to the disk. */
  isSaving: z.boolean(),
  /** The folder that is open, absolute; null: none, or one of the service. */
  folder: z.string().nullable(),
  actions: z.array(menuActionSchema),
})
export type WindowDescription = z.infer<typeof windowDescriptionSchema>
