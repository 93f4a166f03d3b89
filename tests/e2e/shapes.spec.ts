import { join } from 'node:path'
import { shapeArea } from '#shared/geometry/shape.ts'
import { writeImage } from '#tests/helpers/core.ts'
import { type App, expect, test } from './fixture.ts'

const areas = (app: App, path = 'a.png') =>
  app.stored(path).map(({ shape }) => Math.round(shapeArea(shape) / 100) * 100)

/** Draws boxes by their corners, then switches to the select tool with nothing selected. */
async function boxes(app: App, ...corners: [number, number, number, number][]): Promise<void> {
  await app.page.keyboard.press('r')
  for (const [x1, y1, x2, y2] of corners) await app.canvas.drag([x1, y1], [x2, y2])
  await app.page.keyboard.press('v')
  await expect(app.canvas.list).toHaveCount(corners.length)
}

async function command(app: App, name: string): Promise<void> {
  await app.page.keyboard.press('ControlOrMeta+k')
  await app.page.getByPlaceholder('Type a command').fill(name)
  await app.page.keyboard.press('Enter')
}

test.beforeEach(async ({ app, folder }) => {
  await writeImage(join(folder, 'a.png'), 800, 500)
  await writeImage(join(folder, 'b.png'), 850, 900)
  await app.start(folder)
  await app.canvas.ready()
})

test('union merges two shapes, and one undo separates them again', async ({ app }) => {
  const { page, canvas } = app
  await boxes(app, [100, 100, 200, 200], [150, 150, 250, 250])
  await page.keyboard.press('ControlOrMeta+a')
  await page.keyboard.press('m')
  await expect(canvas.list).toHaveCount(1)
  await canvas.saved()
  expect(areas(app)[0]).toBeGreaterThan(17_000)
  expect(app.stored('a.png')[0].shape.kind).toBe('polygon')
  await page.keyboard.press('ControlOrMeta+z')
  await expect(canvas.list).toHaveCount(2)
})

test('subtract cuts a hole in the first selected and keeps the other', async ({ app }) => {
  const { page, canvas } = app
  await boxes(app, [100, 100, 300, 300], [150, 150, 200, 200])
  await canvas.click(280, 280)
  await canvas.click(175, 175, { modifiers: ['Shift'] })
  await page.keyboard.press('Shift+M')
  await canvas.saved()
  const [outer, inner] = app.stored('a.png')
  expect(outer.shape.kind === 'polygon' && outer.shape.rings.length).toBe(2)
  expect(inner.shape.kind).toBe('bbox')
  await page.keyboard.press('ControlOrMeta+a')
  await command(app, 'Intersection')
  await expect(canvas.hint).toHaveText('Intersect: nothing would be left')
})

test('slice cuts the shape that the line crosses, and reports if it crosses nothing', async ({
  app,
}) => {
  const { page, canvas } = app
  await boxes(app, [100, 100, 200, 200], [400, 100, 500, 200])
  await page.keyboard.press('x')
  await canvas.click(150, 80)
  await canvas.click(150, 220)
  await expect(canvas.list).toHaveCount(3)
  await canvas.saved()
  expect(areas(app).toSorted()).toEqual([10_000, 5_000, 5_000].toSorted())
  await canvas.click(700, 300)
  await canvas.click(750, 400)
  await expect(canvas.hint).toHaveText('The line cuts no polygon or box in two')
})

test('boxes are rotated by key, and converted with a report of the loss', async ({ app }) => {
  const { page, canvas } = app
  await boxes(app, [100, 100, 300, 200])
  await canvas.click(200, 150)
  for (let turn = 0; turn < 3; turn++) await page.keyboard.press('.')
  await page.keyboard.press(',')
  await canvas.saved()
  const [{ shape }] = app.stored('a.png')
  expect(shape.kind === 'oriented_box' && shape.angleDeg).toBeCloseTo(2, 6)
  await command(app, 'Convert to bounding box')
  await expect(canvas.hint).toContainText('1 of 1 converted · lost: its angle')
  await command(app, 'Convert to polygon')
  await canvas.saved()
  expect(app.stored('a.png')[0].shape.kind).toBe('polygon')
  await command(app, 'Smooth')
  await expect(canvas.hint).toHaveText('Smooth: 4 points became 8')
  await page.keyboard.press('.')
  await expect(canvas.hint).toHaveText(
    'Only boxes can be rotated. Convert it to an oriented box first',
  )
  await command(app, 'Convert to bounding box')
  // Actions that cannot work on the selection are not offered.
  await page.keyboard.press('ControlOrMeta+k')
  await page.getByPlaceholder('Type a command').fill('Simplify')
  await expect(page.getByRole('option', { name: /Simplify/ })).toHaveAttribute(
    'aria-disabled',
    'true',
  )
})

test('shapes are copied from the previous image, except identical ones', async ({ app }) => {
  const { page, canvas } = app
  await boxes(app, [100, 100, 200, 200], [300, 100, 400, 200])
  await page.keyboard.press('d')
  await expect(page.getByText('2 / 2')).toBeVisible()
  await canvas.ready()
  await page.keyboard.press('ControlOrMeta+Shift+V')
  await expect(canvas.hint).toHaveText('2 copied from a.png')
  await page.keyboard.press('ControlOrMeta+Shift+V')
  await expect(canvas.hint).toHaveText('0 copied from a.png, 2 identical skipped')
  await canvas.saved()
  expect(areas(app, 'b.png')).toEqual(areas(app, 'a.png'))
})

test('numbers and attributes are typed, for several shapes in one step', async ({ app }) => {
  const { page, canvas } = app
  await boxes(app, [100, 100, 200, 200], [300, 100, 400, 200])
  await canvas.click(150, 150)
  await page.getByRole('textbox', { name: 'Width' }).fill('50')
  await page.keyboard.press('Enter')
  await page.getByRole('textbox', { name: 'Height' }).fill('-3')
  await page.keyboard.press('Enter')
  await expect(canvas.hint).toHaveText('Height: “-3” is not possible')
  await page.keyboard.press('ControlOrMeta+a')
  await page.keyboard.press('g')
  await page.getByLabel('Name of a new attribute').fill('colour')
  await page.keyboard.press('Enter')
  await page.getByRole('textbox', { name: 'Attribute colour' }).fill('red')
  await page.keyboard.press('Enter')
  await canvas.saved()
  const [first, second] = app.stored('a.png')
  expect(first).toMatchObject({ shape: { w: 50 }, attributes: { colour: 'red' }, instanceId: 1 })
  expect(second).toMatchObject({ attributes: { colour: 'red' }, instanceId: 1 })
  await page.keyboard.press('ControlOrMeta+z')
  await canvas.saved()
  await expect
    .poll(() => app.stored('a.png').map(({ attributes }) => attributes.colour))
    .toEqual(['', ''])
  await app.screenshot('properties')
})
