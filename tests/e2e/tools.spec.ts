import { join } from 'node:path'
import { shapeArea, shapeBounds, shapeVertices } from '#shared/geometry/shape.ts'
import type { Point, Shape, ShapeKind } from '#shared/model/annotation.ts'
import { temporaryFolder, writeImage } from '#tests/helpers/core.ts'
import { type App, expect, test } from './fixture.ts'

test.beforeEach(async ({ app, folder }) => {
  await writeImage(join(folder, 'a.png'), 800, 500)
  await writeImage(join(folder, 'b.png'), 900, 700)
  await writeImage(join(folder, 'c.png'), 700, 1200)
  await app.start(folder)
  await app.canvas.ready()
})

function stored<K extends ShapeKind>(
  app: App,
  kind: K,
  path = 'a.png',
): Extract<Shape, { kind: K }>[] {
  return app
    .stored(path)
    .map(({ shape }) => shape)
    .filter((shape): shape is Extract<Shape, { kind: K }> => shape.kind === kind)
}

async function command(app: App, name: string): Promise<void> {
  await app.page.keyboard.press('ControlOrMeta+k')
  await app.page.getByPlaceholder('Type a command').fill(name)
  await app.page.keyboard.press('Enter')
}

/** Clicks the points in order and finishes with Enter. */
async function path(app: App, tool: string, points: readonly [number, number][]): Promise<void> {
  await app.page.keyboard.press(tool)
  for (const [x, y] of points) await app.canvas.click(x, y)
  await app.page.keyboard.press('Enter')
  await app.page.keyboard.press('v')
}

const near = (points: readonly Point[], expected: readonly [number, number][], within = 1.5) => {
  expect(points).toHaveLength(expected.length)
  for (const [index, { x, y }] of points.entries())
    expect(Math.hypot(x - expected[index][0], y - expected[index][1])).toBeLessThan(within)
}

test('a box by its four extreme points, in any order', async ({ app }) => {
  const { page, canvas } = app
  await page.keyboard.press('Shift+R')
  await expect(canvas.hint).toContainText('1 of 4')
  for (const [x, y] of [
    [300, 50],
    [100, 150],
    [250, 300],
    [400, 200],
  ])
    await canvas.click(x, y)
  await canvas.saved()
  const [{ x, y, w, h }] = stored(app, 'bbox')
  near(
    [
      { x, y },
      { x: x + w, y: y + h },
    ],
    [
      [100, 50],
      [400, 300],
    ],
  )
})

test('a freehand polygon is simplified to the tolerance, which keys change', async ({ app }) => {
  const { page, canvas } = app
  const round = Array.from({ length: 73 }, (_, index): [number, number] => {
    const angle = (index / 72) * 2 * Math.PI
    return [400 + 150 * Math.cos(angle), 250 + 150 * Math.sin(angle)]
  })
  await page.keyboard.press('p')
  await canvas.dragAlong(round)
  await expect(canvas.hint).toContainText('kept at a tolerance of 2 px')
  for (let step = 0; step < 3; step++) await page.keyboard.press(']')
  await expect(canvas.hint).toHaveText('Freehand lines are simplified to 8 px')
  // The next one starts where the last has a handle.
  await page.keyboard.press('Escape')
  await canvas.dragAlong(round)
  await canvas.saved()
  const [fine, coarse] = stored(app, 'polygon')
  expect(fine.rings[0].length).toBeLessThan(40)
  expect(coarse.rings[0].length).toBeLessThan(fine.rings[0].length)
  expect(shapeArea(fine) / (Math.PI * 150 ** 2)).toBeCloseTo(1, 1)
})

