import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { writeImage } from '#tests/helpers/core.ts'
import { expectAccessible } from './accessible.ts'
import { expect, test } from './fixture.ts'

test.beforeEach(async ({ folder }) => {
  for (const name of ['a.png', 'b.png', 'c.png']) await writeImage(join(folder, name), 400, 300)
})

test('an image opens in its folder, and a page that is loaded again comes back to its image', async ({
  app,
  folder,
}) => {
  const page = await app.start(join(folder, 'b.png'))
  await app.canvas.ready()
  await expect(page.getByText('2 / 3')).toBeVisible()
  await page.keyboard.press('d')
  await expect(page.getByText('3 / 3')).toBeVisible()
  await page.keyboard.press('k')
  await app.canvas.click(50, 50)
  await app.canvas.saved()
  await page.reload()
  await app.canvas.ready()
  await expect(page.getByText('3 / 3')).toBeVisible()
  await expect(app.canvas.list).toHaveCount(1)
  await page.getByRole('button', { name: 'Back to the start screen' }).click()
  await page.reload()
  await expect(page.getByRole('button', { name: /Try the sample dataset/ })).toBeVisible()
})

test('what cannot be opened is said in words', async ({ app, folder }) => {
  const page = await app.start(join(folder, 'gone'))
  await expect(page.getByRole('alert').or(page.getByRole('status'))).toContainText('gone')
  await app.restart('quit', 'pictograph://dataset/../../etc')
  await expect(app.page.getByRole('alert').or(app.page.getByRole('status'))).toContainText(
    'no link to a dataset',
  )
})

test('the title shows what is open, and a dot until it is saved', async ({ app, folder }) => {
  const page = await app.start(folder)
  await app.canvas.ready()
  await expect(page).toHaveTitle(/^a\.png – pictograph-\w+ – Pictograph Desktop$/)
  const { revive } = await app.killEngine()
  await page.keyboard.press('k')
  await app.canvas.click(50, 50)
  await expect(page).toHaveTitle(/^● a\.png/)
  await revive()
  await app.canvas.saved()
  await expect(page).toHaveTitle(/^a\.png/)
})

test('shortcuts are those of another tool, or one’s own, and two actions never share one unasked', async ({
  app,
  folder,
}) => {
  const page = await app.start(folder)
  await app.canvas.ready()
  await page.keyboard.press('Control+,')
  await page.getByRole('tab', { name: 'Shortcuts' }).click()
  await page.getByLabel('As in').selectOption('CVAT')
  await page.getByLabel('Find an action or a key').fill('next image')
  const keysOfNext = page.getByRole('button', { name: /^Keys of “Next image”/ })
  await expect(keysOfNext).toHaveText('F')
  await page.keyboard.press('Escape')
  await page.keyboard.press('f')
  await expect(page.getByText('2 / 3')).toBeVisible()
  await page.keyboard.press('d')
  await expect(page.getByText('1 / 3')).toBeVisible()

  // A key that is taken: asked for first.
  await page.keyboard.press('Control+,')
  await page.getByRole('tab', { name: 'Shortcuts' }).click()
  await page.getByLabel('Find an action or a key').fill('next image')
  await keysOfNext.click()
  await expect(keysOfNext).toContainText('Press keys')
  await page.keyboard.press('r')
  await expect(page.getByRole('alert')).toContainText('R is “Box tool” already')
  await app.screenshot('shortcuts-conflict')
  await expectAccessible(page)
  await page.getByRole('button', { name: 'Leave it' }).click()
  await expect(keysOfNext).toHaveText('F')
  await keysOfNext.click()
  await page.keyboard.press('r')
  await page.getByRole('button', { name: 'Take it from there' }).click()
  await expect(keysOfNext).toHaveText('R')
  await page.getByLabel('Find an action or a key').fill('box tool')
  await expect(page.getByRole('button', { name: /^Keys of “Box tool”/ })).toHaveText('Ctrl+R')
  await page.keyboard.press('Escape')
  await page.keyboard.press('r')
  await expect(page.getByText('2 / 3')).toBeVisible()

  // Kept, and taken back.
  await app.restart('quit', folder)
  await app.canvas.ready()
  await app.page.keyboard.press('r')
  await expect(app.page.getByText('2 / 3')).toBeVisible()
  await app.page.keyboard.press('Control+,')
  await app.page.getByRole('tab', { name: 'Shortcuts' }).click()
  await app.page.getByRole('button', { name: 'Undo my changes' }).click()
  await app.page.getByLabel('As in').selectOption('Pictograph')
  await app.page.keyboard.press('Escape')
  await app.page.keyboard.press('r')
  await expect(app.canvas.hint).toContainText('two corners')
})

