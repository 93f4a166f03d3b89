import { join } from 'node:path'
import sharp from 'sharp'
import { temporaryFolder, writeImage } from '#tests/helpers/core.ts'
import { expect, test } from './fixture.ts'

test.beforeEach(async ({ app, folder }) => {
  await writeImage(join(folder, 'a.png'), 800, 500)
  await writeImage(join(folder, 'b.png'), 640, 640)
  await app.start(folder)
  await app.canvas.ready()
})

const PLACE: [number, number] = [400, 250]

test('brightness, contrast and gamma change only the picture, and stay for the next image and restart', async ({
  app,
  folder,
}) => {
  const { page, canvas } = app
  await expect.poll(() => canvas.colors(PLACE)).toEqual(['#808080'])
  await page.getByRole('button', { name: 'View: image and shapes' }).click()
  await page.getByLabel('Brightness').fill('0.25')
  await expect.poll(() => canvas.colors(PLACE)).toEqual(['#c0c0c0'])
  await page.getByLabel('Gamma').fill('1')
  await expect.poll(() => canvas.colors(PLACE)).toEqual(['#f4f4f4'])
  await app.screenshot('view')
  await page.keyboard.press('Escape')
  await page.locator('[data-canvas]').focus()
  await page.keyboard.press('d')
  await expect(page.getByText('2 / 2')).toBeVisible()
  await expect.poll(() => canvas.colors(PLACE)).toEqual(['#f4f4f4'])
  await app.restart('quit', folder)
  await app.canvas.ready()
  await expect.poll(() => app.canvas.colors(PLACE)).toEqual(['#f4f4f4'])
  await app.page.keyboard.press('ControlOrMeta+k')
  await app.page.getByPlaceholder('Type a command').fill('Reset brightness')
  await app.page.keyboard.press('Enter')
  await expect.poll(() => app.canvas.colors(PLACE)).toEqual(['#808080'])
})

test('a held key shows the bare image; opacity of fill and outline can be set', async ({ app }) => {
  const { page, canvas } = app
  await page.keyboard.press('r')
  await canvas.drag([300, 150], [500, 350])
  await page.keyboard.press('v')
  await canvas.move(700, 450)
  await canvas.saved()
  await expect.poll(() => canvas.colors(PLACE)).not.toEqual(['#808080'])
  await page.keyboard.down('b')
  await expect.poll(() => canvas.colors(PLACE)).toEqual(['#808080'])
  await page.keyboard.up('b')
  await expect.poll(() => canvas.colors(PLACE)).not.toEqual(['#808080'])
  await page.getByRole('button', { name: 'View: image and shapes' }).click()
  await page.getByLabel('Fill').fill('0')
  await expect.poll(() => canvas.colors(PLACE)).toEqual(['#808080'])
  const edge = await canvas.colors([300, 250])
  await page.getByLabel('Outlines').fill('0.5')
  await expect.poll(() => canvas.colors([300, 250])).not.toEqual(edge)
  // One setting does not change the others.
  await expect(page.getByLabel('Fill')).toHaveValue('0')
})

test('the minimap moves the view; the loupe enlarges what is under the pointer', async ({
  app,
}) => {
  const { page, canvas } = app
  await page.keyboard.press('F9')
  const map = page.locator('[data-minimap]')
  await expect(map).toBeVisible()
  for (let step = 0; step < 6; step++) await page.keyboard.press('+')
  const box = await map.boundingBox()
  if (!box) throw new Error('There is no map')
  // The centre of the view moves near the image's top left corner: 6 of the map's 180 pixels from it.
  await page.mouse.click(box.x + 6, box.y + 6)
  const canvasBox = await page.locator('[data-canvas]').boundingBox()
  if (!canvasBox) throw new Error('There is no canvas')
  await page.mouse.move(
    canvasBox.x + canvasBox.width / 2 + 4,
    canvasBox.y + canvasBox.height / 2 + 4,
  )
  await expect(page.locator('footer')).toContainText(/2\d\.\d, 2\d\.\d/)
  await page.keyboard.press('f')
  await canvas.move(400, 300)
  // Only the canvas, with the pointer in one place: only the loupe can change it.
  const shown = () => page.locator('[data-canvas]').screenshot()
  await expect(page.locator('[data-canvas]')).toHaveAttribute('data-complete', 'true')
  const before = await shown()
  await page.keyboard.press('z')
  await expect.poll(async () => before.equals(await shown())).toBe(false)
  await app.screenshot('loupe')
  await page.keyboard.press('z')
  await expect.poll(async () => before.equals(await shown())).toBe(true)
})

test('above 800 % there are lines between pixels', async ({ app }) => {
  using folder = temporaryFolder()
  await sharp({ create: { width: 20, height: 20, channels: 3, background: '#808080' } }).toFile(
    join(folder.path, 'small.png'),
  )
  await app.restart('quit', folder.path)
  const { page } = app
  await page.locator('[data-canvas][data-ready=true][data-complete=true]').waitFor()
  await expect(page.locator('footer')).toContainText(/\d{4}%/)
  // At 25× all pixels have the same grey; only lines between them add another.
  await expect.poll(() => app.canvas.colors([10.5, 10.5])).toEqual(['#808080'])
  const shot = await page.locator('[data-canvas]').screenshot()
  const { data } = await sharp(shot).removeAlpha().raw().toBuffer({ resolveWithObject: true })
  const colors = new Set<string>()
  for (let index = 0; index < data.length; index += 3)
    colors.add(data.subarray(index, index + 3).toString('hex'))
  expect(colors.size).toBeGreaterThan(2)
})