test('neighbours share a border exactly: points snap, and Shift follows the border', async ({
  app,
}) => {
  const { page, canvas } = app
  await path(app, 'p', [
    [100, 100],
    [200, 100],
    [230, 160],
    [200, 220],
    [100, 220],
  ])
  await page.keyboard.press('p')
  await canvas.click(350, 100)
  // A few pixels beside the neighbour's corners.
  await canvas.click(203, 102)
  await canvas.click(198, 223, { modifiers: ['Shift'] })
  await canvas.click(350, 220)
  await page.keyboard.press('Enter')
  await canvas.saved()
  const [left, right] = stored(app, 'polygon')
  expect(right.rings[0].slice(1, 4)).toEqual(left.rings[0].slice(1, 4))
  // Ctrl suspends it.
  await page.keyboard.press('k')
  await page.keyboard.press('l')
  await canvas.click(103, 102, { modifiers: ['ControlOrMeta'] })
  await canvas.click(300, 300)
  await page.keyboard.press('Enter')
  await canvas.saved()
  near(stored(app, 'polyline')[0].points, [
    [103, 102],
    [300, 300],
  ])
})

test('several points are selected, moved and removed at once', async ({ app }) => {
  const { page, canvas } = app
  await path(app, 'p', [
    [100, 100],
    [300, 100],
    [320, 150],
    [300, 200],
    [100, 200],
  ])
  await canvas.click(150, 150)
  await canvas.drag([280, 80], [340, 220], { modifiers: ['ControlOrMeta'] })
  await expect(canvas.hint).toContainText('Drag: move 3 points')
  await canvas.drag([320, 150], [420, 150])
  await canvas.saved()
  near(stored(app, 'polygon')[0].rings[0], [
    [100, 100],
    [400, 100],
    [420, 150],
    [400, 200],
    [100, 200],
  ])
  await page.keyboard.press('Escape')
  await canvas.click(400, 100)
  await canvas.click(420, 150, { modifiers: ['Shift'] })
  await page.keyboard.press('Backspace')
  await canvas.saved()
  expect(stored(app, 'polygon')[0].rings[0]).toHaveLength(3)
  await page.keyboard.press('ControlOrMeta+z')
  await canvas.saved()
  await expect.poll(() => stored(app, 'polygon')[0].rings[0].length).toBe(5)
})

test('shapes are split at chosen points, polylines joined', async ({ app }) => {
  const { page, canvas } = app
  await path(app, 'p', [
    [100, 100],
    [300, 100],
    [300, 200],
    [100, 200],
  ])
  await canvas.click(200, 150)
  await canvas.click(100, 100)
  await canvas.click(300, 200, { modifiers: ['Shift'] })
  await page.keyboard.press('Alt+x')
  await expect(canvas.list).toHaveCount(2)
  await canvas.saved()
  expect(stored(app, 'polygon').map((shape) => shape.rings[0].length)).toEqual([3, 3])
  await path(app, 'l', [
    [500, 100],
    [600, 150],
    [700, 100],
  ])
  await canvas.click(550, 125)
  await canvas.click(600, 150)
  await page.keyboard.press('Alt+x')
  await canvas.saved()
  expect(stored(app, 'polyline')).toHaveLength(2)
  await page.keyboard.press('j')
  await canvas.saved()
  near(stored(app, 'polyline')[0].points, [
    [500, 100],
    [600, 150],
    [700, 100],
  ])
  await page.keyboard.press('j')
  await canvas.saved()
  const [{ points }] = stored(app, 'polyline')
  expect(points.at(-1)).toEqual(points[0])
})

test('a hole is split off as a separate shape, or filled', async ({ app }) => {
  const { page, canvas } = app
  await path(app, 'p', [
    [100, 100],
    [400, 100],
    [400, 300],
    [100, 300],
  ])
  await path(app, 'Shift+P', [
    [200, 150],
    [300, 150],
    [300, 250],
    [200, 250],
  ])
  await canvas.click(120, 120)
  await app.screenshot('hole')
  await command(app, 'Split off holes')
  await expect(canvas.list).toHaveCount(2)
  await canvas.saved()
  const [, hole] = stored(app, 'polygon')
  expect(shapeArea(hole)).toBeGreaterThan(9_500)
  await canvas.click(120, 120)
  await command(app, 'Fill holes')
  await canvas.saved()
  expect(stored(app, 'polygon')[0].rings).toHaveLength(1)
  await page.keyboard.press('ControlOrMeta+z')
  await canvas.saved()
  await expect.poll(() => stored(app, 'polygon')[0].rings.length).toBe(2)
})

