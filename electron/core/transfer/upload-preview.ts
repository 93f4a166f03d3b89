import { rm } from 'node:fs/promises'
import type { LabelPath } from '#core/labels/label-orders.ts'
import type { LabelProcess } from '#core/labels/label-process.ts'
import { directoryOf, fileNameOf, stemOf } from '#shared/model/paths.ts'
import type { UploadOptions, UploadPreview } from '#shared/model/transfer.ts'
import { fileFactsThreads } from './file-facts.ts'
import { mayHoldLabels } from './upload-labels.ts'
import { scanDropped } from './upload-scan.ts'
import { uploadTarget } from './upload-target.ts'

/** Minimum time between reports. Milliseconds. */
const TELL_MS = 200
const NAMES_SHOWN = 20
/** Number of files hashed at a time. */
const HASHED = 32

interface Dropped {
  /** Absolute. */
  paths: readonly string[]
  /** Folder for unpacking ZIP files; deleted afterwards. */
  scratch: string
  /** Bytes of the dataset's images by path. */
  there: ReadonlyMap<string, number>
  /** Paths to which this content was uploaded from here before. */
  uploadedAs: (sha256: string) => readonly string[]
  labelReader: (signal: AbortSignal) => LabelProcess
}

async function groupsOf(
  labels: readonly LabelPath[],
  images: readonly string[],
  begin: () => LabelProcess,
): ReturnType<LabelProcess['group']> {
  // Most drops have none: no process is begun for them.
  if (labels.length === 0) return { groups: [], none: [] }
  await using reader = begin()
  return await reader.group(labels, images)
}

/**
 * Examines dropped files and reports as it goes. Contents are compared last, and only for files of the same length as
 * an image of the dataset. The service gives no hashes, so only content sent from this machine is known.
 */
export async function* lookAtDropped(
  { paths, scratch, there, uploadedAs, labelReader }: Dropped,
  options: UploadOptions,
  signal: AbortSignal,
): AsyncGenerator<UploadPreview> {
  const preview: UploadPreview = {
    images: 0,
    bytes: 0,
    directories: [],
    others: [],
    otherCount: 0,
    sameName: 0,
    sameContent: 0,
    labels: [],
    isComplete: false,
  }
  const directories = new Set<string>()
  const labels: { path: string; file: string }[] = []
  const stems = new Set<string>()
  const images: string[] = []
  const sizes = new Set(there.values())
  const alike: string[] = []
  let toldAt = 0
  try {
    for await (const found of scanDropped(paths, scratch, [], signal)) {
      for (const { kind, path, sizeBytes, file } of found) {
        if (kind === 'image') {
          preview.images++
          stems.add(stemOf(fileNameOf(path)))
          images.push(path)
          preview.bytes += sizeBytes
          directories.add(directoryOf(path))
          if (there.has(uploadTarget(path, options))) preview.sameName++
          else if (sizes.has(sizeBytes)) alike.push(file)
        } else if (kind === 'label') {
          labels.push({ path, file })
        } else {
          preview.otherCount++
          if (preview.others.length < NAMES_SHOWN) preview.others.push(path)
        }
      }
      preview.directories = [...directories].sort()
      if (Date.now() - toldAt < TELL_MS) continue
      toldAt = Date.now()
      yield { ...preview }
    }
    const likely = labels.filter(({ path }) => mayHoldLabels(path, stems))
    const { groups, none } = await groupsOf(likely, images, () => labelReader(signal))
    preview.otherCount += labels.length - likely.length + none.length
    const byFormat = Map.groupBy(groups, ({ format }) => format)
    preview.labels = [...byFormat].map(([format, own]) => ({
      format,
      files: own.reduce((sum, { files }) => sum + files.length, 0),
    }))
    if (alike.length > 0) {
      await using facts = fileFactsThreads()
      for (let start = 0; start < alike.length; start += HASHED) {
        signal.throwIfAborted()
        const answers = await Promise.allSettled(
          alike.slice(start, start + HASHED).map((file) => facts.do(file)),
        )
        // Unreadable files are reported by the upload.
        for (const answer of answers)
          if (answer.status === 'fulfilled')
            preview.sameContent += uploadedAs(answer.value.sha256).some((path) => there.has(path))
              ? 1
              : 0
        if (Date.now() - toldAt < TELL_MS) continue
        toldAt = Date.now()
        yield { ...preview }
      }
    }
    yield { ...preview, isComplete: true }
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}
