import { LossLog } from '#core/formats/loss-log.ts'
import { atOnce, type ImportResult, openLabels } from '#core/formats/read-labels.ts'
import { FORMAT_BY_ID } from '#core/formats/registry.ts'
import { memoryFile } from '#core/formats/text.ts'
import type { Extra, KnownImage, LabelSet } from '#core/formats/types.ts'
import { wholeFiles, writeLabels } from '#core/formats/write-labels.ts'
import type { FormatId, Loss } from '#shared/model/format.ts'

/** Files by their paths. */
export type Files = Record<string, string | Uint8Array>

export interface ReadFiles extends ImportResult {
  extra: Extra | undefined
  losses: Loss[]
}

export function readFiles(
  format: FormatId,
  files: Files,
  images: readonly KnownImage[] = [],
): ReadFiles {
  const losses = new LossLog()
  const inputs = Object.entries(files).map(([path, content]) => memoryFile(path, content))
  const labels = atOnce(openLabels(FORMAT_BY_ID[format], inputs, images, losses))
  const result = labels.readAll()
  return { ...result, extra: labels.extra, losses: losses.report() }
}

export function writeFiles(
  format: FormatId,
  set: Omit<LabelSet, 'name'>,
): { files: Record<string, string>; bytes: Record<string, Uint8Array>; losses: Loss[] } {
  const losses = new LossLog()
  const options = { clampToImage: false, vocPixelOrigin: 0 as const }
  const out = [
    ...wholeFiles(writeLabels(FORMAT_BY_ID[format], { name: 'set', ...set }, options, losses)),
  ]
  return {
    files: Object.fromEntries(out.map(({ path, content }) => [path, String(content)])),
    bytes: Object.fromEntries(
      out.map(({ path, content }) => [
        path,
        typeof content === 'string' ? Buffer.from(content) : content,
      ]),
    ),
    losses: losses.report(),
  }
}

/** Reads files and writes them in the same format, or in another. */
export function convertFiles(
  from: FormatId,
  files: Files,
  images: readonly KnownImage[] = [],
  to: FormatId = from,
): ReturnType<typeof writeFiles> & { read: ReadFiles } {
  const read = readFiles(from, files, images)
  return { ...writeFiles(to, read), read }
}
