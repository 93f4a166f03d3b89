import { mkdirSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { writeImage } from '#tests/helpers/core.ts'
import { expectAccessible } from './accessible.ts'
import { expect, test } from './fixture.ts'

test('the start screen, empty and with recent datasets', async ({ app, folder }) => {
  await writeImage(join(folder, 'a.png'))
  const page = await app.start()
  await expect(page.getByRole('heading', { name: 'Pictograph Desktop' })).toBeVisible()
  await expect(page.getByText('Folders that you open appear here.')).toBeVisible()
  await expectAccessible(page)
  await page.getByRole('button', { name: /Open folder/ }).click()
  await expectAccessible(page)
  await app.typePath(folder)
  await page.getByRole('button', { name: 'Go' }).click()
  await expect(page.getByText('1 image directly in this folder')).toBeVisible()
  await app.screenshot('folder-picker')
  await page.getByRole('button', { name: 'Open this folder' }).click()
  await app.canvas.ready()
  await page.getByRole('button', { name: 'Back to the start screen' }).click()
  await expect(page.getByText('1 image · 0 annotated')).toBeVisible()
})

test('a folder that cannot be read is explained in the picker', async ({ app }) => {
  const page = await app.start()
  await page.getByRole('button', { name: /Open folder/ }).click()
  await app.typePath('/no/such/folder')
  await page.getByRole('button', { name: 'Go' }).click()
  await expect(page.getByRole('alert')).toHaveText(
    '/no/such/folder: Not found. It may have been moved, renamed or deleted',
  )
})

test('the sample dataset opens with its labels', async ({ app }) => {
  const page = await app.start()
  await page.getByRole('button', { name: /Try the sample dataset/ }).click()
  await app.canvas.ready()
  await expect(page.getByText('/ 12')).toBeVisible()
  await page.getByRole('button', { name: /^road 1\.jpg, 10 annotations/ }).click()
  await expect(app.canvas.list).toHaveCount(10)
  await expect(page.getByLabel('Stage')).toHaveValue('complete')
  await page.getByRole('button', { name: 'Back to the start screen' }).click()
  await expect(page.getByText('12 images · 8 annotated')).toBeVisible()
  await app.screenshot('start')
  await expectAccessible(page)
})

for (const theme of ['light', 'dark'] as const) {
  test(`every screen is accessible: ${theme}`, async ({ app }) => {
    const page = await app.start(null, theme)
    await page.getByRole('button', { name: /Try the sample dataset/ }).click()
    await app.canvas.ready()
    await page.getByRole('button', { name: /^aerial 1\.jpg/ }).click()
    await expect(app.canvas.list).toHaveCount(14)
    await app.canvas.ready()
    await app.canvas.list
      .first()
      .getByRole('button', { name: /^Select/ })
      .click()
    await expect(page.locator('img').first()).toBeVisible()
    await app.screenshot(`canvas-${theme}`)
    await expectAccessible(page)
    for (const [key, name] of [
      ['?', 'Shortcuts'],
      ['ControlOrMeta+,', 'Settings'],
      ['ControlOrMeta+Shift+E', 'Export'],
      ['ControlOrMeta+i', 'Import labels'],
    ] as const) {
      await page.keyboard.press(key)
      await expect(page.getByRole('dialog', { name })).toBeVisible()
      await app.screenshot(`${name.toLowerCase().replace(' ', '-')}-${theme}`)
      await expectAccessible(page)
      await page.keyboard.press('Escape')
      await expect(page.getByRole('dialog')).toHaveCount(0)
    }
    await page.keyboard.press('ControlOrMeta+k')
    await expect(page.getByPlaceholder('Type a command')).toBeFocused()
    await expectAccessible(page)
    await page.keyboard.type('keypoint')
    await page.keyboard.press('Enter')
    await expect(app.canvas.hint).toContainText('Click to place a keypoint')
    await page.getByRole('tab', { name: 'History' }).click()
    await expect(page.getByText('Import Pictograph JSON')).toBeVisible()
    await expectAccessible(page)
  })
}

test('a moved folder is relocated, with its labels', async ({ app, folder }) => {
  const first = join(folder, 'first')
  const second = join(folder, 'second')
  mkdirSync(first)
  await writeImage(join(first, 'a.png'), 200, 200)
  const page = await app.start(first)
  await app.canvas.ready()
  await page.keyboard.press('k')
  await app.canvas.click(50, 50)
  await app.canvas.saved()
  await page.getByRole('button', { name: 'Back to the start screen' }).click()
  await app.stop()
  renameSync(first, second)
  await app.start()
  await app.page.getByRole('button', { name: 'Locate…' }).click()
  await app.typePath(second)
  await app.page.getByRole('button', { name: 'Go' }).click()
  await expect(app.page.getByText('1 image directly')).toBeVisible()
  await app.page.getByRole('button', { name: 'Open this folder' }).click()
  await app.canvas.ready()
  await expect(app.canvas.list).toHaveCount(1)
})

test('the theme follows the system or the setting', async ({ app }) => {
  const page = await app.start(null, 'dark')
  const theme = () => page.locator('html').getAttribute('data-theme')
  await expect.poll(theme).toBe('dark')
  await page.keyboard.press('ControlOrMeta+,')
  await page.getByText('Light', { exact: true }).click()
  await expect.poll(theme).toBe('light')
  await page.reload()
  await expect.poll(theme).toBe('light')
})
