import { setImmediate } from 'node:timers/promises'
import { isInside } from '#core/formats/clamp.ts'
import { LossLog } from '#core/formats/loss-log.ts'
import { terminalJson, terminalLine } from '#core/terminal-text.ts'
import { formatIdSchema } from '#shared/model/format.ts'
import { firstPixel, problemLines } from './convert.ts'
import {
  isSpokenOf,
  type LabelSurroundings,
  openPath,
  pathArgument,
  unmatchedOf,
} from './label-command.ts'
import type { LabelValues } from './values.ts'

/** Number of images between two pauses for other tasks. */
const BATCH = 200

/**
 * `check PATH`: lists the problems of label files; writes nothing. Returns the exit code: 0 if there are none, else
 * 1. Throws a UserError if there are no label files.
 */
export async function checkLabels(
  input: string,
  values: LabelValues,
  { cwd, notes }: LabelSurroundings,
): Promise<number> {
  const imagesFrom = values.imagesFrom
  const losses = new LossLog()
  const { labels, format, why, ...opened } = await openPath(
    {
      input: pathArgument(cwd, input),
      from: values.from ? formatIdSchema.parse(values.from) : null,
      imagesFrom: imagesFrom === undefined ? null : pathArgument(cwd, imagesFrom),
      options: { vocPixelOrigin: firstPixel(values.vocFirstPixel) },
    },
    losses,
    notes,
  )
  const skipped = [...opened.skipped, ...opened.leftOut]
  let [images, annotations, outside, unlabelled] = [0, 0, 0, 0]
  const perClass = new Map<string, number>()
  for (const [index, found] of labels.images.entries()) {
    if (index % BATCH === 0) await setImmediate()
    if (!isSpokenOf(found)) {
      unlabelled++
      continue
    }
    const image = labels.read(found)
    notes?.getOn()
    images++
    annotations += image.annotations.length
    for (const { className } of image.annotations)
      perClass.set(className, (perClass.get(className) ?? 0) + 1)
    const { width, height } = image
    if (width !== null && height !== null)
      outside += image.annotations.filter(({ shape }) => !isInside(shape, width, height)).length
  }
  const report = {
    format,
    found: why,
    images,
    annotations,
    unlabelled,
    outside,
    classes: Object.fromEntries(perClass),
    unmatched: unmatchedOf(labels),
    failed: labels.failed,
    skipped,
    problems: losses.report(),
  }
  const lines = [
    `found ${format}: ${why}`,
    `${images} images, ${annotations} annotations, ${perClass.size} classes`,
    ...(unlabelled > 0 ? [`${unlabelled} images that no label file speaks of`] : []),
    ...(outside > 0 ? [`${outside} shapes reach outside their images`] : []),
    ...problemLines({ unmatched: report.unmatched, failed: report.failed, skipped, losses: [] }),
    ...report.problems.map(
      ({ message, count, examples }) => `note: ${message} (${count}×, e.g. ${examples[0]})`,
    ),
  ]
  notes?.end()
  process.stdout.write(
    values.json ? `${terminalJson(report)}\n` : `${lines.map(terminalLine).join('\n')}\n`,
  )
  const isWrong =
    report.failed.length + report.unmatched.length + report.problems.length + outside > 0
  return isWrong ? 1 : 0
}
