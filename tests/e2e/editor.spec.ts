import { join } from 'node:path'
import type { Page } from '@playwright/test'
import sharp from 'sharp'
import { expect, test } from './fixture.ts'

/** Pictures of the shapes that cameras, phones, scanners and panoramas make. */
const SHAPES: readonly (readonly [number, number])[] = [
  [800, 500],
  [300, 900],
  [1600, 240],
  [640, 640],
  [120, 1200],
]

test.beforeEach(async ({ app, folder }) => {
  await Promise.all(
    Array.from({ length: 25 }, async (_, index) => {
      const [width, height] = SHAPES[index % SHAPES.length]
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

test('rows of the gallery do not overlap, whatever shape the pictures have', async ({ app }) => {
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

test('Enter in the gallery opens the tile that has the focus', async ({ app }) => {
  const { page } = app
  await page.keyboard.press('ControlOrMeta+g')
  const tiles = page.getByRole('listbox', { name: 'Images' }).getByRole('option')
  await tiles.nth(1).click()
  await tiles.nth(3).focus()
  await page.keyboard.press('Enter')
  await expect(imageName(page)).toHaveText('picture-03.jpg')
})

test('no key changes the image that the gallery hides', async ({ app }) => {
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

test('Escape leaves the field of a new attribute: the next key is none of its text', async ({
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

test('a list of classes that is open stays with its annotation when one above goes', async ({
  app,
}) => {
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

test('Tab passes over hidden shapes', async ({ app }) => {
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
  await page.getByPlaceholder('Type a command…').fill('Find a class')
  await page.keyboard.press('Enter')
  await expect(page.getByRole('textbox', { name: 'Find or add a class' })).toBeFocused()
})

test('two fingers zoom and move the picture, and draw nothing', async ({ app, browserName }) => {
  test.skip(browserName !== 'chromium', 'fingers are sent by the protocol of Chromium')
  const { page, canvas } = app
  await page.keyboard.press('r')
  const shown = page.locator('footer').getByText(/^\d+ %$/)
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

test('a fault in one region leaves the others, is told, and can be tried again', async ({
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
  const alert = page.getByRole('alert').filter({ hasText: 'The grid of images cannot be shown' })
  await expect(alert).toContainText('No sizes today')
  await expect(page.getByRole('button', { name: 'Settings' })).toBeVisible()
  await app.screenshot('fault')
  await page.evaluate(() => Object.assign(window, { isBroken: false }))
  await alert.getByRole('button', { name: 'Try again' }).click()
  await expect(page.getByRole('listbox', { name: 'Images' })).toBeVisible()
})

test('a rejection that nobody caught is told', async ({ app }) => {
  await app.page.evaluate(() => void Promise.reject(new Error('It broke')))
  await expect(app.page.getByRole('alert')).toContainText('Something went wrong: It broke')
})

test('drawing past the border ends at it, and beyond it where that is chosen', async ({ app }) => {
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
  await page.getByRole('button', { name: 'View: picture and shapes' }).click()
  await page.getByLabel('Draw inside the image').uncheck()
  await page.keyboard.press('Escape')
  await canvas.drag([700, 400], [820, 515])
  await expect(canvas.list).toHaveCount(3)
  await canvas.saved()
  const last = app.stored('picture-00.jpg')[2].shape
  expect(last.kind === 'bbox' && last.x + last.w).toBeGreaterThan(815)
})

test('hidden shapes leave a sign that ends it, and what is drawn is seen', async ({ app }) => {
  const { page, canvas } = app
  await drawBoxes(app, 1)
  await page.keyboard.press('t')
  const badge = page.getByRole('button', { name: 'All shapes are hidden: show them' })
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

test('redo brings back a point that was taken back while drawing', async ({ app }) => {
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

test('undo on an image without steps names the last edit, and goes there on the next press', async ({
  app,
}) => {
  const { page, canvas } = app
  await drawBoxes(app, 1)
  await canvas.saved()
  await page.keyboard.press('d')
  await expect(imageName(page)).toHaveText('picture-01.jpg')
  await page.keyboard.press('ControlOrMeta+z')
  await expect(canvas.hint).toContainText('the last edit was made on picture-00.jpg')
  await expect(imageName(page)).toHaveText('picture-01.jpg')
  await page.keyboard.press('ControlOrMeta+z')
  await expect(imageName(page)).toHaveText('picture-00.jpg')
  await expect(canvas.list).toHaveCount(0)
  await expect.poll(() => app.stored('picture-00.jpg')).toEqual([])
})

test('slice cuts what its line crosses, though something else is selected', async ({ app }) => {
  const { page, canvas } = app
  await drawBoxes(app, 2)
  await canvas.click(90, 90)
  await page.keyboard.press('x')
  await canvas.click(160, 90)
  await canvas.click(260, 90)
  await expect(canvas.list).toHaveCount(3)
})

test('a locked shape is said to be locked, and nothing is offered that is refused', async ({
  app,
}) => {
  const { page, canvas } = app
  await drawBoxes(app, 1)
  await canvas.click(90, 90)
  await page.keyboard.press('ControlOrMeta+l')
  await expect(canvas.hint).toHaveText(/^Locked: nothing changes it/)
  await page.keyboard.press('ControlOrMeta+k')
  for (const name of ['Simplify', 'Smooth', 'Ungroup'])
    await expect(page.getByRole('option', { name })).toHaveAttribute('aria-disabled', 'true')
})
