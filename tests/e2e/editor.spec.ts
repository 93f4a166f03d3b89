import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from '@playwright/test'
import sharp from 'sharp'
import { PICTURE_SHAPES } from '#tests/helpers/picture-shapes.ts'
import { expectAccessible } from './accessible.ts'
import { expect, test } from './fixture.ts'

test.beforeEach(async ({ app, folder }) => {
  await Promise.all(
    Array.from({ length: 25 }, async (_, index) => {
      const [width, height] = PICTURE_SHAPES[index % PICTURE_SHAPES.length]
      const name = `picture-${String(index).padStart(2, '0')}.jpg`
      await sharp({ create: { width, height, channels: 3, background: '#808080' } }).toFile(
        join(folder, name),
      )
    }),
  )
  await app.start(folder)
  await app.canvas.ready()
})

const imageName = (page: Page) => page.getByRole('banner').getByText(/picture-\d\d\.jpg/)

async function drawBoxes(app: { canvas: { drag: DragLike }; page: Page }, count: number) {
  await app.page.keyboard.press('r')
  for (let index = 0; index < count; index++)
    await app.canvas.drag([50 + index * 120, 50], [130 + index * 120, 130])
  await app.page.keyboard.press('v')
}
type DragLike = (from: [number, number], to: [number, number]) => Promise<void>

test('rows of the gallery do not overlap, whatever the pictures’ shapes', async ({ app }) => {
  const { page } = app
  await page.keyboard.press('ControlOrMeta+g')
  const tiles = page.getByRole('listbox', { name: 'Images' }).getByRole('option')
  await expect(tiles.first()).toBeVisible()
  await expect
    .poll(() =>
      tiles
        .locator('img')
        .evaluateAll(
          (images) =>
            images.filter((image) => image instanceof HTMLImageElement && image.complete).length,
        ),
    )
    .toBeGreaterThan(10)
  const boxes = await tiles.evaluateAll((elements) =>
    elements.map((element) => {
      const { top, bottom, left } = element.getBoundingClientRect()
      const name = element.lastElementChild?.getBoundingClientRect()
      return { top, bottom, left, nameBottom: name?.bottom ?? 0 }
    }),
  )
  const tops = [...new Set(boxes.map(({ top }) => Math.round(top)))].sort((a, b) => a - b)
  expect(tops.length).toBeGreaterThan(2)
  for (const { top, bottom, nameBottom } of boxes) {
    const next = tops.find((other) => other > Math.round(top))
    if (next !== undefined) expect(bottom).toBeLessThanOrEqual(next + 1)
    expect(nameBottom).toBeLessThanOrEqual(bottom)
  }
  await app.screenshot('gallery-mixed')
})

test('Enter in the gallery opens the focused tile', async ({ app }) => {
  const { page } = app
  await page.keyboard.press('ControlOrMeta+g')
  const tiles = page.getByRole('listbox', { name: 'Images' }).getByRole('option')
  await tiles.nth(1).click()
  await tiles.nth(3).focus()
  await page.keyboard.press('Enter')
  await expect(imageName(page)).toHaveText('picture-03.jpg')
})

test('no key changes the image behind the gallery', async ({ app }) => {
  const { page, canvas } = app
  await drawBoxes(app, 1)
  await page.keyboard.press('ControlOrMeta+a')
  await canvas.saved()
  await page.keyboard.press('ControlOrMeta+g')
  await expect(page.getByRole('listbox', { name: 'Images' })).toBeVisible()
  for (const key of ['Delete', '1', 'd', 'ControlOrMeta+x', 'ControlOrMeta+z', 't'])
    await page.keyboard.press(key)
  await page.keyboard.press('ControlOrMeta+g')
  await expect(canvas.list).toHaveCount(1)
  await expect(imageName(page)).toHaveText('picture-00.jpg')
  expect(app.stored('picture-00.jpg')).toHaveLength(1)
})

test('Escape leaves the field of a new attribute, so the next key is not typed into it', async ({
  app,
}) => {
  const { page } = app
  await drawBoxes(app, 1)
  await page.keyboard.press('ControlOrMeta+a')
  const field = page.getByPlaceholder('New attribute')
  await field.click()
  await page.keyboard.press('Escape')
  await expect(page.locator('[data-canvas]')).toBeFocused()
  await page.keyboard.press('d')
  await expect(imageName(page)).toHaveText('picture-01.jpg')
})

