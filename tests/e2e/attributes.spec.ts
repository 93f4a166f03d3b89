import { join } from 'node:path'
import { writeImage } from '#tests/helpers/core.ts'
import { expect, test } from './fixture.ts'

test('class attributes are requested, filled in by keyboard, and missing ones are marked', async ({
  app,
  folder,
}) => {
  await writeImage(join(folder, 'a.png'), 800, 500)
  const page = await app.start(folder)
  const { canvas } = app
  await canvas.ready()
  await page.getByLabel('Find or add a class').fill('car')
  await page.keyboard.press('Enter')
  await canvas.openClassSettings('car')
  const add = page.getByRole('button', { name: 'Attribute', exact: true })
  for (const [index, [name, type]] of [
    ['colour', 'select'],
    ['speed', 'number'],
    ['parked', 'checkbox'],
  ].entries()) {
    await add.click()
    await page.getByLabel(`Name of attribute ${index + 1}`).fill(name)
    await page.getByLabel(`Type of ${name}`).selectOption(type)
  }
  await expect(page.getByText('The attribute “colour” needs at least one choice.')).toBeVisible()
  await page.getByLabel('Choices of colour').fill('red, blue')
  await page.getByLabel('colour is required').check()
  await page.getByLabel('Default of speed').fill('fast')
  await expect(page.getByText('Default of “speed”: must be a number')).toBeVisible()
  await page.getByLabel('Default of speed').fill('30')
  await app.screenshot('class-settings')
  await page.getByRole('button', { name: 'Save class' }).click()
  await expect(page.getByRole('dialog')).toHaveCount(0)

  await page.keyboard.press('r')
  await canvas.drag([100, 100], [200, 200])
  await canvas.drag([300, 100], [400, 200])
  await canvas.saved()
  expect(app.stored('a.png')[0].attributes).toEqual({ speed: 30 })
  const missing = canvas.list.first().getByRole('img', { name: /colour is required/ })
  await expect(missing).toBeVisible()

  // Without a pointer from here: Enter to the attributes, Enter to the next, back to the canvas after the last.
  await page.keyboard.press('v')
  await page.keyboard.press('ControlOrMeta+a')
  await page.keyboard.press('Enter')
  await expect(page.getByLabel('Attribute colour')).toBeFocused()
  await page.keyboard.press('b')
  await expect(page.getByLabel('Attribute colour')).toHaveValue('blue')
  await page.keyboard.press('Enter')
  await expect(page.getByLabel('Attribute speed')).toBeFocused()
  await page.keyboard.press('ControlOrMeta+a')
  await page.keyboard.type('fast')
  await page.keyboard.press('Enter')
  await expect(canvas.hint).toHaveText('speed: “fast” is not a number')
  await expect(page.getByLabel('Attribute parked')).toBeFocused()
  await page.keyboard.press(' ')
  await app.screenshot('attributes')
  await page.keyboard.press('Escape')
  await expect(page.locator('[data-canvas]')).toBeFocused()
  await canvas.saved()
  for (const { attributes } of app.stored('a.png'))
    expect(attributes).toEqual({ colour: 'blue', speed: 30, parked: true })
  await expect(missing).toHaveCount(0)
  // Both shapes in one step.
  await page.keyboard.press('ControlOrMeta+z')
  await canvas.saved()
  await expect
    .poll(() => app.stored('a.png').map(({ attributes }) => attributes.parked))
    .toEqual([undefined, undefined])
})

test('a shape is moved, relabelled and deleted from the list by keyboard', async ({
  app,
  folder,
}) => {
  await writeImage(join(folder, 'a.png'), 800, 500)
  const page = await app.start(folder)
  const { canvas } = app
  await canvas.ready()
  await page.keyboard.press('r')
  await canvas.drag([100, 100], [200, 200])
  await page.keyboard.press('v')
  await canvas.saved()
  const { shape: before } = app.stored('a.png')[0]
  await canvas.list
    .first()
    .getByRole('button', { name: /^Select/ })
    .focus()
  await page.keyboard.press('ArrowRight')
  await page.keyboard.press('Shift+ArrowDown')
  await canvas.saved()
  const { shape } = app.stored('a.png')[0]
  if (shape.kind !== 'bbox' || before.kind !== 'bbox') throw new Error('Not a box')
  expect([shape.x - before.x, shape.y - before.y]).toEqual([1, 10])
  await canvas.list
    .first()
    .getByRole('button', { name: /^Delete/ })
    .focus()
  await page.keyboard.press('Enter')
  await expect(canvas.list).toHaveCount(0)
})

test('Escape does not drop unsaved settings of a class without asking', async ({ app, folder }) => {
  await writeImage(join(folder, 'a.png'), 800, 500)
  const page = await app.start(folder)
  const { canvas } = app
  await canvas.ready()
  await page.getByLabel('Find or add a class').fill('car')
  await page.keyboard.press('Enter')
  await canvas.openClassSettings('car')
  await expect(page.getByText('No attributes yet.')).toBeVisible()
  await page.keyboard.press('Escape')
  await expect(page.getByRole('dialog')).toHaveCount(0)
  await canvas.openClassSettings('car')
  await page.getByRole('button', { name: 'Attribute', exact: true }).click()
  await page.getByLabel('Name of attribute 1').fill('color')
  await page.keyboard.press('Escape')
  const question = page.getByRole('dialog', { name: 'Discard the changes to “car”?' })
  await question.getByRole('button', { name: 'Continue editing' }).click()
  await expect(page.getByLabel('Name of attribute 1')).toHaveValue('color')
  await page.keyboard.press('Escape')
  await question.getByRole('button', { name: 'Discard changes' }).click()
  await expect(page.getByRole('dialog')).toHaveCount(0)
  await canvas.openClassSettings('car')
  await expect(page.getByText('No attributes yet.')).toBeVisible()
})
