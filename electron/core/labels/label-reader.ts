/** Runs in a process of its own: label files, which others made, are opened and read. */
import { diskFile } from '#core/disk-file.ts'
import { namedImage, readLabelFile } from '#core/formats/label-file-codec.ts'
import { LossLog } from '#core/formats/loss-log.ts'
import { type OpenLabels, openLabels } from '#core/formats/read-labels.ts'
import { FORMAT_BY_ID } from '#core/formats/registry.ts'
import { labelInput } from '#core/library/label-input.ts'
import { readLabels } from '#core/library/label-reading.ts'
import { guardMemory } from '#core/threads/memory-guard.ts'
import { parentChannel } from '#core/threads/parent-channel.ts'
import { toWireError } from '#core/threads/wire-error.ts'
import { labelGroups } from '#core/transfer/label-groups.ts'
import { UserError } from '#core/user-error.ts'
import { countLabels } from './count-labels.ts'
import type {
  LabelAnswer,
  LabelBatch,
  LabelOrder,
  OpenedLabels,
  PlacedImage,
  Wanted,
} from './label-orders.ts'
import { ReadingNotes } from './reading-notes.ts'

/** A batch is sent when it has so many annotations or images: taking it over is to be short. */
const BATCH_ANNOTATIONS = 500
const BATCH_IMAGES = 64

const channel = parentChannel()
guardMemory(Number(process.argv[2]))
const notes = new ReadingNotes((note) => channel.send(note))
const images: PlacedImage[] = []
let losses = new LossLog()
let labels: OpenLabels | null = null
let queue: readonly number[] = []
let place = 0

async function open(wanted: Wanted): Promise<OpenedLabels> {
  losses = new LossLog()
  if ('path' in wanted) {
    const fileOf = new Map(images.map(({ path, file }) => [path, file]))
    const reading = await readLabels(
      {
        ...wanted,
        images,
        fileOf: (path) => fileOf.get(path) ?? null,
        wrap: notes.wrap,
        run: async (steps) => notes.run(steps),
      },
      losses,
    )
    labels = reading.labels
    const { format, why, files, skipped } = reading
    return { format, why, files, skipped, ...summary(reading.labels) }
  }
  const files = wanted.files.map(({ path, file }) => notes.wrap(diskFile(path, file)))
  labels = notes.run(openLabels(FORMAT_BY_ID[wanted.format], files, images, losses))
  return {
    format: wanted.format,
    why: '',
    files: files.length,
    skipped: [],
    ...summary(labels),
  }
}

function summary(opened: OpenLabels): Pick<OpenedLabels, 'classes' | 'extra' | 'images'> {
  return {
    classes: [...opened.classes],
    ...(opened.extra && { extra: opened.extra }),
    images: opened.images.map((image) => ({
      path: image.path,
      known: image.known?.path ?? null,
      isSpokenOf: image.entries.some(({ file }) => file !== ''),
    })),
  }
}

function nextBatch(): LabelBatch {
  if (!labels) throw new Error('Nothing is open')
  const batch: LabelBatch = { images: [] }
  let annotations = 0
  while (place < queue.length) {
    const number = queue[place++]
    const image = labels.read(labels.images[number])
    notes.getOn()
    batch.images.push({ number, image })
    annotations += image.annotations.length
    if (annotations >= BATCH_ANNOTATIONS || batch.images.length >= BATCH_IMAGES) return batch
  }
  batch.end = { failed: labels.failed, losses: losses.report() }
  return batch
}

async function answer(order: LabelOrder): Promise<LabelAnswer> {
  switch (order.do) {
    case 'know':
      if (order.isFirst) images.length = 0
      for (const image of order.images) images.push(image)
      return { known: true }
    case 'open':
      return { opened: await open(order.wanted) }
    case 'begin':
      queue = order.numbers
      place = 0
      return { batch: nextBatch() }
    case 'next':
      return { batch: nextBatch() }
    case 'label-file': {
      const { format, path, content, image, classes } = order
      notes.note(path)
      return { annotations: readLabelFile(format, path, content, image, classes) }
    }
    case 'named':
      return { named: namedImage(order.format, order.content) }
    case 'count': {
      const files = (await labelInput(order.path)).map(notes.wrap)
      return {
        found: countLabels(
          files,
          images.map(({ path }) => path),
        ),
      }
    }
    case 'group': {
      const absolute = new Map(order.files.map(({ path, file }) => [path, file]))
      const files = order.files.map(({ path, file }) => notes.wrap(diskFile(path, file)))
      const { groups, none } = labelGroups(files, order.images)
      const named = groups.map(({ format, files: own, home }) => ({
        format,
        files: own.map(({ path }) => ({ path, file: absolute.get(path) ?? '' })),
        home,
      }))
      return { groups: { groups: named, none } }
    }
  }
}

function hear(order: LabelOrder): void {
  answer(order)
    .catch((error: unknown): LabelAnswer => {
      const reason = error instanceof UserError ? { reason: error.reason } : {}
      return { error: { ...toWireError(error), ...reason } }
    })
    .then((message) => channel.send(message))
}

notes.note(null)
channel.onMessage((message) => hear(message as LabelOrder))