test('an open class list stays with its annotation when one above is removed', async ({ app }) => {
  const { page, canvas } = app
  await drawBoxes(app, 3)
  await expect(canvas.list).toHaveCount(3)
  const second = page.getByLabel(/^Class of .*object$/).nth(1)
  await second.focus()
  const handle = await second.elementHandle()
  await canvas.list.nth(0).hover()
  await page
    .getByRole('button', { name: /^Delete .*object$/ })
    .nth(0)
    .click()
  await expect(canvas.list).toHaveCount(2)
  // The element that had the focus is the first row now.
  const isFirst = await page
    .getByLabel(/^Class of .*object$/)
    .nth(0)
    .evaluate((element, held) => element === held, handle)
  expect(isFirst).toBe(true)
})

test('Tab skips hidden shapes', async ({ app }) => {
  const { page, canvas } = app
  await drawBoxes(app, 3)
  await canvas.click(210, 90)
  await page.keyboard.press('h')
  await page.locator('[data-canvas]').focus()
  const pressed = page.getByRole('button', { name: /^Select .*object/, pressed: true })
  await page.keyboard.press('Tab')
  await page.keyboard.press('Tab')
  await expect(pressed).toHaveCount(1)
  await page.keyboard.press('Delete')
  await expect(canvas.list).toHaveCount(2)
  const lefts = () => app.stored('picture-00.jpg').map(({ shape }) => 'x' in shape && shape.x)
  // The third went, not the hidden one.
  await expect.poll(() => Math.max(...lefts().map(Number))).toBeLessThan(200)
})

test('“Find a class” of the palette leads to its field', async ({ app }) => {
  const { page } = app
  await page.keyboard.press('ControlOrMeta+k')
  await page.getByPlaceholder('Type a command').fill('Find a class')
  await page.keyboard.press('Enter')
  await expect(page.getByRole('textbox', { name: 'Find or add a class' })).toBeFocused()
})

test('two fingers zoom and move the picture, and draw nothing', async ({ app, browserName }) => {
  test.skip(browserName !== 'chromium', 'fingers are sent by the protocol of Chromium')
  const { page, canvas } = app
  await page.keyboard.press('r')
  const shown = page.locator('footer').getByText(/^\d+%$/)
  const before = await shown.textContent()
  const middle = await canvas.at({ x: 400, y: 250 })
  const session = await page.context().newCDPSession(page)
  const fingers = (type: 'touchStart' | 'touchMove' | 'touchEnd', ...places: number[]) =>
    session.send('Input.dispatchTouchEvent', {
      type,
      touchPoints: places.map((dx, id) => ({ x: middle.x + dx, y: middle.y, id })),
    })
  await fingers('touchStart', -50)
  await fingers('touchStart', -50, 50)
  for (const far of [60, 80, 100]) await fingers('touchMove', -far, far)
  await fingers('touchEnd')
  await expect(shown).not.toHaveText(before ?? '')
  await expect(canvas.list).toHaveCount(0)
  // Afterwards one finger draws.
  await fingers('touchStart', -50)
  await fingers('touchMove', 20)
  await fingers('touchMove', 50)
  await fingers('touchEnd')
  await expect(canvas.hint).toHaveText('A box needs a width and a height')
})

test('an error in one region leaves the others, is reported, and can be retried', async ({
  app,
}) => {
  const { page } = app
  await page.evaluate(() => {
    const Real = window.ResizeObserver
    Object.assign(window, {
      isBroken: true,
      ResizeObserver: class extends Real {
        override observe(element: Element, options?: ResizeObserverOptions) {
          const isGallery = element.getAttribute('role') === 'listbox'
          if (isGallery && 'isBroken' in window && window.isBroken)
            throw new Error('No sizes today')
          super.observe(element, options)
        }
      },
    })
  })
  await page.keyboard.press('ControlOrMeta+g')
  const alert = page.getByRole('alert').filter({ hasText: 'The gallery can’t be shown' })
  await expect(alert).toContainText('No sizes today')
  await expect(page.getByRole('button', { name: 'Settings' })).toBeVisible()
  await app.screenshot('fault')
  await page.evaluate(() => Object.assign(window, { isBroken: false }))
  await alert.getByRole('button', { name: 'Try again' }).click()
  await expect(page.getByRole('listbox', { name: 'Images' })).toBeVisible()
})

