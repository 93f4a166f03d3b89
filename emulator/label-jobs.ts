import { setImmediate } from 'node:timers/promises'
import { around, pointsOf } from './geometry.ts'
import type { Job, JobHandle } from './jobs.ts'
import type { StoredAnnotation, StoredClass } from './schemas.ts'
import { API, type Service } from './service.ts'
import type { State, StoredDataset, StoredImage } from './state.ts'

/** The type of labelling jobs in the list of all jobs. */
export const LABEL_JOB = 'auto_annotate'
export const LABEL_JOBS = `${API}/auto-annotate`
/** Micro-USD per image of a job; each tile of a sliced image costs the same. */
export const IMAGE_PRICE = 1_200

const keyOf = (item: StoredAnnotation): string =>
  JSON.stringify([item.name, item.type, around(pointsOf(item))])

/** Adds found annotations to the existing ones; skips duplicates of the same class. Returns the number added. */
export function addFound(
  state: State,
  image: StoredImage,
  additions: readonly StoredAnnotation[],
): number {
  const before = state.annotations(image.id)
  const known = new Set(before.map(keyOf))
  const fresh = additions.filter((item) => !known.has(keyOf(item)))
  if (fresh.length > 0) state.setAnnotations(image.id, [...before, ...fresh])
  return fresh.length
}

export function addClasses(state: State, datasetId: string, wanted: readonly StoredClass[]): void {
  const dataset = state.dataset(datasetId)
  const missing = wanted.filter(({ name }) => !dataset.classes.some((own) => own.name === name))
  if (missing.length > 0)
    state.putDataset({ ...dataset, classes: [...dataset.classes, ...missing] })
}

/** Labels image after image and reports progress. `label` returns the number of annotations it added. */
export async function eachImage(
  state: State,
  job: JobHandle,
  images: readonly StoredImage[],
  label: (image: StoredImage) => number,
): Promise<void> {
  let total_annotations_added = 0
  for (const [index, { id }] of images.entries()) {
    // Let other work run; the job may also be cancelled.
    await setImmediate()
    if (job.signal.aborted) return
    state.transaction(() => {
      total_annotations_added += label(state.imageById(id))
      const detail = { processed_images: index + 1, total_annotations_added }
      job.report({ progress: Math.floor(((index + 1) / images.length) * 99), detail })
    })
  }
}

/** A job in the form of its own routes. */
export const showLabelJob = ({ id, status, progress, error, completed_at, detail }: Job) => ({
  job_id: id,
  job: id,
  status: status === 'queued' ? 'pending' : status,
  progress: Math.floor(progress),
  ...detail,
  error_message: error,
  completed_at,
})

/** Starts a job that labels images. `price`: its cost in micro-USD. */
export function startLabelJob(
  { jobs }: Service,
  dataset: StoredDataset,
  images: readonly StoredImage[],
  price: number,
  work: (job: JobHandle) => Promise<void>,
) {
  const job = jobs.start(
    {
      type: LABEL_JOB,
      name: `Auto-annotate ${images.length} images`,
      datasetId: dataset.id,
      detail: {
        total_images: images.length,
        processed_images: 0,
        total_annotations_added: 0,
        failed_images: 0,
      },
      cancelPath: (id) => `${LABEL_JOBS}/batch/${id}/cancel`,
    },
    work,
  )
  return { success: true, ...showLabelJob(job), estimated_credits: price }
}
