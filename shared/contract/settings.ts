import { z } from 'zod'

export const settingsSchema = z.object({
  theme: z.enum(['system', 'light', 'dark']).default('system'),
  showLabels: z.boolean().default(true),
  showCrosshair: z.boolean().default(false),
  /** 0..1 of the fill of shapes. */
  fillOpacity: z.number().min(0).max(1).default(0.2),
  /** Where the last export went, to begin there again. */
  lastExportFolder: z.string().nullable().default(null),
})
export type Settings = z.infer<typeof settingsSchema>
