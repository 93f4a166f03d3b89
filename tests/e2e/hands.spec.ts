import { existsSync } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
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

test.describe('the list of annotations', () => {
  test('a click anywhere on a row selects, Shift takes all between, Ctrl one more', async ({
    app,
  }) => {
    const { page, canvas } = app
    await page.keyboard.press('r')
    for (const x of [50, 200, 350, 500]) await canvas.drag([x, 100], [x + 100, 200])
    await page.keyboard.press('v')
    await expect(canvas.list).toHaveCount(4)
    const selected = page.getByRole('button', { name: /^Select Bounding box/, pressed: true })
    // On the name, where a list of classes used to open.
    await canvas.list.nth(0).locator('span[title]').click()
    await expect(selected).toHaveCount(1)
    await canvas.list.nth(2).click({ modifiers: ['Shift'], position: { x: 60, y: 16 } })
    await expect(selected).toHaveCount(3)
    await canvas.list.nth(1).click({ modifiers: ['ControlOrMeta'], position: { x: 60, y: 16 } })
    await expect(selected).toHaveCount(2)
    await canvas.list.nth(3).click({ button: 'right', position: { x: 60, y: 16 } })
    const menu = page.getByRole('menu', { name: 'Selected shapes' })
    await expect(menu.getByRole('menuitem')).toHaveCount(12)
    await expect(selected).toHaveCount(1)
    await menu.getByRole('menuitem', { name: 'Delete selected shapes' }).click()
    await expect(canvas.list).toHaveCount(3)
  })

  test('a group is one row, which opens and is selected as a whole', async ({ app }) => {
    const { page, canvas } = app
    await page.keyboard.press('r')
    for (const x of [50, 200, 350]) await canvas.drag([x, 100], [x + 100, 200])
    await page.keyboard.press('v')
    await canvas.list.nth(0).locator('span[title]').click()
    await canvas.list.nth(1).click({ modifiers: ['Shift'], position: { x: 60, y: 16 } })
    await page.keyboard.press('g')
    await expect(canvas.list).toHaveCount(2)
    const group = page.getByRole('button', { name: 'Select group 1, 2 shapes' })
    await expect(group).toHaveAttribute('aria-pressed', 'true')
    await page.getByRole('button', { name: 'Open group 1' }).click()
    await expect(canvas.list).toHaveCount(4)
    await app.screenshot('list-with-group')
    await canvas.list.nth(3).locator('span[title]').click()
    await group.click()
    await page.keyboard.press('Delete')
    await expect(canvas.list).toHaveCount(1)
  })
})

test.describe('the window', () => {
  test('one key gives it to the image, and the parts around it are resized and kept', async ({
    app,
    folder,
  }) => {
    const { page } = app
    const area = async () => {
      const box = await page.locator('[data-canvas]').boundingBox()
      return ((box?.width ?? 0) * (box?.height ?? 0)) / (1280 * 720)
    }
    await page.keyboard.press('w')
    await expect.poll(area).toBeGreaterThan(0.7)
    await expect(page.locator('[data-file-name]')).toBeVisible()
    await app.screenshot('image-only')
    await page.keyboard.press('w')
    await expect.poll(area).toBeLessThan(0.7)
    const panel = page.getByRole('complementary', { name: 'Classes and annotations' })
    const edge = await page
      .getByRole('separator', { name: 'Width of the side panel' })
      .boundingBox()
    if (!edge) throw new Error('The panel has no border')
    await page.mouse.move(edge.x, 300)
    await page.mouse.down()
    await page.mouse.move(edge.x - 40, 300)
    await page.mouse.move(edge.x - 100, 300)
    await page.mouse.up()
    await expect.poll(async () => (await panel.boundingBox())?.width).toBe(388)
    await page.keyboard.press('F8')
    await expect(page.getByRole('navigation', { name: 'Images' })).toHaveCount(0)
    // In another window, too.
    await app.restart('quit', folder)
    await app.canvas.ready()
    const kept = app.page.getByRole('complementary', { name: 'Classes and annotations' })
    await expect.poll(async () => (await kept.boundingBox())?.width).toBe(388)
    await expect(app.page.getByRole('navigation', { name: 'Images' })).toHaveCount(0)
  })

  test('the name of the file is seen in narrow windows, and every tool in low ones', async ({
    app,
  }) => {
    const { page } = app
    const name = page.locator('[data-file-name]')
    for (const [width, height] of [
      [960, 640],
      [640, 360],
      [1024, 640],
    ] as const) {
      await page.setViewportSize({ width, height })
      await expect(name).toBeVisible()
      await expect
        .poll(() => name.evaluate((element) => element.scrollWidth <= element.clientWidth))
        .toBe(true)
      await app.screenshot(`window-${width}x${height}`)
    }
    await page.setViewportSize({ width: 640, height: 640 })
    const tools = page.getByRole('navigation', { name: 'Tools' }).getByRole('button')
    await expect(tools.last()).toBeInViewport({ ratio: 1 })
    await page.setViewportSize({ width: 2560, height: 1440 })
    await app.screenshot('window-2560x1440')
  })
})