test('an uncaught rejection is reported, and it and an exception are in the log', async ({
  app,
}) => {
  await app.page.evaluate(() => void Promise.reject(new Error('It crashed')))
  await expect(app.page.getByRole('alert')).toContainText('Something went wrong: It crashed')
  await app.page.evaluate(
    () =>
      void setTimeout(() => {
        throw new Error('It crashed again')
      }),
  )
  const log = () => readFileSync(join(app.dataDir, 'logs', 'pictograph.log'), 'utf8')
  await expect.poll(log).toMatch(/a fault of a page.*It crashed".*unhandled rejection/)
  await expect.poll(log).toMatch(/a fault of a page.*It crashed again.*uncaught/)
})

test('everything is redrawn sharply on a screen with another pixel ratio', async ({
  app,
  browserName,
}) => {
  test.skip(browserName !== 'chromium', 'the ratio is changed by the protocol of Chromium')
  const { page } = app
  const ratios = () =>
    page
      .locator('[data-canvas] canvas')
      .evaluateAll((layers) =>
        layers.map((layer) =>
          layer instanceof HTMLCanvasElement ? layer.width / layer.clientWidth : 0,
        ),
      )
  await expect.poll(ratios).toEqual([1, 1, 1])
  const session = await page.context().newCDPSession(page)
  const { width, height } = page.viewportSize() ?? { width: 1280, height: 720 }
  for (const [step, deviceScaleFactor] of [2, 3, 1].entries()) {
    await session.send('Emulation.setDeviceMetricsOverride', {
      // The page is told of another ratio with the next change of its size.
      width: width - step - 1,
      height,
      deviceScaleFactor,
      mobile: false,
    })
    await expect.poll(ratios).toEqual(Array(3).fill(deviceScaleFactor))
  }
})

test('a long press on a shape opens its menu and moves nothing', async ({ app, browserName }) => {
  test.skip(browserName !== 'chromium', 'fingers are sent by the protocol of Chromium')
  const { page, canvas } = app
  await drawBoxes(app, 2)
  await canvas.saved()
  const before = app.stored('picture-00.jpg')
  const place = await canvas.at({ x: 90, y: 90 })
  const session = await page.context().newCDPSession(page)
  const touchPoints = [{ ...place, id: 1 }]
  await session.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints })
  const menu = page.getByRole('menu', { name: 'Selected shapes' })
  await expect(menu).toBeVisible()
  await session.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] })
  await expect(menu).toBeVisible()
  await expect(canvas.list.first().getByRole('button', { name: /^Select/ })).toHaveAttribute(
    'aria-pressed',
    'true',
  )
  await menu.getByRole('menuitem', { name: 'Delete selected shapes' }).click()
  await expect(canvas.list).toHaveCount(1)
  await canvas.saved()
  expect(app.stored('picture-00.jpg')).toEqual(before.slice(1))
})

test('a box is drawn by keyboard and read out; one key leaves the canvas, however many shapes there are', async ({
  app,
}) => {
  const { page, canvas } = app
  await drawBoxes(app, 4)
  await page.locator('[data-canvas]').focus()
  await page.keyboard.press('r')
  for (const key of ['Shift+ArrowUp', 'Enter', 'Shift+ArrowRight', 'ArrowRight', 'Shift+ArrowDown'])
    await page.keyboard.press(key)
  await expect(page.locator('[data-announcer]')).toHaveText(/^\d+, \d+$/)
  await app.screenshot('keyboard')
  await page.keyboard.press('Enter')
  await expect(page.locator('[data-announcer]')).toHaveText('Bounding box object drawn')
  await expect(canvas.list).toHaveCount(5)
  await canvas.saved()
  expect(app.stored('picture-00.jpg')[4].shape).toMatchObject({ kind: 'bbox', w: 11, h: 10 })
  const inCanvas = () =>
    page.evaluate(() => document.activeElement?.closest('[data-canvas]') !== null)
  expect(await inCanvas()).toBe(true)
  await page.keyboard.press('F6')
  expect(await inCanvas()).toBe(false)
  // Around the window and back; out of a text field, too.
  await page.getByLabel('Find or add a class').focus()
  await page.keyboard.press('Shift+F6')
  expect(await inCanvas()).toBe(true)
  await expectAccessible(page)
})

