import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Annotation, newAnnotation } from '#shared/model/annotation.ts'
import type { UploadOptions } from '#shared/model/transfer.ts'
import { writeImage } from '#tests/helpers/core.ts'
import type { Stories } from './stories.ts'

/** A dropped folder with labels. */
export interface Drop {
  folder: string
  onExisting: UploadOptions['onExisting']
  /** For label files without ids: the class of the labels, and their number. */
  counted: { className: string; count: number } | null
}

interface Maker {
  stories: Stories
  pick: <T>(items: readonly T[]) => T
  below: (limit: number) => number
}

const MOST = 4

/**
 * Creates a folder of a few images with a label each. `taken`: names in the dataset, one of which may be reused.
 * Labels either have ids, or get new ones with each reading of the file.
 */
export async function makeDrop(
  folder: string,
  { number, by, taken }: { number: number; by: number; taken: readonly string[] },
  { stories, pick, below }: Maker,
): Promise<Drop> {
  mkdirSync(folder, { recursive: true })
  const onExisting = pick(['skip', 'rename', 'replace'] as const)
  const isCounted = below(3) === 0
  const names = Array.from({ length: 1 + below(MOST) }, (_, index) => `u${number}-${index}.jpg`)
  const again = taken.length > 0 && !isCounted && below(2) === 0 ? pick(taken) : null
  if (again !== null) names[0] = again
  const className = `y${number}`
  for (const [index, name] of names.entries()) {
    await writeImage(join(folder, name), 40, 30)
    if (isCounted) {
      writeFileSync(join(folder, name.replace('.jpg', '.txt')), '0 0.5 0.5 0.2 0.2\n')
      continue
    }
    const shape = { kind: 'bbox' as const, x: index, y: 1, w: 10, h: 8 }
    const label = newAnnotation(shape, 'car', { id: `u${number}-${index}` })
    writeFileSync(join(folder, `${name}.json`), pictographLabel(name, label))
    const isOptional = name === again && onExisting === 'skip'
    stories.begin(label, name, by, { isOptional })
  }
  if (isCounted) writeFileSync(join(folder, 'classes.txt'), `${className}\n`)
  return { folder, onExisting, counted: isCounted ? { className, count: names.length } : null }
}

function pictographLabel(image: string, { id, className, shape }: Annotation): string {
  const { kind: _kind, ...bounding_box } = shape as Annotation['shape'] & { kind: 'bbox' }
  return JSON.stringify({
    image,
    annotations: [{ id, name: className, type: 'bbox', bounding_box, confidence: 1 }],
  })
}