test.describe('many classes', () => {
  test('what Enter picks is marked, arrows move it, and digits are given to classes', async ({
    app,
  }) => {
    const { page, canvas } = app
    const panel = page.getByRole('region', { name: 'Classes' })
    for (const name of ['car', 'cart', 'carriage', 'dog']) {
      await page.keyboard.press('c')
      await page.keyboard.type(name)
      await panel.getByRole('button', { name: 'Add class' }).click()
      await expect(canvas.classRow(name)).toBeVisible()
    }
    await page.keyboard.press('c')
    await page.keyboard.type('ca')
    await expect(canvas.classRow('car').getByText('↵')).toBeVisible()
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('ArrowDown')
    await expect(canvas.classRow('carriage').getByText('↵')).toBeVisible()
    await app.screenshot('class-search')
    await page.keyboard.press('Enter')
    const chosen = panel.getByRole('button', { pressed: true })
    await expect(chosen).toContainText('carriage')
    await canvas.classRow('dog').hover()
    await page.getByRole('button', { name: 'More for dog' }).click()
    await page.getByRole('menuitem', { name: 'Key' }).press('ArrowRight')
    await page.getByRole('menuitem', { name: '7', exact: true }).press('Enter')
    await expect(canvas.classRow('dog').getByText('7', { exact: true })).toBeVisible()
    await page.keyboard.press('Escape')
    await page.locator('[data-canvas]').focus()
    await page.keyboard.press('7')
    await expect(chosen).toContainText('dog')
  })

  test('a class is dragged to another place and merged into another, with undo', async ({
    app,
  }) => {
    const { page, canvas } = app
    const panel = page.getByRole('region', { name: 'Classes' })
    for (const name of ['car', 'van', 'dog']) {
      await page.keyboard.press('c')
      await page.keyboard.type(name)
      await page.keyboard.press('Enter')
      await expect(canvas.classRow(name)).toBeVisible()
    }
    await canvas.classRow('dog').dragTo(canvas.classRow('car'))
    const names = panel.getByRole('listitem').locator('span[title]')
    await expect(names).toHaveText(['dog', 'car', 'van'])
    await page.locator('[data-canvas]').focus()
    await page.keyboard.press('3')
    await page.keyboard.press('r')
    await canvas.drag([100, 100], [200, 200])
    await canvas.saved()
    expect(app.stored('a.png').map(({ className }) => className)).toEqual(['van'])
    await canvas.classRow('van').hover()
    await page.getByRole('button', { name: 'More for van' }).click()
    await page.getByRole('menuitem', { name: 'Merge into…' }).click()
    await page.getByLabel('Class to keep').selectOption('car')
    await page.getByRole('button', { name: 'Merge classes' }).click()
    await expect(names).toHaveText(['dog', 'car'])
    await expect.poll(() => app.stored('a.png').map(({ className }) => className)).toEqual(['car'])
    await page.locator('[data-canvas]').focus()
    await page.keyboard.press('ControlOrMeta+z')
    await expect(names).toHaveText(['dog', 'car', 'van'])
    await expect.poll(() => app.stored('a.png').map(({ className }) => className)).toEqual(['van'])
  })
})

