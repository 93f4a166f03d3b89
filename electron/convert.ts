import { join, resolve } from 'node:path'
import { imageLookup } from '#core/formats/image-lookup.ts'
import { LossLog } from '#core/formats/loss-log.ts'
import { detectFormat, FORMAT_BY_ID } from '#core/formats/registry.ts'
import { settleImport } from '#core/formats/settle-import.ts'
import type { ImportedImage, KnownImage, LabelledImage } from '#core/formats/types.ts'
import { runExport } from '#core/library/export-job.ts'
import { labelInput } from '#core/library/label-input.ts'
import { scanFolder } from '#core/library/scan.ts'
import { probeImage } from '#core/media/probe.ts'
import { UserError } from '#core/user-error.ts'
import { withClassNames } from '#shared/model/annotation-class.ts'
import {
  FORMATS,
  type FormatId,
  formatIdSchema,
  type ImportFailure,
  imageModeSchema,
  type Loss,
} from '#shared/model/format.ts'

interface ConvertValues {
  from?: string
  to?: string
  images?: string
  strict?: boolean
  clamp?: boolean
  json?: boolean
}

interface Report {
  from: FormatId
  to: FormatId
  folder: string
  images: number
  annotations: number
  unmatched: string[]
  failed: ImportFailure[]
  losses: Loss[]
}

function formatOption(name: string, value: string): FormatId {
  const parsed = formatIdSchema.safeParse(value)
  if (parsed.success) return parsed.data
  throw new UserError(
    'usage',
    `--${name} ${value}: must be one of ${FORMATS.map(({ id }) => id).join(', ')}`,
  )
}

async function knownImages(folder: string): Promise<KnownImage[]> {
  const images: KnownImage[] = []
  for await (const { files } of scanFolder(folder)) {
    for (const { path } of files) images.push({ path, ...(await probeImage(join(folder, path))) })
  }
  return images
}

/** A name from a label file as a path that stays inside the output folder. */
function safePath(reference: string): string {
  const parts = reference
    .replaceAll('\\', '/')
    .replace(/^[a-z]:/i, '')
    .split('/')
  return parts.filter((part) => part !== '' && part !== '.' && part !== '..').join('/')
}

/** Several label files may speak of one image. */
function mergeImages(
  imported: readonly ImportedImage[],
  known: readonly KnownImage[],
  losses: LossLog,
): LabelledImage[] {
  const sizes = new Map(known.map((image) => [image.path, image]))
  const byPath = Map.groupBy(imported, ({ path }) => path)
  return [...byPath].flatMap(([path, parts]) => {
    const claimed = parts.find(({ size }) => size)?.size
    const { width, height } = sizes.get(path) ?? claimed ?? { width: null, height: null }
    if (width === null || height === null) {
      losses.add('images without a readable size are left out', path)
      return []
    }
    const annotations = parts.flatMap((part) => part.annotations)
    const { stage, split, tags } = parts[0]
    return [{ path: safePath(path), width, height, annotations, stage, split, tags }]
  })
}

function printReport(report: Report): void {
  const lines = [
    `${report.images} images, ${report.annotations} annotations: ${report.from} → ${report.to} in ${report.folder}`,
    ...report.unmatched.slice(0, 5).map((name) => `no image found for ${name}`),
    ...(report.unmatched.length > 5
      ? [`… and ${report.unmatched.length - 5} more without an image`]
      : []),
    ...report.losses.map(
      ({ message, count, examples }) => `lost: ${message} (${count}×, e.g. ${examples[0]})`,
    ),
    ...report.failed.map(({ file, field, message }) => `not read: ${file}, ${field}: ${message}`),
  ]
  process.stdout.write(`${lines.join('\n')}\n`)
}

/**
 * `convert IN OUT`: between any two formats without a window. Answers the exit code: 0 complete, 1 with
 * losses under --strict. Throws a UserError when nothing could be converted.
 */
export async function convert(
  positionals: readonly string[],
  values: ConvertValues,
  cwd: string,
): Promise<number> {
  const [input, output] = positionals
  if (!input || !output || positionals.length > 2 || !values.to)
    throw new UserError(
      'usage',
      'Usage: pictograph-desktop convert IN OUT --to FORMAT. See --help.',
    )
  const to = formatOption('to', values.to)
  const images = imageModeSchema.safeParse(values.images ?? 'none')
  if (!images.success)
    throw new UserError('usage', `--images ${values.images}: must be copy, link or none`)
  const root = resolve(cwd, input)
  const files = await labelInput(root)
  const from = values.from ? formatOption('from', values.from) : detectFormat(files)
  if (!from)
    throw new UserError(
      'no_labels',
      `${root} has no label files of a known format. Name it with --from.`,
    )
  const isFolder =
    files.length !== 1 ||
    join(root, files[0].path) !== join(root, root.slice(root.lastIndexOf('/') + 1))
  const imageRoot = isFolder ? root : resolve(root, '..')
  const known = await knownImages(imageRoot)
  const losses = new LossLog()
  const read = settleImport(
    FORMAT_BY_ID[from].import(files, { images: imageLookup(known), losses }),
  )
  const labelled = mergeImages(read.images, known, losses)
  if (labelled.length === 0) {
    const [failure] = read.failed
    const reason = failure
      ? `${failure.file}, ${failure.field}: ${failure.message}`
      : 'no label file names an image that is there'
    throw new UserError('nothing_read', `Nothing could be read from ${root} as ${from}: ${reason}`)
  }
  const used = labelled.flatMap(({ annotations }) => annotations.map(({ className }) => className))
  const set = { name: root, classes: withClassNames(read.classes, used), images: labelled }
  const options = { clampToImage: values.clamp ?? false, vocPixelOrigin: 0 as const }
  const job = {
    set,
    files: set.images.map(({ path }) => join(imageRoot, path)),
    folder: resolve(cwd, output),
    format: to,
    images: images.data,
    options,
  }
  let report: Report | null = null
  for await (const step of runExport(job, losses)) {
    if (step.type !== 'done') continue
    const unmatched = read.images.filter(({ matched }) => !matched).map(({ path }) => path)
    const { folder, images: count, annotations } = step.report
    report = {
      from,
      to,
      folder,
      images: count,
      annotations,
      unmatched,
      failed: read.failed,
      losses: losses.report(),
    }
  }
  if (!report) throw new Error('The export ended without a report')
  if (values.json) process.stdout.write(`${JSON.stringify(report)}\n`)
  else printReport(report)
  const lost = report.losses.length > 0 || report.failed.length > 0 || report.unmatched.length > 0
  return lost && values.strict ? 1 : 0
}
