import { z } from 'zod'

/** An action of the page, for a menu of the system. */
export const menuActionSchema = z.object({
  id: z.string(),
  label: z.string(),
  group: z.string(),
  /** As the page reads shortcuts; null: none. */
  key: z.string().nullable(),
  enabled: z.boolean(),
})
export type MenuAction = z.infer<typeof menuActionSchema>

/** What a page tells of itself to the window around it. */
export const windowDescriptionSchema = z.object({
  /** There are edits that are not on disk yet, or that the service has not been told. */
  isEdited: z.boolean(),
  /** The folder that is open, absolute; null: none, or one of the service. */
  folder: z.string().nullable(),
  actions: z.array(menuActionSchema),
})
export type WindowDescription = z.infer<typeof windowDescriptionSchema>
