import { join } from 'node:path'
import { DATABASE_FILE, openDatabase } from '#core/cache/database.ts'
import { DatasetRepository } from '#core/cache/dataset-repository.ts'
import { EditStore } from '#core/cache/edit-store.ts'
import {
  type Annotation,
  newAnnotation,
  newId,
  type Point,
  type Shape,
} from '#shared/model/annotation.ts'
import { EMPTY_CHANGE_SET } from '#shared/model/change-set.ts'
import { writeImage } from '#tests/helpers/core.ts'
import { expect, test } from './fixture.ts'

/** Real pointers are on whole screen pixels. */
function near(actual: number, expected: number): void {
  expect(Math.abs(actual - expected)).toBeLessThan(1.5)
}

function nearPoints(actual: readonly Point[], expected: readonly [number, number][]): void {
  expect(actual).toHaveLength(expected.length)
  actual.forEach(({ x, y }, index) => {
    near(x, expected[index][0])
    near(y, expected[index][1])
  })
}

function shapeOf<K extends Shape['kind']>(
  annotation: Annotation | undefined,
  kind: K,
): Extract<Shape, { kind: K }> {
  expect(annotation?.shape.kind).toBe(kind)
  return annotation?.shape as Extract<Shape, { kind: K }>
}

/** Draws points on an image of the library, each in a separate edit, while no app is running. */
function drawPoints(dataDir: string, path: string, count: number): void {
  const db = openDatabase(join(dataDir, DATABASE_FILE))
  try {
    const edits = new EditStore(db, new DatasetRepository(db))
    const row = db
      .prepare<[string], { id: string }>('SELECT id FROM image WHERE path = ?')
      .get(path)
    if (!row) throw new Error(`${path} is not in the library`)
    for (let edit = 0; edit < count; edit++) {
      const point = newAnnotation({ kind: 'keypoint', x: 10 + edit, y: 20 }, 'point')
      edits.commit({
        commitId: newId(),
        imageId: row.id,
        changes: { ...EMPTY_CHANGE_SET, created: [point] },
        label: 'Draw point',
        origin: 'user',
      })
    }
  } finally {
    db.close()
  }
}

test.beforeEach(async ({ app, folder }) => {
  await writeImage(join(folder, 'a.png'), 800, 500)
  await writeImage(join(folder, 'b.png'), 300, 400)
  await app.start(folder)
  await app.canvas.ready()
})

test('each type is drawn with the pointer and survives a restart', async ({ app, folder }) => {
  const { page, canvas } = app
  await page.keyboard.press('r')
  await canvas.drag([100, 50], [200, 150])
  await page.keyboard.press('p')
  await canvas.click(300, 100)
  await canvas.click(400, 100)
  await canvas.click(400, 200)
  await canvas.click(300, 100)
  await page.keyboard.press('l')
  await canvas.click(500, 100)
  await canvas.click(600, 150)
  await canvas.doubleClick(700, 100)
  await page.keyboard.press('k')
  await canvas.click(100, 400)
  await page.keyboard.press('o')
  await canvas.click(500, 300)
  await canvas.click(600, 300)
  await canvas.click(600, 350)
  await expect(canvas.list).toHaveCount(5)
  await canvas.saved()

  await app.restart('quit', folder)
  await app.canvas.ready()
  await expect(app.canvas.list).toHaveCount(5)
  const [box, polygon, line, point, oriented] = app.stored('a.png')
  const { x, y, w, h } = shapeOf(box, 'bbox')
  nearPoints(
    [
      { x, y },
      { x: x + w, y: y + h },
    ],
    [
      [100, 50],
      [200, 150],
    ],
  )
  nearPoints(shapeOf(polygon, 'polygon').rings[0], [
    [300, 100],
    [400, 100],
    [400, 200],
  ])
  nearPoints(shapeOf(line, 'polyline').points, [
    [500, 100],
    [600, 150],
    [700, 100],
  ])
  nearPoints([shapeOf(point, 'keypoint')], [[100, 400]])
  const { cx, cy, angleDeg } = shapeOf(oriented, 'oriented_box')
  nearPoints([{ x: cx, y: cy }], [[550, 325]])
  near(angleDeg, 0)
})

