import { join } from 'node:path'
import { writeImage } from '#tests/helpers/core.ts'
import { expect, test } from './fixture.ts'

const classNames = (app: { stored: (path: string) => { className: string }[] }) =>
  app.stored('a.png').map(({ className }) => className)

test.beforeEach(async ({ app, folder }) => {
  await writeImage(join(folder, 'a.png'), 400, 300)
  await writeImage(join(folder, 'b.png'), 420, 600)
  const page = await app.start(folder)
  await app.canvas.ready()
  for (const name of ['car', 'person']) {
    await page.keyboard.press('c')
    await page.keyboard.type(name)
    await page.keyboard.press('Enter')
    await expect(page.getByRole('button', { name: new RegExp(`^${name}`) })).toBeVisible()
    await page.keyboard.press('Escape')
  }
})

test('digits choose the class of new shapes, which stays; with a selection they relabel', async ({
  app,
}) => {
  const { page, canvas } = app
  await page.keyboard.press('k')
  await page.keyboard.press('1')
  await expect(canvas.hint).toContainText('car')
  await canvas.click(50, 50)
  await page.keyboard.press('2')
  await canvas.click(100, 50)
  await canvas.click(150, 50)
  await canvas.saved()
  expect(classNames(app)).toEqual(['car', 'person', 'person'])
  await page.keyboard.press('v')
  await canvas.click(100, 50)
  await page.keyboard.press('1')
  await canvas.saved()
  expect(classNames(app)).toEqual(['car', 'car', 'person'])
})

test('classes are renamed, recoloured and deleted with their annotations, and undo restores everything', async ({
  app,
}) => {
  const { page, canvas } = app
  await page.keyboard.press('k')
  await page.keyboard.press('1')
  await canvas.click(50, 50)
  const panel = page.getByRole('region', { name: 'Classes' })
  await panel.getByRole('button', { name: /^car/ }).dblclick()
  await page.getByLabel('New name of car').fill('truck')
  await page.keyboard.press('Enter')
  await expect(panel.getByRole('button', { name: /^truck/ })).toBeVisible()
  await canvas.saved()
  expect(classNames(app)).toEqual(['truck'])

  await panel.getByRole('button', { name: /^person/ }).dblclick()
  await page.getByLabel('New name of person').fill('truck')
  await page.keyboard.press('Enter')
  await expect(page.getByRole('alert')).toContainText('There is already a class called "truck"')
  await page.getByRole('button', { name: 'Dismiss' }).click()

  const swatch = page.getByRole('button', { name: 'Color of truck' })
  await swatch.click()
  await page.getByRole('textbox', { name: 'Hex color' }).fill('#123456')
  await page.keyboard.press('Enter')
  await expect(swatch).toHaveCSS('background-color', 'rgb(18, 52, 86)')

  await panel.getByRole('button', { name: /^truck/ }).hover()
  await panel.getByRole('button', { name: 'Delete truck' }).click()
  await expect(page.getByText('1 annotation of this class')).toBeVisible()
  await page.getByRole('button', { name: 'Delete class' }).click()
  await expect(canvas.list).toHaveCount(0)
  for (const undone of [
    'Delete class truck',
    'Recolour class truck',
    'Rename class car to truck',
    'Draw car',
  ]) {
    await page.keyboard.press('ControlOrMeta+z')
    await expect(canvas.hint).toHaveText(`Undone: ${undone}`)
  }
  await expect(panel.getByRole('button', { name: /^car/ })).toBeVisible()
})

test('the list beside the canvas selects, relabels, hides, locks and deletes', async ({ app }) => {
  const { page, canvas } = app
  await page.keyboard.press('r')
  await page.keyboard.press('1')
  await canvas.drag([50, 50], [100, 100])
  await canvas.drag([200, 50], [250, 100])
  await page.keyboard.press('v')
  const [first, second] = [canvas.list.nth(0), canvas.list.nth(1)]
  await first.getByRole('button', { name: /^Select/ }).click()
  await expect(canvas.hint).toContainText('Handles: reshape')
  await first.getByLabel(/^Class of/).focus()
  await first.getByLabel(/^Class of/).selectOption('person')
  await canvas.saved()
  expect(classNames(app)).toEqual(['person', 'car'])

  await second.hover()
  await second.getByRole('button', { name: /^Lock/ }).click()
  await canvas.drag([225, 75], [300, 200])
  await page.keyboard.press('Delete')
  await expect(canvas.hint).toHaveText('Locked shapes are not changed')
  await expect(canvas.list).toHaveCount(2)

  await first.hover()
  await first.getByRole('button', { name: /^Hide/ }).click()
  await page.keyboard.press('Escape')
  await canvas.click(75, 75)
  await expect(canvas.hint).toContainText('Click: select')
  await first.hover()
  await first.getByRole('button', { name: /^Delete/ }).click()
  await expect(canvas.list).toHaveCount(1)
})

test('by keyboard: Tab goes through the shapes and beyond, Ctrl+Shift+D to the next image without labels', async ({
  app,
}) => {
  const { page, canvas } = app
  await page.keyboard.press('k')
  await canvas.click(50, 50)
  await canvas.click(90, 50)
  await page.keyboard.press('v')
  await page.keyboard.press('Tab')
  await expect(canvas.list.nth(0).getByRole('button', { name: /^Select/ })).toHaveAttribute(
    'aria-pressed',
    'true',
  )
  await page.keyboard.press('Tab')
  await expect(canvas.list.nth(1).getByRole('button', { name: /^Select/ })).toHaveAttribute(
    'aria-pressed',
    'true',
  )
  await page.keyboard.press('Tab')
  await expect(page.locator('[data-canvas]')).not.toBeFocused()
  await canvas.saved()
  await page.locator('[data-canvas]').focus()
  await page.keyboard.press('ControlOrMeta+Shift+D')
  await expect(page.getByText('2 / 2')).toBeVisible()
  await page.keyboard.press('ControlOrMeta+Shift+D')
  await expect(canvas.hint).toHaveText('There is no image without annotations after this one')
})

test('copy, paste and duplicate', async ({ app }) => {
  const { page, canvas } = app
  await page.keyboard.press('k')
  await canvas.click(50, 50)
  await page.keyboard.press('v')
  await canvas.click(50, 50)
  await page.keyboard.press('ControlOrMeta+c')
  await page.keyboard.press('d')
  await expect(page.getByText('2 / 2')).toBeVisible()
  await canvas.ready()
  await page.keyboard.press('ControlOrMeta+v')
  await page.keyboard.press('ControlOrMeta+d')
  await expect(canvas.list).toHaveCount(2)
  await canvas.saved()
  const [pasted, duplicate] = app.stored('b.png').map(({ shape }) => shape)
  expect(pasted).toEqual(app.stored('a.png')[0].shape)
  expect(
    duplicate.kind === 'keypoint' && pasted.kind === 'keypoint' && duplicate.x - pasted.x,
  ).toBe(10)
})