test('drawing ends at the border, or beyond it if that is allowed', async ({ app }) => {
  const { page, canvas } = app
  await page.keyboard.press('r')
  await canvas.drag([700, 400], [820, 515])
  await expect(canvas.list).toHaveCount(1)
  await canvas.saved()
  const [{ shape }] = app.stored('picture-00.jpg')
  expect(shape).toMatchObject({ kind: 'bbox' })
  if (shape.kind !== 'bbox') throw new Error('No box')
  expect(shape.x + shape.w).toBe(800)
  expect(shape.y + shape.h).toBe(500)
  // From the middle a box would reach as far on the other side.
  await canvas.drag([30, 30], [200, 200], { modifiers: ['Alt'] })
  await expect(canvas.list).toHaveCount(2)
  await canvas.saved()
  expect(app.stored('picture-00.jpg')[1].shape).toMatchObject({ x: 0, y: 0 })
  await page.getByRole('button', { name: 'View: image and shapes' }).click()
  await page.getByLabel('Draw inside the image').uncheck()
  await page.keyboard.press('Escape')
  await canvas.drag([700, 400], [820, 515])
  await expect(canvas.list).toHaveCount(3)
  await canvas.saved()
  const last = app.stored('picture-00.jpg')[2].shape
  expect(last.kind === 'bbox' && last.x + last.w).toBeGreaterThan(815)
})

test('a notice tells about hidden shapes and shows them again; new shapes are visible', async ({
  app,
}) => {
  const { page, canvas } = app
  await drawBoxes(app, 1)
  await page.keyboard.press('t')
  const badge = page.getByRole('button', { name: 'All shapes are hidden. Show them' })
  await app.screenshot('hidden')
  await badge.click()
  await expect(badge).toHaveCount(0)
  await page.locator('[data-canvas]').focus()
  await page.keyboard.press('t')
  await expect(badge).toBeVisible()
  await page.keyboard.press('r')
  await canvas.drag([50, 300], [130, 400])
  await expect(canvas.list).toHaveCount(2)
  await expect(badge).toHaveCount(0)
})

test('redo restores a point that was undone while drawing', async ({ app }) => {
  const { page, canvas } = app
  await page.keyboard.press('p')
  for (const [x, y] of [
    [100, 100],
    [200, 100],
    [200, 200],
    [100, 200],
  ] as const)
    await canvas.click(x, y)
  await page.keyboard.press('ControlOrMeta+z')
  await page.keyboard.press('ControlOrMeta+z')
  await page.keyboard.press('ControlOrMeta+Shift+z')
  await page.keyboard.press('Enter')
  await expect(canvas.list).toHaveCount(1)
  await canvas.saved()
  const [{ shape }] = app.stored('picture-00.jpg')
  expect(shape.kind === 'polygon' && shape.rings[0].length).toBe(3)
  // Once the shape is finished, redo is about it alone.
  await page.keyboard.press('ControlOrMeta+z')
  await expect(canvas.list).toHaveCount(0)
  await page.keyboard.press('ControlOrMeta+Shift+z')
  await expect(canvas.list).toHaveCount(1)
})

test('undo on an image without edits names the last edit elsewhere, and goes there on the next press', async ({
  app,
}) => {
  const { page, canvas } = app
  await drawBoxes(app, 1)
  await canvas.saved()
  await page.keyboard.press('d')
  await expect(imageName(page)).toHaveText('picture-01.jpg')
  await page.keyboard.press('ControlOrMeta+z')
  await expect(canvas.hint).toContainText('the last edit was on picture-00.jpg')
  await expect(imageName(page)).toHaveText('picture-01.jpg')
  await page.keyboard.press('ControlOrMeta+z')
  await expect(imageName(page)).toHaveText('picture-00.jpg')
  await expect(canvas.list).toHaveCount(0)
  await expect.poll(() => app.stored('picture-00.jpg')).toEqual([])
})

test('slice cuts the shapes that its line crosses, although something else is selected', async ({
  app,
}) => {
  const { page, canvas } = app
  await drawBoxes(app, 2)
  await canvas.click(90, 90)
  await page.keyboard.press('x')
  await canvas.click(160, 90)
  await canvas.click(260, 90)
  await expect(canvas.list).toHaveCount(3)
})

test('a locked shape is reported as locked, and unavailable actions are not offered', async ({
  app,
}) => {
  const { page, canvas } = app
  await drawBoxes(app, 1)
  await canvas.click(90, 90)
  await page.keyboard.press('ControlOrMeta+l')
  await expect(canvas.hint).toHaveText(/^Locked · /)
  await page.keyboard.press('ControlOrMeta+k')
  for (const name of ['Simplify', 'Smooth', 'Ungroup'])
    await expect(page.getByRole('option', { name })).toHaveAttribute('aria-disabled', 'true')
})
