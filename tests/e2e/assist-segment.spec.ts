import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import sharp from 'sharp'
import { goldenSam1 } from '#emulator/golden-segment.ts'
import { externalModel } from '#emulator/odd-models.ts'
import { shapeBounds } from '#shared/geometry/shape.ts'
import type { Box } from '#shared/model/annotation.ts'
import { expectAccessible, showTheme } from './accessible.ts'
import { type App, expect, test } from './fixture.ts'
import { addAccount, STREET } from './remote.ts'

test.use({ viewport: { width: 1024, height: 640 } })

/** On the borders of the golden model's cells, which are 10 pixels wide. */
const RED: Box = { x: 100, y: 90, w: 200, h: 240 }
const HOLE: Box = { x: 160, y: 150, w: 60, h: 90 }
const GREEN: Box = { x: 400, y: 90, w: 100, h: 120 }

async function writePicture(file: string): Promise<void> {
  const layer = (box: Box, background: string) => ({
    input: { create: { width: box.w, height: box.h, channels: 3 as const, background } },
    left: box.x,
    top: box.y,
  })
  await sharp({ create: { width: 640, height: 480, channels: 3, background: '#404040' } })
    .composite([layer(RED, '#d03030'), layer(HOLE, '#3030d0'), layer(GREEN, '#30a030')])
    .removeAlpha()
    .toFile(file)
}

async function both(app: App, name: string): Promise<void> {
  const { page } = app
  await app.screenshot(name)
  await expectAccessible(page)
  await showTheme(page, 'dark')
  await app.screenshot(`${name}-dark`)
  await expectAccessible(page)
  await showTheme(page, 'light')
}

/** Files of the golden model in a folder. */
function modelFiles(folder: string): string[] {
  return Object.entries(goldenSam1()).map(([part, content]) => {
    const file = join(folder, `mobile_sam.${part}.onnx`)
    writeFileSync(file, content)
    return file
  })
}

const near = (found: Box, wanted: Box) => {
  for (const side of ['x', 'y', 'w', 'h'] as const)
    expect(Math.abs(found[side] - wanted[side]), side).toBeLessThanOrEqual(6)
}

test.beforeEach(async ({ app, folder }) => {
  for (const name of ['a.png', 'b.png']) await writePicture(join(folder, name))
  await app.start(folder)
  await app.canvas.ready()
})

test('models of this machine find the thing at a click: hover, click, candidates, box, one after the other', async ({
  app,
  folder,
}) => {
  const { page, canvas } = app
  // Without a model and without an account, the tool says where models come from.
  await page.keyboard.press('q')
  const dialog = page.getByRole('dialog', { name: 'Models' })
  await expect(dialog).toContainText('No models yet')
  const bad = join(folder, 'far-away.onnx')
  writeFileSync(bad, externalModel('/etc/passwd', 'graph'))
  await dialog.getByLabel('ONNX files').setInputFiles([...modelFiles(folder), bad])
  await expect(dialog.getByRole('alert')).toContainText('other files')
  await expect(dialog).toContainText('The image encoder of SAM')
  await expect(dialog).toContainText('The mask decoder of SAM')
  await both(app, 'models')
  await page.keyboard.press('Escape')

  await page.keyboard.press('q')
  await expect(canvas.hint).toContainText('on this computer')
  const over = await canvas.at({ x: 120, y: 110 })
  await page.mouse.move(over.x, over.y)
  await canvas.click(120, 110)
  await expect(canvas.hint).toContainText('Enter draws it')
  await both(app, 'segment')
  await expect(canvas.list).toHaveCount(0)
  await page.keyboard.press('Enter')
  await expect(canvas.list).toHaveCount(1)
  // The next thing, without taking the tool again.
  await canvas.click(450, 150)
  await expect(canvas.hint).toContainText('Enter draws it')
  await page.keyboard.press('Enter')
  await expect(canvas.list).toHaveCount(2)
  await canvas.saved()
  const [red, green] = app.stored('a.png').map(({ shape }) => shape)
  near(shapeBounds(red), RED)
  expect(red).toMatchObject({ kind: 'polygon', rings: [expect.anything(), expect.anything()] })
  near(shapeBounds(green), GREEN)

  // What is drawn is a choice that stays.
  await page.getByLabel('Draw as').selectOption('Box')
  await canvas.click(190, 200)
  await expect(canvas.hint).toContainText('Enter draws it')
  await page.keyboard.press('Enter')
  await expect(canvas.list).toHaveCount(3)
  await canvas.saved()
  const hole = app.stored('a.png')[2]?.shape
  expect(hole).toMatchObject({ kind: 'bbox' })
  near(hole as Box & { kind: 'bbox' }, HOLE)

  // Another image, with the same tool in hand; Shift+click takes away, the wheel shows candidates.
  await page.keyboard.press('d')
  await canvas.ready()
  await expect(canvas.hint).toContainText('on this computer')
  await expect(page.getByLabel('Draw as')).toHaveValue('bbox')
  await canvas.click(120, 110)
  await expect(canvas.hint).toContainText('wheel shows other candidates')
  await page.mouse.wheel(0, 400)
  await page.keyboard.press('Enter')
  await expect(canvas.list).toHaveCount(1)
  await canvas.saved()
  // The last candidate takes every colour: the whole image.
  near(app.stored('b.png')[0]?.shape as Box & { kind: 'bbox' }, { x: 0, y: 0, w: 640, h: 480 })
})

test('what a click found outlives the app, and Esc drops it', async ({ app, folder }) => {
  const { canvas } = app
  await app.page.keyboard.press('q')
  await app.page.getByLabel('ONNX files').setInputFiles(modelFiles(folder))
  await expect(app.page.getByRole('dialog')).toContainText('The mask decoder of SAM')
  await app.page.keyboard.press('Escape')
  await app.page.keyboard.press('q')
  await expect(canvas.hint).toContainText('on this computer')
  await canvas.click(450, 150)
  await expect(canvas.hint).toContainText('Enter draws it')
  await expect.poll(() => app.draftsOf('a.png')).toContain('proposal')
  const page = await app.restart('kill', folder)
  await app.canvas.ready()
  await page.keyboard.press('q')
  await expect(app.canvas.hint).toContainText('Enter draws it')
  await page.keyboard.press('Escape')
  await expect(app.canvas.hint).toContainText('on this computer')
  await expect(app.canvas.list).toHaveCount(0)
})

test('a model of the person on Pictograph is fetched, and told with its classes', async ({
  app,
  service,
}) => {
  const { page } = app
  await page.getByRole('button', { name: 'Back to the start screen' }).click()
  await addAccount(page, service)
  await expect(page.getByRole('button', { name: new RegExp(`^${STREET}`) })).toBeVisible()
  await page.keyboard.press('ControlOrMeta+k')
  await page.getByPlaceholder('Type a command…').fill('Models on this computer')
  await page.keyboard.press('Enter')
  const dialog = page.getByRole('dialog', { name: 'Models' })
  await dialog.getByRole('button', { name: 'Show' }).click()
  await dialog.getByRole('button', { name: 'Download tiny detector' }).click()
  await expect(dialog.getByRole('region', { name: 'Models on this computer' })).toContainText(
    'YOLOX',
  )
  await both(app, 'models-service')
})
