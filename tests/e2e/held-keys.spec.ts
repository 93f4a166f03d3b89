import { join } from 'node:path'
import type { OrientedBoxShape } from '#shared/model/annotation.ts'
import { writeImage } from '#tests/helpers/core.ts'
import { type App, expect, test } from './fixture.ts'

test.beforeEach(async ({ app, folder }) => {
  await writeImage(join(folder, 'a.png'), 800, 500)
  await app.start(folder)
  await app.canvas.ready()
})

const only = (app: App) => app.stored('a.png')[0]?.shape

/** Draws one box with the box tool, then switches to the select tool. */
async function box(app: App, from: [number, number], to: [number, number]): Promise<void> {
  await app.page.keyboard.press('r')
  await app.canvas.drag(from, to)
  await app.page.keyboard.press('v')
}

test('with Alt a box grows from its centre, with Shift it is a square', async ({ app }) => {
  const { page, canvas } = app
  await page.keyboard.press('r')
  await canvas.drag([300, 200], [350, 220], { modifiers: ['Alt'] })
  await canvas.saved()
  const centred = only(app)
  if (centred?.kind !== 'bbox') throw new Error('No box')
  for (const [value, wanted] of [
    [centred.x, 250],
    [centred.y, 180],
    [centred.w, 100],
    [centred.h, 40],
  ])
    expect(Math.abs(value - wanted)).toBeLessThan(2)
  await canvas.drag([500, 100], [600, 140], { modifiers: ['Shift'] })
  await canvas.saved()
  const square = app.stored('a.png')[1].shape
  expect(square.kind === 'bbox' && Math.abs(square.w - square.h)).toBeLessThan(0.01)
})

test('an oriented box rotates by its handle, with Shift in steps of 15°', async ({ app }) => {
  const { page, canvas } = app
  await page.keyboard.press('o')
  for (const [x, y] of [
    [300, 200],
    [400, 200],
    [400, 260],
  ])
    await canvas.click(x, y)
  await canvas.saved()
  await page.keyboard.press('v')
  await canvas.click(350, 230)
  const shape = () => only(app) as OrientedBoxShape
  expect(shape()).toMatchObject({ kind: 'oriented_box', angleDeg: 0 })
  // The handle lies a quarter of the width beyond the side, on the heading.
  await canvas.drag([425, 230], [400, 290])
  await canvas.saved()
  const turned = shape().angleDeg
  expect(turned).toBeGreaterThan(40)
  expect(turned).toBeLessThan(60)
  const { cx, cy } = shape()
  const heading = (turned * Math.PI) / 180
  const handle: [number, number] = [cx + 75 * Math.cos(heading), cy + 75 * Math.sin(heading)]
  await canvas.drag(handle, [cx + 3, cy + 90], { modifiers: ['Shift'] })
  await canvas.saved()
  expect(shape().angleDeg).toBeCloseTo(90, 6)
})

test('a click on the selected shape selects the one below', async ({ app }) => {
  const { page, canvas } = app
  await box(app, [100, 100], [500, 400])
  await box(app, [200, 200], [300, 300])
  await canvas.saved()
  await page.keyboard.press('Escape')
  const width = page.getByRole('region', { name: 'Properties' }).getByLabel('Width')
  await canvas.click(250, 250)
  await expect(width).toHaveValue(/^(99|100)/)
  await canvas.click(250, 250)
  await expect(width).toHaveValue(/^(399|400)/)
  await canvas.click(250, 250)
  await expect(width).toHaveValue(/^(99|100)/)
})

test('a cut shape disappears, and returns where it is pasted', async ({ app }) => {
  const { page, canvas } = app
  await box(app, [100, 100], [200, 200])
  await canvas.click(150, 150)
  await page.keyboard.press('ControlOrMeta+x')
  await expect(canvas.list).toHaveCount(0)
  await page.keyboard.press('ControlOrMeta+v')
  await expect(canvas.list).toHaveCount(1)
  await canvas.saved()
  expect(app.stored('a.png')).toHaveLength(1)
})

test('shapes are hidden all, by selection or by class, and shown again', async ({ app }) => {
  const { page, canvas } = app
  await box(app, [100, 100], [200, 200])
  await box(app, [300, 100], [400, 200])
  await canvas.saved()
  await page.keyboard.press('Escape')
  // An edge of each, and plain picture beside them.
  const points = [
    [150, 100],
    [350, 100],
    [600, 300],
  ] as const
  const seen = async () => {
    const [first, second, plain] = await canvas.colors(
      ...points.map(([x, y]): [number, number] => [x, y]),
    )
    return [first !== plain, second !== plain]
  }
  await expect.poll(seen).toEqual([true, true])
  await page.keyboard.press('t')
  await expect.poll(seen).toEqual([false, false])
  await page.keyboard.press('t')
  await expect.poll(seen).toEqual([true, true])
  await canvas.click(150, 150)
  await page.keyboard.press('h')
  await expect.poll(seen).toEqual([false, true])
  await page.keyboard.press('h')
  await expect.poll(seen).toEqual([true, true])
  await canvas.click(350, 150)
  await page.keyboard.press('Shift+H')
  await expect.poll(seen).toEqual([false, true])
  await page.keyboard.press('Escape')
  await page.keyboard.press('h')
  await expect.poll(seen).toEqual([true, true])
  const name = app.stored('a.png')[0].className
  await canvas.classRow(name).hover()
  await page
    .getByRole('button', { name: `Hide ${name}`, exact: true })
    .first()
    .click()
  await expect.poll(seen).toEqual([false, false])
})
