import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { ImportPlan } from '#shared/contract/formats.ts'
import { coreWithImages, temporaryFolder } from '#tests/helpers/core.ts'
import type { PlanStep } from './import-plans.ts'

async function planOf(steps: AsyncIterable<PlanStep>): Promise<ImportPlan> {
  for await (const step of steps) if (step.type === 'plan') return step.plan
  throw new Error('There is no plan')
}

test('labels of other tools are imported, and exported in the same format without loss', async () => {
  await using world = await coreWithImages(['a.png'])
  const { formats } = world.core
  using files = temporaryFolder()
  const segmentation = [
    [1, 1, 9, 1, 9, 9],
    [20, 20, 29, 20, 29, 29],
  ]
  const annotation = {
    id: 5,
    image_id: 1,
    category_id: 3,
    iscrowd: 0,
    segmentation,
    bbox: [0, 0, 30, 30],
    area: 77,
    track_id: 7,
  }
  const file = join(files.path, 'x.json')
  writeFileSync(
    file,
    JSON.stringify({
      info: { year: 2020 },
      images: [{ id: 1, file_name: 'a.png', width: 40, height: 30 }],
      categories: [{ id: 3, name: 'car' }],
      annotations: [annotation],
    }),
  )
  const plan = await planOf(formats.imports.plan(world.datasetId, file, null))
  expect(plan).toMatchObject({ format: 'coco', matchedImages: 1, annotations: 2, failed: [] })
  expect(plan.losses).toEqual([])
  const steps: string[] = []
  for await (const step of formats.imports.apply(plan.planId, 'add')) steps.push(step.type)
  expect(steps.at(-1)).toBe('done')
  const wish = {
    datasetId: world.datasetId,
    imageIds: null,
    onlyAnnotated: true,
    folder: join(files.path, 'out'),
    format: 'coco' as const,
    images: 'none' as const,
    options: { clampToImage: false, vocPixelOrigin: 0 as const },
  }
  for await (const step of formats.export(wish, undefined))
    if (step.type === 'done') expect(step.report).toMatchObject({ annotations: 1, losses: [] })
  const out = JSON.parse(
    readFileSync(join(files.path, 'out/annotations/instances_default.json'), 'utf8'),
  )
  expect(out.annotations).toMatchObject([annotation])
  expect(out.info).toEqual({ year: 2020 })
})