test('a box by two clicks, a square with Shift, and a box that is too small', async ({ app }) => {
  const { page, canvas } = app
  await page.keyboard.press('r')
  await canvas.click(100, 100)
  await expect(canvas.hint).toContainText('Click the opposite corner')
  await canvas.click(150, 130)
  await expect(canvas.list).toHaveCount(1)
  await canvas.click(300, 100)
  await canvas.click(340, 120, { modifiers: ['Shift'] })
  await expect(canvas.list).toHaveCount(2)
  await canvas.click(500, 100)
  await canvas.click(500, 100)
  await expect(canvas.hint).toHaveText('A box needs a width and a height')
  await page.keyboard.press('Escape')
  await canvas.saved()
  const [first, square] = app.stored('a.png').map((annotation) => shapeOf(annotation, 'bbox'))
  near(first.w, 50)
  near(square.w, square.h)
})

test('polygon: Backspace takes back, Enter finishes, Esc drops, too few points are refused', async ({
  app,
}) => {
  const { page, canvas } = app
  await page.keyboard.press('p')
  for (const [x, y] of [
    [100, 100],
    [200, 100],
    [200, 200],
    [700, 400],
  ] as const)
    await canvas.click(x, y)
  await page.keyboard.press('Backspace')
  await page.keyboard.press('Enter')
  await expect(canvas.list).toHaveCount(1)
  await canvas.click(400, 100)
  await canvas.click(500, 100)
  await page.keyboard.press('Enter')
  await expect(canvas.hint).toHaveText('A polygon needs at least 3 points')
  await page.keyboard.press('Escape')
  await expect(canvas.hint).toContainText('Click the first point')
  await page.keyboard.press('Escape')
  await expect(page.getByRole('button', { name: 'Select', exact: true })).toHaveAttribute(
    'aria-pressed',
    'true',
  )
  await canvas.saved()
  nearPoints(shapeOf(app.stored('a.png')[0], 'polygon').rings[0], [
    [100, 100],
    [200, 100],
    [200, 200],
  ])
})

test('a hole is cut inside a polygon, and refused outside', async ({ app }) => {
  const { page, canvas } = app
  await page.keyboard.press('p')
  for (const [x, y] of [
    [100, 100],
    [400, 100],
    [400, 400],
    [100, 400],
  ] as const)
    await canvas.click(x, y)
  await page.keyboard.press('Enter')
  await page.keyboard.press('Shift+P')
  for (const [x, y] of [
    [200, 200],
    [300, 200],
    [300, 300],
  ] as const)
    await canvas.click(x, y)
  await page.keyboard.press('Enter')
  await canvas.click(500, 200)
  await expect(canvas.hint).toHaveText('A hole starts inside a polygon')
  for (const [x, y] of [
    [150, 150],
    [600, 200],
    [600, 300],
  ] as const)
    await canvas.click(x, y)
  await page.keyboard.press('Enter')
  await expect(canvas.hint).toContainText('A hole must lie inside a polygon')
  await page.keyboard.press('Escape')
  await canvas.saved()
  const { rings } = shapeOf(app.stored('a.png')[0], 'polygon')
  expect(rings).toHaveLength(2)
  nearPoints(rings[1], [
    [200, 200],
    [300, 200],
    [300, 300],
  ])
})

test('shapes are moved, resized, reshaped vertex by vertex, nudged and deleted', async ({
  app,
}) => {
  const { page, canvas } = app
  const stored = () => app.stored('a.png')
  await page.keyboard.press('r')
  await canvas.drag([100, 100], [200, 200])
  await page.keyboard.press('p')
  for (const [x, y] of [
    [400, 100],
    [600, 100],
    [600, 300],
  ] as const)
    await canvas.click(x, y)
  await page.keyboard.press('Enter')
  await page.keyboard.press('v')

  await canvas.drag([150, 150], [180, 170])
  await canvas.drag([230, 220], [260, 260])
  await canvas.saved()
  const { x, y, w, h } = shapeOf(stored()[0], 'bbox')
  nearPoints(
    [
      { x, y },
      { x: x + w, y: y + h },
    ],
    [
      [130, 120],
      [260, 260],
    ],
  )

  await canvas.click(580, 150)
  await canvas.drag([400, 100], [380, 80])
  await canvas.drag([490, 90], [490, 50])
  await canvas.saved()
  nearPoints(shapeOf(stored()[1], 'polygon').rings[0], [
    [380, 80],
    [490, 50],
    [600, 100],
    [600, 300],
  ])
  await canvas.click(490, 50, { modifiers: ['Alt'] })
  await canvas.saved()
  expect(shapeOf(stored()[1], 'polygon').rings[0]).toHaveLength(3)

  await page.keyboard.press('ArrowRight')
  await page.keyboard.press('Shift+ArrowDown')
  await canvas.saved()
  nearPoints([shapeOf(stored()[1], 'polygon').rings[0][0]], [[381, 90]])

  await page.keyboard.press('ControlOrMeta+a')
  await page.keyboard.press('Delete')
  await expect(canvas.list).toHaveCount(0)
})

