import { join } from 'node:path'
import { shapeVertices } from '#shared/geometry/shape.ts'
import { writeImage } from '#tests/helpers/core.ts'
import { type App, expect, test } from './fixture.ts'

const shapes = (app: App, path = 'a.png') => app.stored(path).map(({ shape }) => shape)

test.beforeEach(async ({ app, folder }) => {
  await writeImage(join(folder, 'a.png'), 800, 500)
  await writeImage(join(folder, 'b.png'), 800, 500)
  await app.start(folder)
  await app.canvas.ready()
})

test.describe('the shape just drawn', () => {
  test('a box is corrected with one drag, which is one step of undo', async ({ app }) => {
    const { page, canvas } = app
    await page.keyboard.press('r')
    await canvas.drag([100, 100], [200, 200])
    await expect(canvas.hint).toContainText('Drag a handle to correct the shape')
    await canvas.drag([200, 200], [260, 240])
    await canvas.saved()
    const [box, ...others] = shapes(app)
    expect(others).toEqual([])
    expect(box.kind === 'bbox' && [box.w, box.h].map(Math.round)).toEqual([160, 140])
    await app.screenshot('handles-of-the-last-shape')
    await page.keyboard.press('ControlOrMeta+z')
    await canvas.saved()
    await expect
      .poll(() => shapes(app).map((shape) => shape.kind === 'bbox' && Math.round(shape.w)))
      .toEqual([100])
  })

  test('a press elsewhere begins the next, and so does a click on a handle', async ({ app }) => {
    const { page, canvas } = app
    await page.keyboard.press('r')
    await canvas.drag([100, 100], [200, 200])
    await canvas.drag([400, 100], [500, 200])
    await expect(canvas.list).toHaveCount(2)
    // The first has no handles any more: a drag from its corner draws.
    await canvas.drag([200, 200], [300, 300])
    await expect(canvas.list).toHaveCount(3)
    await canvas.click(300, 300)
    await canvas.click(380, 380)
    await expect(canvas.list).toHaveCount(4)
    await canvas.saved()
    expect(shapes(app).map((shape) => shape.kind === 'bbox' && Math.round(shape.w))).toEqual([
      100, 100, 100, 80,
    ])
  })

  test('Escape takes the handles away before it leaves the tool', async ({ app }) => {
    const { page, canvas } = app
    await page.keyboard.press('r')
    await canvas.drag([100, 100], [200, 200])
    await page.keyboard.press('Escape')
    await expect(canvas.hint).toContainText('Drag or click two corners')
    await canvas.drag([200, 200], [300, 300])
    await expect(canvas.list).toHaveCount(2)
  })

  test('oriented boxes, polygons and polylines keep theirs, too', async ({ app }) => {
    const { page, canvas } = app
    await page.keyboard.press('o')
    await canvas.drag([100, 100], [200, 100])
    await canvas.click(150, 180)
    await canvas.drag([200, 180], [240, 220])
    await page.keyboard.press('p')
    for (const [x, y] of [
      [400, 100],
      [500, 100],
      [500, 200],
      [400, 200],
    ])
      await canvas.click(x, y)
    await page.keyboard.press('Enter')
    await canvas.drag([500, 200], [560, 260])
    await page.keyboard.press('l')
    await canvas.click(100, 350)
    await canvas.click(200, 400)
    await page.keyboard.press('Enter')
    await canvas.drag([200, 400], [300, 450])
    await canvas.saved()
    const [oriented, polygon, polyline, ...others] = shapes(app)
    expect(others).toEqual([])
    expect(oriented.kind === 'oriented_box' && Math.round(oriented.w)).toBe(140)
    const rounded = (shape: (typeof others)[number]) =>
      shapeVertices(shape).map(({ x, y }) => [Math.round(x / 5) * 5, Math.round(y / 5) * 5])
    expect(rounded(polygon)).toContainEqual([560, 260])
    expect(rounded(polyline)).toEqual([
      [100, 350],
      [300, 450],
    ])
  })
})