test('a self-crossing polygon is marked and repaired', async ({ app }) => {
  const { page, canvas } = app
  await page.keyboard.press('p')
  for (const [x, y] of [
    [100, 100],
    [300, 300],
    [300, 100],
    [100, 300],
  ])
    await canvas.click(x, y)
  await page.keyboard.press('Enter')
  await expect(canvas.hint).toContainText('The polygon crosses itself')
  await page.keyboard.press('v')
  const warning = canvas.list.first().getByRole('button', { name: /crosses itself/ })
  await warning.click()
  await expect(canvas.hint).toHaveText('1 repaired: now 2 polygons without crossings')
  await expect(canvas.list).toHaveCount(2)
  await expect(warning).toHaveCount(0)
  await canvas.saved()
  for (const shape of stored(app, 'polygon')) expect(shapeArea(shape)).toBeCloseTo(10_000, -3)
})

test('a lasso and a class select several; the frame scales them as one', async ({ app }) => {
  const { page, canvas } = app
  await page.keyboard.press('r')
  await canvas.drag([100, 100], [150, 150])
  await canvas.drag([200, 200], [250, 250])
  await page.getByLabel('Find or add a class').fill('dog')
  await page.keyboard.press('Enter')
  await expect(canvas.classRow('dog').getByRole('button', { pressed: true })).toBeVisible()
  await canvas.drag([500, 100], [550, 150])
  await page.keyboard.press('v')
  await page.keyboard.down('Alt')
  await canvas.dragAlong([
    [80, 80],
    [280, 80],
    [280, 280],
    [80, 280],
  ])
  await page.keyboard.up('Alt')
  await expect(canvas.hint).toContainText('2 selected')
  // The frame is outside the shapes: its corner is 14 screen pixels out.
  const corner = await canvas.at({ x: 250, y: 250 })
  const goal = await canvas.at({ x: 400, y: 400 })
  await page.mouse.move(corner.x + 14, corner.y + 14)
  await page.mouse.down()
  await page.mouse.move(goal.x + 14, goal.y + 14, { steps: 3 })
  await app.screenshot('frame')
  await page.mouse.up()
  await canvas.saved()
  const [first, second, third] = stored(app, 'bbox')
  near(
    [
      { x: first.x, y: first.y },
      { x: first.w, y: first.h },
      { x: second.x, y: second.y },
      { x: third.x, y: third.y },
    ],
    [
      [100, 100],
      [100, 100],
      [300, 300],
      [500, 100],
    ],
    2.5,
  )
  await page.keyboard.press('Escape')
  await canvas.click(520, 120)
  await page.keyboard.press('Alt+a')
  await expect(canvas.hint).toHaveText('1 of class dog selected')
})

test('unfinished shapes of every tool survive another tool, another image and a crash', async ({
  app,
  folder,
}) => {
  const { page, canvas } = app
  await page.keyboard.press('p')
  await canvas.click(100, 100)
  await canvas.click(200, 100)
  await page.keyboard.press('r')
  await canvas.click(300, 100)
  await page.keyboard.press('Shift+R')
  await canvas.click(500, 100)
  await expect
    .poll(() => Object.keys(JSON.parse(app.draftsOf('a.png') || '{}')).sort())
    .toEqual(['bbox', 'extreme_box', 'polygon'])
  await page.keyboard.press('d')
  await expect(page.getByText('2 / 3')).toBeVisible()
  await app.restart('kill', folder)
  await app.canvas.ready()
  await app.page.keyboard.press('a')
  await expect(app.page.getByText('1 / 3')).toBeVisible()
  await app.canvas.ready()
  await app.page.keyboard.press('r')
  await expect(app.canvas.hint).toContainText('Click the opposite corner')
  await app.canvas.click(400, 200)
  await app.page.keyboard.press('p')
  await app.canvas.click(200, 200)
  await app.page.keyboard.press('Enter')
  await app.canvas.saved()
  expect(stored(app, 'bbox')).toHaveLength(1)
  near(stored(app, 'polygon')[0].rings[0], [
    [100, 100],
    [200, 100],
    [200, 200],
  ])
})