test('a marquee selects several, and they move together', async ({ app }) => {
  const { page, canvas } = app
  await page.keyboard.press('k')
  for (const x of [100, 200, 300]) await canvas.click(x, 100)
  await page.keyboard.press('v')
  await canvas.drag([80, 60], [240, 140])
  await expect(canvas.hint).toContainText('2 selected')
  await canvas.drag([100, 100], [100, 200])
  await canvas.saved()
  nearPoints(
    app.stored('a.png').map((annotation) => shapeOf(annotation, 'keypoint')),
    [
      [100, 200],
      [200, 200],
      [300, 100],
    ],
  )
})

test('undo and redo work across images and restarts', async ({ app, folder }) => {
  const { page, canvas } = app
  await page.keyboard.press('k')
  await canvas.click(100, 100)
  await canvas.click(200, 100)
  await page.keyboard.press('d')
  await expect(page.getByText('2 / 2')).toBeVisible()
  await canvas.ready()
  await canvas.click(100, 100)
  await page.keyboard.press('a')
  await expect(canvas.list).toHaveCount(2)
  await page.keyboard.press('ControlOrMeta+z')
  await expect(canvas.hint).toHaveText('Undone: Draw object')
  await expect(canvas.list).toHaveCount(1)
  await canvas.saved()

  await app.restart('kill', folder)
  await app.canvas.ready()
  await expect(app.canvas.list).toHaveCount(1)
  await app.page.keyboard.press('ControlOrMeta+z')
  await expect(app.canvas.list).toHaveCount(0)
  await app.page.keyboard.press('ControlOrMeta+z')
  await expect(app.canvas.hint).toHaveText('Nothing to undo')
  for (const count of [1, 2]) {
    await app.page.keyboard.press('ControlOrMeta+Shift+z')
    await expect(app.canvas.list).toHaveCount(count)
  }
  await app.page.getByRole('tab', { name: 'History' }).click()
  await app.page.getByRole('button', { name: 'Before the first edit' }).click()
  await app.page.getByRole('tab', { name: /Annotations/ }).click()
  await expect(app.page.getByText('No annotations on this image')).toBeVisible()
})

test('the history reaches back to before the first edit, however many edits there are', async ({
  app,
  folder,
}) => {
  await app.stop()
  // More than the core returns at a time.
  drawPoints(app.dataDir, 'a.png', 205)
  const page = await app.start(folder)
  await app.canvas.ready()
  await page.getByRole('tab', { name: 'History' }).click()
  const rows = page.getByRole('tabpanel', { name: 'History' }).getByRole('button')
  await expect(rows.first()).toHaveAttribute('aria-current', 'step')
  await page.getByRole('button', { name: 'Show earlier edits' }).click()
  await expect(page.getByRole('button', { name: 'Show earlier edits' })).toHaveCount(0)
  await expect(rows).toHaveCount(206)
  await page.getByRole('button', { name: 'Before the first edit' }).click()
  await page.getByRole('tab', { name: /Annotations/ }).click()
  await expect(page.getByText('No annotations on this image')).toBeVisible()
  await page.keyboard.press('ControlOrMeta+Shift+z')
  await expect(app.canvas.list).toHaveCount(1)
})

