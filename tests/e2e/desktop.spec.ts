import { join } from 'node:path'
import type { Page } from '@playwright/test'
import { writeImage } from '#tests/helpers/core.ts'
import { expectAccessible } from './accessible.ts'
import { engineIsSeparate, expect, test } from './fixture.ts'
import { shownMod } from './modifier.ts'

/** A browser asks first; the app's own window grants it. */
async function mayCopy(page: Page): Promise<void> {
  if (engineIsSeparate) await page.context().grantPermissions(['clipboard-write'])
}

test.beforeEach(async ({ folder }) => {
  await writeImage(join(folder, 'a.png'), 400, 300)
  await writeImage(join(folder, 'b.png'), 300, 500)
  await writeImage(join(folder, 'c.png'), 900, 200)
})

test('an image opens in its folder, and a reloaded page returns to its image', async ({
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

test('a target that cannot be opened gives a readable error', async ({ app, folder }) => {
  const page = await app.start(join(folder, 'gone'))
  await expect(page.getByRole('alert').or(page.getByRole('status'))).toContainText('gone')
  await app.restart('quit', 'pictograph://dataset/../../etc')
  await expect(app.page.getByRole('alert').or(app.page.getByRole('status'))).toContainText(
    'not a link to a dataset',
  )
})

test('the title shows what is open, and a dot while unsaved', async ({ app, folder }) => {
  test.skip(!engineIsSeparate, 'The engine ends with its window')
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

test('shortcuts can be another tool’s or custom, and two actions share a key only after a question', async ({
  app,
  folder,
}) => {
  const page = await app.start(folder)
  await app.canvas.ready()
  const openShortcuts = async (search: string) => {
    await app.page.keyboard.press('ControlOrMeta+,')
    await app.page.getByRole('tab', { name: 'Shortcuts' }).click()
    await app.page.getByLabel('Search actions and keys').fill(search)
  }
  const row = (label: string) =>
    app.page.getByRole('tabpanel').getByRole('listitem').filter({ hasText: label })
  const addKey = async (label: string, key: string) => {
    const button = row(label).getByRole('button', { name: `Add a shortcut for “${label}”` })
    await button.click()
    await expect(button).toContainText('Press keys')
    await app.page.keyboard.press(key)
  }
  await openShortcuts('next image')
  await page.getByLabel('Preset').selectOption('CVAT')
  await expect(row('Next image').first()).toContainText('F')
  await page.keyboard.press('Escape')
  await page.keyboard.press('f')
  await expect(page.getByText('2 / 3')).toBeVisible()
  await page.keyboard.press('d')
  await expect(page.getByText('1 / 3')).toBeVisible()

  // An assigned key asks first, beside the action. Escape ends the recording, not the dialog.
  await openShortcuts('pan tool')
  await addKey('Pan tool', 'Escape')
  await expect(page.getByRole('dialog')).toBeVisible()
  await addKey('Pan tool', 'F5')
  await expect(page.getByRole('alert')).toContainText('F5 is reserved by the browser')
  await page.keyboard.press('Enter')
  await addKey('Pan tool', 'r')
  await expect(page.getByRole('alert')).toContainText('R is already used for “Box tool”')
  await app.screenshot('shortcuts-conflict')
  await expectAccessible(page)
  await page.getByRole('button', { name: 'Cancel' }).click()
  await expect(page.getByRole('alert')).toHaveCount(0)
  await addKey('Pan tool', 'r')
  await expect(page.getByRole('button', { name: 'Reassign' })).toBeFocused()
  await page.keyboard.press('Enter')
  await expect(row('Pan tool')).toContainText('R')
  await page.getByLabel('Search actions and keys').fill('box tool')
  await expect(row('Box tool').first()).toContainText(shownMod('R'))
  await page.keyboard.press('Escape')
  await page.keyboard.press('r')
  await expect(page.getByRole('button', { name: 'Pan', exact: true })).toHaveAttribute(
    'aria-pressed',
    'true',
  )
  await expect(page.getByText(`Press ${shownMod('R')} for a box`)).toBeVisible()

  // Kept, removed one by one, and all reset.
  await app.restart('quit', folder)
  await app.canvas.ready()
  await openShortcuts('pan tool')
  await app.page.getByRole('button', { name: 'Remove R from “Pan tool”' }).click()
  await app.page.getByRole('button', { name: 'Reset to preset' }).click()
  await app.page.getByLabel('Preset').selectOption('Pictograph')
  await app.page.keyboard.press('Escape')
  await app.page.keyboard.press('r')
  await expect(app.canvas.hint).toContainText('two corners')
})

for (const theme of ['light', 'dark'] as const)
  test(`every section of the settings is accessible and works: ${theme}`, async ({
    app,
    folder,
  }) => {
    const page = await app.start(folder, theme)
    await app.canvas.ready()
    await page.keyboard.press('ControlOrMeta+,')
    for (const name of [
      'General',
      'Canvas',
      'Shortcuts',
      'Accounts',
      'Storage',
      'Transfers',
      'Network',
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

test('the settings tell what the disk holds, and clear it after asking', async ({
  app,
  folder,
}) => {
  const page = await app.start(folder)
  await app.canvas.ready()
  await page.keyboard.press('ControlOrMeta+,')
  await page.getByRole('tab', { name: 'Storage' }).click()
  const thumbnails = page.locator('[data-stored="thumbnails"]')
  await expect(thumbnails).toContainText(/[1-9][\d.]* (bytes|kB)/)
  await thumbnails.getByLabel('Limit: Thumbnails and previews').selectOption('500 MB')
  await thumbnails.getByRole('button', { name: 'Clear thumbnails' }).click()
  await app.screenshot('settings-storage-clear')
  await page
    .getByRole('dialog', { name: 'Clear thumbnails?' })
    .getByRole('button', { name: 'Clear' })
    .click()
  await expect(thumbnails).toContainText('0 bytes')
  await expect(page.getByRole('button', { name: 'Clear thumbnails' })).toBeDisabled()
  await page.reload()
  await app.canvas.ready()
  await page.keyboard.press('ControlOrMeta+,')
  await page.getByRole('tab', { name: 'Storage' }).click()
  await expect(page.getByLabel('Limit: Thumbnails and previews')).toHaveValue('500000000')
})

test('network settings are checked before saving, and show the route to the service', async ({
  app,
}) => {
  const page = await app.start()
  await page.keyboard.press('ControlOrMeta+,')
  await page.getByRole('tab', { name: 'Network' }).click()
  await expect(page.getByRole('status')).toContainText('Connecting to api.pictograph.io')
  await page.getByText('Manual', { exact: true }).click()
  await page.getByLabel('Proxy address').fill('http://ada:secret@proxy.example:3128')
  await page.getByRole('button', { name: 'Apply' }).click()
  await expect(page.getByRole('alert')).toContainText('Enter the name and password below')
  await page.getByLabel('Proxy address').fill('proxy.example:3128')
  await page.getByLabel('Additional trusted certificates').fill('/no/such/company.pem')
  await page.getByRole('button', { name: 'Apply' }).click()
  await expect(page.getByRole('alert')).toContainText('/no/such/company.pem cannot be read')
  await app.screenshot('settings-network-problem')
  await page.getByLabel('Additional trusted certificates').fill('')
  await page.getByRole('button', { name: 'Apply' }).click()
  await expect(page.getByRole('status')).toHaveText(
    'Connecting to api.pictograph.io through the proxy proxy.example:3128.',
  )
  await page.getByLabel('Name').fill('ada')
  await page.getByLabel('Password').fill('secret')
  await page.getByRole('button', { name: 'Save' }).click()
  await expect(
    page.getByText('A name and password for proxy.example:3128 are saved.'),
  ).toBeVisible()
  // Kept over a restart; the password is neither in the settings nor on the page.
  await app.restart()
  await app.page.keyboard.press('ControlOrMeta+,')
  await app.page.getByRole('tab', { name: 'Network' }).click()
  await expect(app.page.getByRole('status')).toContainText('proxy.example:3128')
  await expect(app.page.getByRole('button', { name: 'Forget' })).toBeVisible()
  await app.screenshot('settings-network-kept')
  expect(await app.page.content()).not.toContain('secret')
  await app.page.getByRole('button', { name: 'Forget' }).click()
  await expect(app.page.getByRole('button', { name: 'Forget' })).toHaveCount(0)
})

test('the context menus of a shape and of the image have their own actions', async ({
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
  // The menu has the keys: D would go to the next image, and nothing is deleted without asking.
  await page.keyboard.press('d')
  await expect(page.getByText('1 / 3')).toBeVisible()
  await menu.getByRole('menuitem', { name: /Copy shapes/ }).click()
  await expect(menu).toHaveCount(0)
  // It is pasted where the menu was opened, not where the entry was.
  const place = await app.canvas.at({ x: 320, y: 220 })
  await page.mouse.click(place.x, place.y, { button: 'right' })
  await page.getByRole('menuitem', { name: /Paste shapes at the pointer/ }).click()
  await expect(app.canvas.list).toHaveCount(2)
  await app.canvas.saved()
  expect(app.stored('a.png')[1].shape).toMatchObject({
    x: expect.closeTo(270, 0),
    y: expect.closeTo(170, 0),
  })
  // An action that focuses a field keeps the focus there.
  await page.mouse.click(at.x, at.y, { button: 'right' })
  await page.getByRole('menuitem', { name: /Edit the attributes/ }).click()
  await expect(page.getByPlaceholder('New attribute')).toBeFocused()
  await page.keyboard.press('Escape')
  const free = await app.canvas.at({ x: 380, y: 20 })
  await page.mouse.click(free.x, free.y, { button: 'right' })
  await expect(page.getByRole('menu', { name: 'Image' })).toBeVisible()
  await page.keyboard.press('Escape')
  await expect(page.getByRole('menu')).toHaveCount(0)
  // While drawing, the right button opens no menu.
  await page.keyboard.press('p')
  await app.canvas.click(50, 50)
  await page.mouse.click(free.x, free.y, { button: 'right' })
  await expect(page.getByRole('menu')).toHaveCount(0)
})

test('a toast disappears by itself, and closing it keeps the dialog open', async ({
  app,
  folder,
}) => {
  const page = await app.start(folder)
  await app.canvas.ready()
  await mayCopy(page)
  await page.keyboard.press('ControlOrMeta+,')
  await page.getByRole('tab', { name: 'About and privacy' }).click()
  const notice = page.getByText(/^Diagnostics copied\./)
  await page.getByRole('button', { name: 'Copy diagnostics' }).click()
  await page.getByRole('button', { name: 'Dismiss' }).click()
  await expect(notice).toHaveCount(0)
  await expect(page.getByRole('dialog')).toBeVisible()
  await page.getByRole('button', { name: 'Copy diagnostics' }).click()
  await expect(notice).toBeVisible()
  await expect(notice).toHaveCount(0, { timeout: 15_000 })
})

test('the address matches the image, and a fitted image is fitted in another window', async ({
  app,
  folder,
}) => {
  const page = await app.start(folder)
  await app.canvas.ready()
  const first = page.url()
  await page.keyboard.press('d')
  await expect(page.getByText('2 / 3')).toBeVisible()
  await page.evaluate((address) => location.assign(address), first)
  await expect(page.getByText('1 / 3')).toBeVisible()
  const zoom = page.locator('footer').getByText(/^\d+%$/)
  const before = await zoom.textContent()
  await page.setViewportSize({ width: 1920, height: 1080 })
  await expect(zoom).not.toHaveText(before ?? '')
  const large = await zoom.textContent()
  await page.reload()
  await app.canvas.ready()
  await expect(zoom).toHaveText(large ?? '')
  await page.setViewportSize({ width: 1280, height: 720 })
  await expect(zoom).toHaveText(before ?? '')
})

test('an unwritable folder is reported, and the app continues', async ({ app, folder }) => {
  test.skip(process.platform !== 'linux', 'It has /proc')
  const page = await app.start(folder)
  await app.canvas.ready()
  await page.keyboard.press('k')
  await app.canvas.click(50, 50)
  await app.canvas.saved()
  await page.keyboard.press('ControlOrMeta+Shift+E')
  await page.getByLabel('Target folder').fill('/proc/pictograph')
  await page.getByRole('button', { name: 'Export', exact: true }).last().click()
  await expect(page.getByRole('alert')).toContainText('/proc/pictograph')
  await app.restart('quit', folder)
  await app.canvas.ready()
})

test('diagnostics describe the machine without personal data', async ({ app, folder, service }) => {
  const page = await app.start(folder)
  await app.canvas.ready()
  await mayCopy(page)
  await page.getByRole('button', { name: 'Back to the start screen' }).click()
  await page.getByRole('button', { name: 'Add account' }).click()
  await page.getByLabel('API key').fill('pk_live_member')
  await page.getByLabel('Service address').fill(service.url)
  await page.getByRole('button', { name: 'Add account', exact: true }).last().click()
  await expect(page.getByRole('heading', { name: 'Emulated Organisation' })).toBeVisible()
  await page.keyboard.press('ControlOrMeta+k')
  await page.getByPlaceholder('Type a command').fill('Copy diagnostics')
  await page.keyboard.press('Enter')
  await expect(page.getByText(/^Diagnostics copied\./)).toBeVisible()
  // The page may not read the clipboard, so paste as a user would.
  await page.keyboard.press('ControlOrMeta+k')
  const field = page.getByPlaceholder('Type a command')
  await expect(field).toBeFocused()
  await page.keyboard.press('ControlOrMeta+v')
  await expect(field).toHaveValue(/Pictograph Desktop/)
  const text = await field.inputValue()
  expect(text).toContain('Datasets: 1, 3 images')
  expect(text).toContain('Accounts: 1 online')
  for (const secret of ['pk_live', 'Emulated Organisation', 'a.png'])
    expect(text).not.toContain(secret)
})
