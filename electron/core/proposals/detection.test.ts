import { join } from 'node:path'
import { describe, expect, test, vi } from 'vitest'
import { UserError } from '#core/user-error.ts'
import type { DetectJob } from '#shared/model/detect-job.ts'
import {
  openCore,
  type TestCore,
  temporaryFolder,
  testPorts,
  writeImage,
} from '#tests/helpers/core.ts'
import { CAR_AND_DOG, fakeDetector } from '#tests/helpers/detector.ts'

/** Images on disk and a data folder that outlives a core, as after the app was ended. */
async function folders(count: number) {
  const data = temporaryFolder()
  const images = temporaryFolder()
  for (let index = 0; index < count; index++)
    await writeImage(join(images.path, `${String(index).padStart(3, '0')}.png`))
  return {
    images: images.path,
    start: (detector = fakeDetector()) => openCore(testPorts(data.path), null, { detector }),
    [Symbol.dispose]() {
      data[Symbol.dispose]()
      images[Symbol.dispose]()
    },
  }
}

async function opened(core: TestCore, folder: string) {
  const dataset = await core.openFolder(folder)
  await core.library.settled(dataset.id)
  return { datasetId: dataset.id, images: core.images.list(dataset.id) }
}

const jobOf = (core: TestCore, { id }: DetectJob) =>
  core.detection.list().find((job) => job.id === id)

