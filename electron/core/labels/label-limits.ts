import { totalmem } from 'node:os'
import { UserError } from '#core/user-error.ts'

/** Limits of a process that reads label files, which others made. */
export interface LabelLimits {
  /** Of the process, bytes. */
  memoryBytes: number
  /** How long one step may take: one value of a file, or one image. Milliseconds. */
  stepMs: number
}

/** A COCO file of a million annotations takes 400 MB; a step takes milliseconds. */
export const LABEL_LIMITS: LabelLimits = {
  memoryBytes: Math.min(3e9, Math.round(totalmem() / 2)),
  stepMs: 60_000,
}

/** Why reading was ended. `file`: what was being read; '': not known. */
export function readingEnded(
  how: 'too_large' | 'too_slow' | 'crashed',
  file: string,
  { memoryBytes, stepMs }: LabelLimits,
): UserError {
  const words = {
    too_large: `takes more memory than reading labels may (${Math.round(memoryBytes / 1e6)} MB)`,
    too_slow: `could not be read within ${Math.max(1, Math.round(stepMs / 1_000))} s`,
    crashed: 'made the process that reads it end',
  }[how]
  return new UserError(
    `labels_${how}`,
    `${file || 'A label file'} ${words}, so reading was ended. Nothing of your work is lost. Split the file, or leave it out.`,
  )
}
