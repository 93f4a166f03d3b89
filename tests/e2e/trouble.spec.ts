import { linkSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import sharp from 'sharp'
import { writeImage } from '#tests/helpers/core.ts'
import { PICTURE_SHAPES } from '#tests/helpers/picture-shapes.ts'
import { engineIsSeparate, expect, test } from './fixture.ts'

test('files that are not images are listed with the reason, and do not affect the others', async ({
  app,
  folder,
}) => {
  await writeImage(join(folder, '1 good.png'), 200, 100)
  writeFileSync(join(folder, '2 empty.png'), '')
  writeFileSync(join(folder, '3 text.jpg'), 'this is a text file, whatever its name says')
  writeFileSync(join(folder, '4 damaged.jpg'), Buffer.from([0xff, 0xd8, 0xff, 0xe0, 1, 2, 3]))
  const whole = await sharp({ create: { width: 60, height: 60, channels: 3, background: '#f00' } })
    .png()
    .toBuffer()
  writeFileSync(join(folder, '5 cut.png'), whole.subarray(0, 60))
  const page = await app.start(folder)
  await app.canvas.ready()
  for (const message of [
    'The file is empty (0 bytes)',
    'The file contains text, not an image',
    'The file is damaged',
    'The file is damaged',
  ]) {
    await page.keyboard.press('d')
    await expect(page.getByText('This image can’t be shown')).toBeVisible()
    await expect(page.locator('[data-canvas]')).toContainText(message)
  }
  await app.screenshot('image-problem')
  await page.getByRole('button', { name: /^1 good\.png/ }).click()
  await app.canvas.ready()
})

test('a photograph with EXIF rotation is shown, and labelled, upright', async ({ app, folder }) => {
  await sharp({ create: { width: 300, height: 200, channels: 3, background: '#3af' } })
    .withMetadata({ orientation: 6 })
    .jpeg()
    .toFile(join(folder, 'phone.jpg'))
  const page = await app.start(folder)
  await app.canvas.ready()
  await expect(page.locator('footer')).toContainText('200 × 300')
  await page.keyboard.press('k')
  await app.canvas.click(50, 280)
  await app.canvas.saved()
  const [{ shape }] = app.stored('phone.jpg')
  expect(shape.kind === 'keypoint' && Math.round(shape.y)).toBe(280)
})

/** The longest that the page may be at work without a pause while files come in, milliseconds of processor time. */
const LONGEST_TASK_MS = 100

/** One entry of a browser's trace; `tdur` is processor time, microseconds: what else the machine does is no part of it. */
interface TraceEvent {
  name: string
  pid: number
  tid: number
  tdur?: number
  args: { name?: string }
}

/** The longest task of the page's main thread in a trace, milliseconds of processor time. */
function longestTask(trace: Buffer): number {
  const { traceEvents }: { traceEvents: TraceEvent[] } = JSON.parse(trace.toString())
  const threadOf = ({ pid, tid }: TraceEvent) => `${pid} ${tid}`
  const pages = new Set(
    traceEvents
      .filter(({ name, args }) => name === 'thread_name' && args.name === 'CrRendererMain')
      .map(threadOf),
  )
  const tasks = traceEvents.filter((event) => pages.has(threadOf(event)))
  return Math.max(...tasks.map(({ tdur }) => tdur ?? 0)) / 1000
}

test('20,000 files appear while the window stays usable, in natural order', async ({
  app,
  folder,
}) => {
  test.setTimeout(120_000)
  const originals = PICTURE_SHAPES.map((_, index) => join(folder, `img${index}.png`))
  for (const [index, [width, height]] of PICTURE_SHAPES.entries())
    await writeImage(originals[index], width, height)
  for (let part = 0; part < 20; part++) {
    mkdirSync(join(folder, `part${part}`))
    for (let index = 0; index < 1000; index++)
      linkSync(originals[index % originals.length], join(folder, `part${part}/img${index}.png`))
  }
  const all = 20_000 + originals.length
  const page = await app.start(folder)
  await app.canvas.ready()
  // Electron has no browser to ask.
  const browser = page.context().browser()
  await browser?.startTracing(page, { categories: ['toplevel'] })
  const place = page.getByRole('banner').getByText(/^\d+ \/ \d+$/)
  const [at, of] = [0, 1].map(
    (part) => async () => Number((await place.textContent())?.split(' / ')[part]),
  )
  // Images are gone to, drawn on and saved while others are still coming.
  let images = 0
  for (; (await of()) < all && images < 5; images++) {
    await page.keyboard.press('k')
    await app.canvas.click(10, 10)
    await expect(app.canvas.list).toHaveCount(1)
    await app.canvas.saved()
    const before = await at()
    await page.keyboard.press('d')
    await expect.poll(at).not.toBe(before)
    await app.canvas.ready()
  }
  expect(images).toBeGreaterThan(0)
  await expect.poll(of, { timeout: 60_000 }).toBe(all)
  const trace = await browser?.stopTracing()
  if (trace) {
    const longest = longestTask(trace)
    expect(longest).toBeGreaterThan(0)
    expect(longest).toBeLessThan(LONGEST_TASK_MS)
  }
  // And when all are here.
  await page.keyboard.press('k')
  await app.canvas.click(10, 10)
  await expect(app.canvas.list).toHaveCount(1)
  const strip = page.getByRole('navigation', { name: 'Images' })
  await expect.poll(() => strip.getByRole('button').count()).toBeGreaterThan(5)
  expect(await strip.getByRole('listitem').count()).toBeLessThan(40)
  const shown = await strip
    .getByRole('button')
    .evaluateAll((tiles) =>
      tiles.map((tile) => tile.getAttribute('aria-label')?.replace(/, .*/, '')),
    )
  const inOrder = [
    ...PICTURE_SHAPES.map((_, index) => `img${index}.png`),
    ...Array.from({ length: 100 }, (_, index) => `img${index}.png`),
  ]
  expect(shown.length).toBeGreaterThan(5)
  expect(inOrder.join(' ')).toContain(shown.join(' '))
})

test('the folder is never written to', async ({ app, folder }) => {
  await writeImage(join(folder, 'a.png'), 100, 100)
  const page = await app.start(folder)
  await app.canvas.ready()
  await page.keyboard.press('k')
  await app.canvas.click(10, 10)
  await app.canvas.saved()
  expect(readdirSync(folder)).toEqual(['a.png'])
})

test('files added and removed on disk show in the window', async ({ app, folder }) => {
  await writeImage(join(folder, 'a.png'), 100, 100)
  const page = await app.start(folder)
  await app.canvas.ready()
  await expect(page.getByText('1 / 1')).toBeVisible()
  await writeImage(join(folder, 'b.png'), 30, 90)
  await expect(page.getByText('1 / 2')).toBeVisible()
  rmSync(join(folder, 'b.png'))
  await expect(page.getByText('1 / 1')).toBeVisible()
  rmSync(join(folder, 'a.png'))
  await expect(page.getByText('No images in this folder')).toBeVisible()
})

test('edits made while the core is down are shown as unsaved, and saved when it is back', async ({
  app,
  folder,
}) => {
  test.skip(!engineIsSeparate, 'In Electron the engine and the window end together')
  await writeImage(join(folder, 'a.png'), 200, 200)
  const page = await app.start(folder)
  await app.canvas.ready()
  const { revive } = await app.killEngine()
  await page.keyboard.press('k')
  await app.canvas.click(50, 50)
  await app.canvas.click(90, 50)
  await expect(page.getByRole('alert')).toContainText(
    'not saved: The app’s engine isn’t responding',
  )
  await expect(page.locator('[data-save]')).toHaveCount(0)
  await app.screenshot('not-saved')
  await revive()
  await app.canvas.saved()
  expect(app.stored('a.png')).toHaveLength(2)
})

test('edits that never reached the core survive the window', async ({ app, folder }) => {
  test.skip(!engineIsSeparate, 'In Electron the engine and the window end together')
  await writeImage(join(folder, 'a.png'), 200, 200)
  const page = await app.start(folder)
  await app.canvas.ready()
  const { revive } = await app.killEngine()
  await page.keyboard.press('k')
  await app.canvas.click(50, 50)
  await expect(page.getByRole('alert')).toContainText('1 not saved')
  page.on('dialog', (dialog) => void dialog.accept())
  await page.goto('about:blank')
  await revive()
  await page.goBack()
  await expect.poll(() => app.stored('a.png').length).toBe(1)
})

test('two windows on one image show the same', async ({ app, folder }) => {
  test.skip(!engineIsSeparate, 'In Electron a second window comes with a later feature')
  await writeImage(join(folder, 'a.png'), 200, 200)
  const page = await app.start(folder)
  await app.canvas.ready()
  const other = await page.context().newPage()
  await other.goto(page.url())
  await other.locator('[data-canvas][data-ready=true]').waitFor()
  await page.bringToFront()
  await page.keyboard.press('k')
  await app.canvas.click(50, 50)
  await expect(other.getByRole('list', { name: '1 annotation', exact: true })).toBeVisible()
  await other.bringToFront()
  await other.keyboard.press('ControlOrMeta+a')
  await other.keyboard.press('Delete')
  await expect(page.getByText('No annotations on this image')).toBeAttached()
})