describe('a model asked about many images', () => {
  test('each gets its proposals, in image pixels; the page is told, and thresholds begin as usual', async () => {
    using setup = await folders(3)
    await using core = setup.start()
    const { datasetId, images } = await opened(core, setup.images)
    const told: string[] = []
    using _listener = core.events.on((event) => {
      if (event.type === 'proposals') told.push(...event.counts.map(({ imageId }) => imageId))
    })
    const job = await core.detection.begin(datasetId, 'yolo', null)
    expect(job).toMatchObject({ model: 'yolo 2', images: { total: 3 } })
    await core.detection.idle()
    expect(jobOf(core, job)).toMatchObject({
      state: 'done',
      images: { total: 3, done: 3, failed: 0 },
      found: 6,
    })
    expect(new Set(told)).toEqual(new Set(images.map(({ id }) => id)))
    // 40 × 30 in 64 × 64: scale 1.6, 8 pixels of grey above. x: (16 − 8) / 1.6 = 5; y: (28 − 8) / 1.6 = 12.5.
    expect(core.proposals.list(images[0].id)).toMatchObject([
      { className: 'car', confidence: 0.9, shape: { x: 5, y: 12.5, w: 10, h: 5 } },
      { className: 'dog', confidence: 0.3 },
    ])
    expect(core.proposals.choices(datasetId).yolo).toMatchObject({ confidence: 0.25, overlap: 0.7 })
  })

  test('a selection alone', async () => {
    using setup = await folders(3)
    await using core = setup.start()
    const { datasetId, images } = await opened(core, setup.images)
    await core.detection.begin(datasetId, 'yolo', [images[1].id])
    await core.detection.idle()
    expect(core.proposals.counts(datasetId).map(({ imageId }) => imageId)).toEqual([images[1].id])
  })

  test('what ended in the middle goes on where it was, with every image looked at once', async () => {
    using setup = await folders(6)
    let runs = 0
    const inTheMiddle = Promise.withResolvers<void>()
    const never = new Promise<never>(() => {})
    let datasetId: string
    {
      const core = setup.start(
        fakeDetector(() => {
          if (++runs <= 3) return CAR_AND_DOG
          inTheMiddle.resolve()
          return never
        }),
      )
      datasetId = (await opened(core, setup.images)).datasetId
      await core.detection.begin(datasetId, 'yolo', null)
      await inTheMiddle.promise
      await vi.waitFor(() => expect(core.proposals.counts(datasetId)).toHaveLength(3), 5_000)
      await core[Symbol.asyncDispose]()
    }
    runs = 0
    await using again = setup.start(
      fakeDetector(() => {
        runs++
        return CAR_AND_DOG
      }),
    )
    await again.detection.idle()
    expect(runs).toBe(3)
    expect(again.detection.list()).toMatchObject([
      { state: 'done', images: { done: 6 }, found: 12 },
    ])
    for (const { id } of again.images.list(datasetId))
      expect(again.proposals.list(id)).toHaveLength(2)
  })

  test('paused, gone on with, and cancelled: what was found stays', async () => {
    using setup = await folders(4)
    let runs = 0
    let gate = Promise.withResolvers<void>()
    await using core = setup.start(
      fakeDetector(async () => {
        if (++runs > 1) await gate.promise
        return CAR_AND_DOG
      }),
    )
    const { datasetId } = await opened(core, setup.images)
    const job = await core.detection.begin(datasetId, 'yolo', null)
    await vi.waitFor(() => expect(core.proposals.counts(datasetId)).toHaveLength(1), 5_000)
    const pausing = core.detection.pause(job.id)
    gate.resolve()
    await pausing
    await core.detection.idle()
    expect(jobOf(core, job)).toMatchObject({ state: 'paused', images: { done: 1 } })
    runs = 1
    gate = Promise.withResolvers()
    core.detection.resume(job.id)
    expect(jobOf(core, job)?.state).toBe('running')
    const cancelling = core.detection.cancel(job.id)
    gate.resolve()
    await cancelling
    await core.detection.idle()
    expect(jobOf(core, job)).toMatchObject({ state: 'cancelled', images: { done: 1 } })
    expect(core.proposals.counts(datasetId)).toHaveLength(1)
    await core.detection.remove(job.id)
    expect(core.detection.list()).toEqual([])
  })

  test('a picture that cannot be read is told by its path, and the others go on', async () => {
    using setup = await folders(2)
    const { writeFileSync } = await import('node:fs')
    writeFileSync(join(setup.images, '000.png'), 'no picture')
    await using core = setup.start()
    const { datasetId } = await opened(core, setup.images)
    const job = await core.detection.begin(datasetId, 'yolo', null)
    await core.detection.idle()
    expect(jobOf(core, job)).toMatchObject({ state: 'done', images: { done: 1, failed: 1 } })
    expect(core.detection.failures(job.id)).toMatchObject([
      { path: '000.png', problem: expect.stringContaining('not an image') },
    ])
  })

  test('a model that does not work ends the job, which can be gone on with', async () => {
    using setup = await folders(30)
    let works = false
    await using core = setup.start(
      fakeDetector(() => {
        if (works) return CAR_AND_DOG
        throw new UserError('model_crashed', 'The model takes more memory than there is.')
      }),
    )
    const { datasetId } = await opened(core, setup.images)
    const job = await core.detection.begin(datasetId, 'yolo', null)
    await core.detection.idle()
    expect(jobOf(core, job)).toMatchObject({
      state: 'failed',
      problem: 'The model takes more memory than there is.',
    })
    expect(jobOf(core, job)?.images.failed).toBeLessThan(6)
    works = true
    core.detection.resume(job.id)
    await core.detection.idle()
    expect(jobOf(core, job)).toMatchObject({ state: 'done', images: { done: 30, failed: 0 } })
  })

  test('one after the other, in the order in which they were begun', async () => {
    using setup = await folders(2)
    await using core = setup.start()
    const { datasetId, images } = await opened(core, setup.images)
    const ended: string[] = []
    using _listener = core.events.on((event) => {
      if (event.type === 'detect-job' && event.job.state === 'done') ended.push(event.job.id)
    })
    const first = await core.detection.begin(datasetId, 'yolo', [images[0].id])
    const second = await core.detection.begin(datasetId, 'yolo', [images[1].id])
    await core.detection.idle()
    expect([...new Set(ended)]).toEqual([first.id, second.id])
    await expect(core.detection.begin(datasetId, 'gone', null)).rejects.toThrow('gone')
  })
})
