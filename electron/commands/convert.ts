import { basename, resolve } from 'node:path'
import { LossLog } from '#core/formats/loss-log.ts'
import { FORMAT_BY_ID } from '#core/formats/registry.ts'
import type { LabelledImage, ReadImage } from '#core/formats/types.ts'
import { runExport } from '#core/library/export-job.ts'
import { terminalJson, terminalLine } from '#core/terminal-text.ts'
import { withClassNames } from '#shared/model/annotation-class.ts'
import {
  type FormatId,
  formatIdSchema,
  type ImportFailure,
  imageModeSchema,
  type Loss,
} from '#shared/model/format.ts'
import {
  type ClassPlan,
  plannedClasses,
  readClassPlan,
  readSplitPlan,
  type SplitPlan,
  withoutNumbers,
  withRenamed,
} from './convert-changes.ts'
import {
  type LabelSurroundings,
  type Opened,
  openPath,
  pathArgument,
  requireReadable,
  unmatchedOf,
} from './label-command.ts'
import type { ConvertValues } from './values.ts'

interface Report {
  from: FormatId
  to: FormatId
  /** What was found, and how it was recognised. */
  found: string
  folder: string
  images: number
  annotations: number
  unmatched: string[]
  failed: ImportFailure[]
  /** Files that are not labels of this format. */
  skipped: ImportFailure[]
  losses: Loss[]
  dryRun?: true
}

function printReport(report: Report): void {
  const { images, annotations, from, to, folder, dryRun } = report
  const lines = [
    `found ${from}: ${report.found}`,
    `${images} images, ${annotations} annotations: ${from} → ${to} ${dryRun ? 'would be written to' : 'in'} ${folder}`,
    ...problemLines(report),
  ]
  process.stdout.write(`${lines.map(terminalLine).join('\n')}\n`)
}

/** Problems that the user should look at. */
export function problemLines(
  report: Pick<Report, 'unmatched' | 'losses' | 'failed' | 'skipped'>,
): string[] {
  return [
    ...report.unmatched.slice(0, 5).map((name) => `no image found for ${name}`),
    ...(report.unmatched.length > 5
      ? [`… and ${report.unmatched.length - 5} more without an image`]
      : []),
    ...report.losses.map(
      ({ message, count, examples }) => `lost: ${message} (${count}×, e.g. ${examples[0]})`,
    ),
    ...report.failed.map(({ file, field, message }) => `not read: ${file}, ${field}: ${message}`),
    ...report.skipped.map(({ file, message }) => `skipped: ${file} ${message}`),
  ]
}

export function firstPixel(value: string | undefined): 0 | 1 | null {
  return value === undefined ? null : value === '1' ? 1 : 0
}

interface Changes {
  classes: ClassPlan | null
  split: SplitPlan | null
}

/** Yields the images with the requested changes. */
function* changed(
  { labels }: Opened,
  { classes, split }: Changes,
  notes: LabelSurroundings['notes'],
): Generator<LabelledImage> {
  for (const found of labels.images) {
    const image = labels.read(found)
    notes?.getOn()
    const renamed = classes ? withRenamed(image, classes) : image
    yield split && !renamed.split ? { ...renamed, split: split(renamed.path) } : renamed
  }
}

/**
 * `convert IN OUT`: converts between any two formats without a window. Returns the exit code: 0 complete, 1 with
 * losses under --strict. Throws a UserError if nothing could be converted.
 */
export async function convert(
  input: string,
  output: string,
  values: ConvertValues,
  { cwd, notes, mark }: LabelSurroundings,
): Promise<number> {
  const to = formatIdSchema.parse(values.to)
  const from = values.from ? formatIdSchema.parse(values.from) : null
  const images = imageModeSchema.parse(values.images)
  const changes: Changes = {
    classes: values.classes === undefined ? null : readClassPlan(pathArgument(cwd, values.classes)),
    split: values.split === undefined ? null : readSplitPlan(values.split),
  }
  const origin = firstPixel(values.vocFirstPixel)
  const imagesFrom = values.imagesFrom
  const losses = new LossLog()
  const opened = await openPath(
    {
      input: pathArgument(cwd, input),
      from,
      imagesFrom: imagesFrom === undefined ? null : pathArgument(cwd, imagesFrom),
      options: {
        vocPixelOrigin: origin,
        ...(changes.classes && { classNames: changes.classes.names }),
      },
    },
    losses,
    notes,
  )
  const { needs } = FORMAT_BY_ID[to]
  const isUsable = (image: ReadImage) => {
    if (image.width !== null || image.annotations.length === 0) return true
    return image.isUnit ? needs === 'fraction' : needs === 'pixels'
  }
  requireReadable(opened, new LossLog(), isUsable, notes)
  const { labels, fileOf } = opened
  const own = [...labels.classes]
  const classes = changes.classes
    ? plannedClasses(own, changes.classes, (names) => withClassNames([], names))
    : own
  const job = {
    set: {
      name: basename(opened.input),
      classes,
      extra: changes.classes ? withoutNumbers(labels.extra) : labels.extra,
      images: changed(opened, changes, notes),
    },
    files: labels.images.map(({ known }) => (known ? fileOf(known.path) : null)),
    folder: resolve(cwd, output),
    format: to,
    images,
    options: {
      clampToImage: values.clamp ?? false,
      vocPixelOrigin: to === 'pascal_voc' && origin === 1 ? (1 as const) : (0 as const),
    },
    isDry: values.dryRun ?? false,
    ...(mark !== undefined && { mark }),
  }
  let report: Report | null = null
  for await (const step of runExport(job, losses)) {
    if (step.type !== 'done') continue
    const { folder, images: count, annotations } = step.report
    report = {
      from: opened.format,
      to,
      found: opened.why,
      folder,
      images: count,
      annotations,
      unmatched: unmatchedOf(labels),
      failed: labels.failed,
      skipped: [...opened.skipped, ...opened.leftOut],
      losses: losses.report(),
      ...(job.isDry && { dryRun: true as const }),
    }
  }
  if (!report) throw new Error('The export ended without a report')
  notes?.end()
  if (values.json) process.stdout.write(`${terminalJson(report)}\n`)
  else printReport(report)
  const lost = report.losses.length > 0 || report.failed.length > 0 || report.unmatched.length > 0
  return lost && values.strict ? 1 : 0
}