test.describe('finding images', () => {
  test('by number and by name, to the ends, and classes and settings in the same place', async ({
    app,
    folder,
  }) => {
    const { page, canvas } = app
    for (let index = 10; index < 25; index++)
      await writeImage(join(folder, `street-${index}.png`), 80, 50)
    await expect(page.getByText('1 / 17')).toBeVisible()
    const search = page.getByPlaceholder('Type a command')
    const name = page.locator('[data-file-name]')
    await page.getByRole('button', { name: '1 / 17' }).click()
    await search.fill('5')
    await page.keyboard.press('Enter')
    await expect(name).toHaveText('street-12.png')
    await canvas.ready()
    await page.keyboard.press('End')
    await expect(name).toHaveText('street-24.png')
    await page.keyboard.press('PageUp')
    await expect(name).toHaveText('street-14.png')
    await page.keyboard.press('Home')
    await expect(name).toHaveText('a.png')
    await page.keyboard.press('ControlOrMeta+p')
    await search.fill('street 21')
    await page.keyboard.press('Enter')
    await expect(name).toHaveText('street-21.png')
    await page.keyboard.press('c')
    await page.keyboard.type('zebra')
    await page.keyboard.press('Enter')
    await expect(canvas.classRow('zebra')).toBeVisible()
    await page.keyboard.press('ControlOrMeta+k')
    await search.fill('zebra')
    await expect(page.getByRole('option', { name: /zebra/ })).toBeVisible()
    await search.fill('proxy')
    await page.keyboard.press('Enter')
    await expect(page.getByRole('dialog', { name: 'Settings' })).toContainText('Proxy')
  })

  test('the grid is filtered by class and folder, sorted, and gone through by arrow keys', async ({
    app,
    folder,
  }) => {
    const { page, canvas } = app
    await mkdir(join(folder, 'yard'))
    await writeImage(join(folder, 'yard/c.png'), 80, 50)
    await page.keyboard.press('r')
    await canvas.drag([100, 100], [200, 200])
    await canvas.saved()
    await expect(page.getByText('1 / 3')).toBeVisible()
    await page.keyboard.press('ControlOrMeta+g')
    const tiles = page.getByRole('listbox', { name: 'Images' }).getByRole('option')
    await expect(tiles).toHaveCount(3)
    await page.getByLabel('Filter by class').selectOption('object')
    await expect(tiles).toHaveCount(1)
    await page.getByLabel('Filter by class').selectOption('')
    await page.getByLabel('Folder of images').selectOption('yard')
    await expect(tiles).toHaveCount(1)
    await expect(tiles.first()).toContainText('c.png')
    await page.getByLabel('Folder of images').selectOption('')
    await page.getByLabel('Sort images by').selectOption('fewest')
    await expect(tiles.last()).toContainText('a.png')
    await expect(tiles.last()).toHaveAttribute('aria-posinset', '3')
    await expect(tiles.last()).toHaveAttribute('aria-setsize', '3')
    await app.screenshot('gallery-sorted')
    await tiles.first().focus()
    await page.keyboard.press('ArrowRight')
    await expect(tiles.nth(1)).toBeFocused()
    await page.keyboard.press('End')
    await expect(tiles.last()).toBeFocused()
    await page.keyboard.press('Space')
    await expect(tiles.last()).toHaveAttribute('aria-selected', 'true')
    await page.keyboard.press('Enter')
    await expect(page.locator('[data-file-name]')).toHaveText('a.png')
  })
})