test('keys wait while a shape is dragged, so that no gesture is interrupted', async ({ app }) => {
  const { page, canvas } = app
  await page.keyboard.press('r')
  await canvas.drag([100, 100], [200, 200])
  await page.keyboard.press('v')
  const [from, to] = [await canvas.at({ x: 150, y: 150 }), await canvas.at({ x: 250, y: 150 })]
  await page.mouse.move(from.x, from.y)
  await page.mouse.down()
  await page.mouse.move(to.x, to.y, { steps: 3 })
  await page.keyboard.press('d')
  await page.keyboard.press('p')
  await page.mouse.up()
  await canvas.saved()
  await expect(page.getByText('1 / 3')).toBeVisible()
  near([{ x: stored(app, 'bbox')[0].x, y: 100 }], [[200, 100]])
})

test('shapes are copied to the next images and to another dataset', async ({ app }) => {
  const { page, canvas } = app
  await page.keyboard.press('r')
  await canvas.drag([100, 100], [200, 200])
  await canvas.drag([300, 100], [400, 200])
  await page.keyboard.press('v')
  await page.keyboard.press('ControlOrMeta+Shift+P')
  await page.getByLabel('Number of images').fill('9')
  await expect(page.getByText('There are 2 images after this one.')).toBeVisible()
  await page.keyboard.press('Enter')
  await expect(canvas.hint).toHaveText('4 copied to 2 images')
  for (const name of ['b.png', 'c.png']) expect(stored(app, 'bbox', name)).toHaveLength(2)
  await page.keyboard.press('ControlOrMeta+Shift+P')
  await expect(page.getByLabel('Number of images')).toBeVisible()
  await page.keyboard.press('Enter')
  await expect(canvas.hint).toContainText('0 copied to 2 images, 4 identical skipped')
  await page.keyboard.press('d')
  await expect(page.getByText('2 / 3')).toBeVisible()
  await canvas.ready()
  // Its labels were prefetched before they were changed.
  await expect(canvas.list).toHaveCount(2)
  // One step for all images; the second time added nothing.
  await page.keyboard.press('ControlOrMeta+z')
  await expect(canvas.list).toHaveCount(0)
  await expect.poll(() => stored(app, 'bbox', 'c.png')).toHaveLength(0)

  await page.keyboard.press('a')
  await expect(page.getByText('1 / 3')).toBeVisible()
  await canvas.ready()
  await canvas.click(150, 150)
  await page.keyboard.press('ControlOrMeta+c')
  using other = temporaryFolder()
  await writeImage(join(other.path, 'other.png'), 800, 500)
  await page.keyboard.press('ControlOrMeta+k')
  await page.getByPlaceholder('Type a command').fill('Open folder')
  await page.keyboard.press('Enter')
  await app.typePath(other.path)
  await page.keyboard.press('Enter')
  await expect(page.getByText('1 image directly in this folder')).toBeVisible()
  await page.getByRole('button', { name: 'Open this folder' }).click()
  await expect(page.getByText('other.png').first()).toBeVisible()
  await canvas.ready()
  await page.keyboard.press('ControlOrMeta+v')
  await canvas.saved()
  expect(stored(app, 'bbox', 'other.png')).toHaveLength(1)
})

test('copies are pasted under the pointer', async ({ app }) => {
  const { page, canvas } = app
  await page.keyboard.press('r')
  await canvas.drag([100, 100], [200, 200])
  await page.keyboard.press('v')
  await canvas.click(150, 150)
  await page.keyboard.press('ControlOrMeta+c')
  await page.keyboard.press('d')
  await expect(page.getByText('2 / 3')).toBeVisible()
  await canvas.ready()
  await canvas.move(600, 300)
  await page.keyboard.press('ControlOrMeta+Alt+v')
  await canvas.saved()
  near([shapeBounds(stored(app, 'bbox', 'b.png')[0])], [[550, 250]])
  await page.keyboard.press('ControlOrMeta+v')
  await canvas.saved()
  near([shapeVertices(stored(app, 'bbox', 'b.png')[1])[0]], [[100, 100]])
})