test('an unfinished shape comes back after a power cut', async ({ app, folder }) => {
  await app.page.keyboard.press('p')
  for (const [x, y] of [
    [100, 100],
    [200, 100],
    [200, 200],
  ] as const)
    await app.canvas.click(x, y)
  await expect(app.canvas.hint).toContainText('Enter: finish')
  // The draft is on disk when the engine has answered a later request.
  await app.page.keyboard.press('v')
  await expect(app.page.getByText('Unfinished drawing: Polygon')).toBeVisible()
  await expect.poll(() => app.draftsOf('a.png')).toContain('"points"')
  await app.restart('kill', folder)
  await app.canvas.ready()
  await app.page.getByRole('button', { name: 'Continue drawing' }).click()
  await app.canvas.click(100, 200)
  await app.page.keyboard.press('Enter')
  await expect(app.canvas.list).toHaveCount(1)
  await app.canvas.saved()
  nearPoints(shapeOf(app.stored('a.png')[0], 'polygon').rings[0], [
    [100, 100],
    [200, 100],
    [200, 200],
    [100, 200],
  ])
  await expect(app.page.getByText('Unfinished drawing')).toHaveCount(0)
})

test('zoom keeps the pointer’s place, Space pans, and the view is kept for each image', async ({
  app,
  folder,
}) => {
  const { page, canvas } = app
  const percent = page.locator('footer').getByText(/%$/)
  const fitted = await percent.textContent()
  const { x, y } = await canvas.at({ x: 100, y: 100 })
  await page.mouse.move(x, y)
  await page.mouse.wheel(0, -300)
  await expect(percent).not.toHaveText(fitted ?? '')
  // The pixel under the pointer stays under it.
  await page.mouse.move(x + 1, y)
  await page.mouse.move(x, y)
  await expect(page.locator('footer')).toContainText(/(99|100)\.\d, (99|100)\.\d/)
  await page.keyboard.down('Space')
  await page.mouse.down()
  await page.mouse.move(x + 50, y)
  await page.mouse.up()
  await page.keyboard.up('Space')
  await expect(page.locator('footer')).toContainText(/(99|100)\.\d, (99|100)\.\d/)
  const zoomed = await percent.textContent()
  await page.keyboard.press('d')
  await canvas.ready()
  await page.keyboard.press('a')
  await expect(percent).toHaveText(zoomed ?? '')
  await app.restart('quit', folder)
  await expect(app.page.locator('footer').getByText(/%$/)).toHaveText(zoomed ?? '')
  await app.canvas.ready()
  await app.page.keyboard.press('ControlOrMeta+0')
  await expect(app.page.locator('footer').getByText('100%')).toBeVisible()
})

test('a finished polyline leaves no draft, on return or after a restart', async ({
  app,
  folder,
}) => {
  const { page, canvas } = app
  await page.keyboard.press('l')
  await canvas.click(100, 100)
  await canvas.click(200, 150)
  await canvas.click(300, 100)
  await page.keyboard.press('Enter')
  await canvas.saved()
  await expect.poll(() => app.draftsOf('a.png')).toBe('')
  await page.keyboard.press('d')
  await expect(page.getByText('2 / 2')).toBeVisible()
  await page.keyboard.press('a')
  await expect(canvas.hint).toContainText('Click the first point')
  await app.restart('quit', folder)
  await app.canvas.ready()
  await expect(app.page.getByText('Unfinished drawing')).toHaveCount(0)
  expect(app.stored('a.png')).toHaveLength(1)
})

test('Space pans over the canvas, whatever has the focus', async ({ app }) => {
  const { page, canvas } = app
  await page.getByRole('button', { name: 'Box', exact: true }).click()
  const from = await canvas.at({ x: 100, y: 100 })
  await page.mouse.move(from.x, from.y)
  await page.keyboard.down('Space')
  await page.mouse.down()
  await page.mouse.move(from.x + 60, from.y + 40)
  await page.mouse.up()
  await page.keyboard.up('Space')
  await expect(page.getByText('No annotations on this image')).toBeVisible()
  await expect(page.locator('footer')).toContainText(/(99|100)\.\d, (99|100)\.\d/)
  await expect(page.getByRole('button', { name: 'Box', exact: true })).toHaveAttribute(
    'aria-pressed',
    'true',
  )
})

test('a fitted image stays fitted when the window is resized', async ({ app }) => {
  const { page, canvas } = app
  await page.setViewportSize({ width: 1000, height: 600 })
  const corner = await canvas.at({ x: 799, y: 499 })
  await page.mouse.move(corner.x, corner.y)
  await expect(page.locator('footer')).toContainText(/(79[89]|800)\.\d, (49[89]|500)\.\d/)
})