test('removing from the list hides; deleting the labels is another act', async ({
  app,
  folder,
}) => {
  const { page, canvas } = app
  await page.keyboard.press('r')
  await canvas.drag([100, 100], [200, 200])
  await canvas.saved()
  const name = await page.getByRole('heading', { level: 1 }).textContent()
  await page.getByRole('button', { name: 'Back to the start screen' }).click()
  const row = page.getByRole('region', { name: 'Recent datasets' }).getByRole('listitem')
  await expect(row).toHaveCount(1)
  const more = page.getByRole('button', { name: `More for ${name}` })
  await more.click()
  await page.getByRole('menuitem', { name: 'Remove from the list' }).click()
  await expect(row).toHaveCount(0)
  await page.getByRole('button', { name: 'Show 1 dataset removed from the list' }).click()
  await row.getByRole('button').first().click()
  await expect(canvas.list).toHaveCount(1)
  await page.getByRole('button', { name: 'Back to the start screen' }).click()
  // Opened again it is in the list again.
  await expect(row).toHaveCount(1)
  await more.click()
  await page.getByRole('menuitem', { name: 'Delete all its labels…' }).click()
  await page.getByRole('button', { name: 'Delete labels' }).click()
  await expect(row).toHaveCount(0)
  await app.restart('quit', folder)
  await app.canvas.ready()
  await expect(app.canvas.list).toHaveCount(0)
})

test('the second export is one click, and its options are one click away', async ({
  app,
  folder,
}) => {
  const { page, canvas } = app
  await page.keyboard.press('r')
  await canvas.drag([100, 100], [200, 200])
  await canvas.saved()
  const bar = page.getByRole('banner')
  await bar.getByRole('button', { name: 'Export' }).click()
  const dialog = page.getByRole('dialog', { name: 'Export' })
  await dialog.getByLabel('Format').selectOption('pascal_voc')
  await dialog.getByLabel('Target folder').fill(join(folder, 'out'))
  await dialog.getByRole('button', { name: 'Export', exact: true }).click()
  await expect(dialog).toContainText('Written to')
  await page.keyboard.press('Escape')
  const written = join(folder, 'out')
  await rm(written, { recursive: true })
  await bar.getByRole('button', { name: 'Export', exact: true }).click()
  await expect(dialog).toContainText('Written to')
  expect(existsSync(written)).toBe(true)
  await page.keyboard.press('Escape')
  await bar.getByRole('button', { name: 'Export options…' }).click()
  await expect(dialog.getByLabel('Format')).toHaveValue('pascal_voc')
  await expect(dialog.getByLabel('Target folder')).toHaveValue(written)
})

test('the instructions of a class lie beside the image, one key away while drawing', async ({
  app,
}) => {
  const { page, canvas } = app
  await page.keyboard.press('c')
  await page.keyboard.type('car')
  await page.keyboard.press('Enter')
  await expect(canvas.classRow('car')).toBeVisible()
  await page.keyboard.press('Shift+I')
  await page.getByLabel('Instructions for').selectOption('Class car')
  await page.getByLabel('Instructions', { exact: true }).fill('With mirrors, without antennas.')
  await page.getByRole('button', { name: 'Use the open image' }).click()
  await page.getByRole('button', { name: 'Save instructions' }).click()
  await expect(page.getByRole('dialog')).toHaveCount(0)
  await page.keyboard.press('r')
  await page.keyboard.press('i')
  const card = page.getByRole('complementary', { name: 'Instructions' })
  await expect(card).toContainText('With mirrors, without antennas.')
  await expect(card.getByAltText('Example: a.png')).toBeVisible()
  await app.screenshot('instructions-card')
  await canvas.drag([500, 300], [600, 400])
  await expect(canvas.list).toHaveCount(1)
  await page.keyboard.press('i')
  await expect(card).toHaveCount(0)
})