for (const theme of ['light', 'dark'] as const)
  test(`every section of the settings can be looked at and used: ${theme}`, async ({
    app,
    folder,
  }) => {
    const page = await app.start(folder, theme)
    await app.canvas.ready()
    await page.keyboard.press('Control+,')
    for (const name of [
      'General',
      'Canvas',
      'Shortcuts',
      'Accounts',
      'Cache and transfers',
      'Label files',
      'About and privacy',
    ]) {
      await page.getByRole('tab', { name }).click()
      await expect(page.getByRole('tabpanel', { name })).toBeVisible()
      await expectAccessible(page)
      await app.screenshot(`settings-${name.toLowerCase().replaceAll(' ', '-')}-${theme}`)
    }
    await page.getByRole('tab', { name: 'Canvas' }).click()
    await page.getByLabel('Line width').fill('4')
    await expect(page.getByText('4 px')).toBeVisible()
  })

test('a shape’s menu has what can be done with it, and the image’s what can be done with that', async ({
  app,
  folder,
}) => {
  const page = await app.start(folder)
  await app.canvas.ready()
  await page.keyboard.press('r')
  await app.canvas.drag([100, 100], [200, 200])
  await app.canvas.saved()
  await page.keyboard.press('Escape')
  await page.keyboard.press('Escape')
  const at = await app.canvas.at({ x: 150, y: 150 })
  await page.mouse.click(at.x, at.y, { button: 'right' })
  const menu = page.getByRole('menu', { name: 'Selected shapes' })
  await expect(menu).toBeVisible()
  await app.screenshot('context-menu')
  await expectAccessible(page)
  // Keys are the menu's: D would go to the next image, and nothing is deleted unasked.
  await page.keyboard.press('d')
  await expect(page.getByText('1 / 3')).toBeVisible()
  await menu.getByRole('menuitem', { name: /Duplicate shapes/ }).click()
  await expect(app.canvas.list).toHaveCount(2)
  const free = await app.canvas.at({ x: 380, y: 20 })
  await page.mouse.click(free.x, free.y, { button: 'right' })
  await expect(page.getByRole('menu', { name: 'Image' })).toBeVisible()
  await page.keyboard.press('Escape')
  await expect(page.getByRole('menu')).toHaveCount(0)
  // While something is drawn the right button is no menu.
  await page.keyboard.press('p')
  await app.canvas.click(50, 50)
  await page.mouse.click(free.x, free.y, { button: 'right' })
  await expect(page.getByRole('menu')).toHaveCount(0)
})

test('the diagnostics tell of the machine, and of nothing that is somebody’s', async ({
  app,
  folder,
  service,
}) => {
  const page = await app.start(folder)
  await app.canvas.ready()
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
  await page.getByRole('button', { name: 'Back to the start screen' }).click()
  await page.getByRole('button', { name: 'Add account' }).click()
  await page.getByLabel('API key').fill('pk_live_member')
  await page.getByLabel('Address of the service').fill(service.url)
  await page.getByRole('button', { name: 'Add account', exact: true }).last().click()
  await expect(page.getByRole('heading', { name: 'Emulated Organisation' })).toBeVisible()
  await page.keyboard.press('Control+k')
  await page.getByPlaceholder('Type a command…').fill('Copy diagnostics')
  await page.keyboard.press('Enter')
  await expect(page.getByText('The diagnostics, without names and keys, are copied.')).toBeVisible()
  const text = await page.evaluate(() => navigator.clipboard.readText())
  expect(text).toContain('Pictograph Desktop')
  expect(text).toContain('Datasets: 1, 3 images')
  expect(text).toContain('Accounts: 1 online')
  for (const secret of ['pk_live', 'Emulated Organisation', 'a.png'])
    expect(text).not.toContain(secret)
  const key = readFileSync(join(app.dataDir, 'secrets.json'), 'utf8')
  expect(key).toContain('pk_live_member')
})
