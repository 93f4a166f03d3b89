import { join } from 'node:path'
import type { Page } from '@playwright/test'
import { type Annotation, annotationSchema } from '#shared/model/annotation.ts'
import { writeImage } from '#tests/helpers/core.ts'
import { repetitions } from '#tests/helpers/repetitions.ts'
import { type App, expect, test } from './fixture.ts'
import { openRemote } from './remote.ts'
import { throwEvents, undoAll } from './thrown-events.ts'

const SEED = Number(process.env.PICTOGRAPH_FUZZ_SEED ?? 1)
/** Number of events of a single, longer run; null: the usual number. */
const EVENTS = Number(process.env.PICTOGRAPH_FUZZ_EVENTS ?? 0) || null

/** In no order: what was deleted and brought back comes last. */
const sorted = (stored: Record<string, Annotation[]>) =>
  Object.fromEntries(
    Object.entries(stored)
      .map(([image, list]): [string, Annotation[]] => [
        image,
        list.toSorted((a, b) => (a.id < b.id ? -1 : 1)),
      ])
      .filter(([, list]) => list.length > 0),
  )

/** Throws events at the open dataset: no exception, no invalid shape, nothing changed that is not seen, and undo leads back to the start. */
async function throwAt(
  app: App,
  page: Page,
  { events, edits: wanted, keys }: { events: number; edits: number; keys: string },
): Promise<void> {
  // A busy machine takes this long, milliseconds.
  test.setTimeout(120_000 + events * 40)
  const { canvas } = app
  for (const name of ['car', 'face']) {
    await page.getByLabel('Find or add a class').fill(name)
    await page.keyboard.press('Enter')
    await expect(canvas.classRow(name)).toBeVisible()
  }
  await canvas.openClassSettings('face')
  await page.getByLabel('Start from a template').selectOption('Face (5 points)')
  await page.getByRole('button', { name: 'Save class' }).click()
  await expect(page.getByRole('dialog')).toHaveCount(0)
  const errors: string[] = []
  page.on('pageerror', (error) => errors.push(error.stack ?? error.message))
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text())
  })
  await page.exposeFunction('storedNow', () => app.allStored())
  const before = sorted(app.allStored())
  const edits = app.editCount()

  await page.evaluate(throwEvents, { events, seed: SEED, keys })
  expect(errors).toEqual([])
  await expect(page.locator('[data-save]')).toHaveText('Saved', { timeout: 30_000 })
  for (const annotation of Object.values(app.allStored()).flat())
    expect(annotationSchema.safeParse(annotation).error).toBeUndefined()
  // Enough of it was work, on more than one image: the events were not thrown at nothing.
  expect(app.editCount() - edits).toBeGreaterThan(wanted)
  expect(app.editedImages()).toBeGreaterThan(1)

  await page.locator('[data-canvas]').focus()
  // With a drawing tool it would take back the points of what is unfinished.
  await page.keyboard.press('v')
  await page.evaluate(undoAll)
  await expect.poll(() => sorted(app.allStored())).toEqual(before)
  expect(errors).toEqual([])
}

const PROMISE =
  'no exception, no invalid shape, nothing hidden is changed, and undo leads back to the start'

test(`random pointers, wheel and keys in a folder: ${PROMISE}`, async ({ app, folder }) => {
  await writeImage(join(folder, 'a.png'), 800, 500)
  await writeImage(join(folder, 'b.png'), 300, 900)
  await writeImage(join(folder, 'c.png'), 1600, 240)
  const page = await app.start(folder)
  await app.canvas.ready()
  const events = EVENTS ?? repetitions({ few: 5_000, many: 30_000 })
  await throwAt(app, page, { events, edits: events / 50, keys: 'ad' })
})

test(`random input with a remote dataset and assisted labelling: ${PROMISE}`, async ({
  app,
  service,
}) => {
  const page = await openRemote(app, service)
  const events = EVENTS ?? repetitions({ few: 2_000, many: 10_000 })
  // Fewer of them edit: an answer is asked for, and proposals are refined.
  await throwAt(app, page, { events, edits: events / 100, keys: 'adqq' })
})
