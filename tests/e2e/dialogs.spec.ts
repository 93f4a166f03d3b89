import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Locator, Page } from '@playwright/test'
import { writeImage } from '#tests/helpers/core.ts'
import { expectAccessible, expectAccessibleInBothThemes } from './accessible.ts'
import { expect, test } from './fixture.ts'
import { addAccount } from './remote.ts'

test.use({ viewport: { width: 1024, height: 640 } })

/** As long as the service lets the name of a dataset be. */
const LONG_NAME =
  'counting of vehicles, cyclists and pedestrians at the crossing of the main street, second camera, at night and in rain'
const LONG_CLASS =
  'agricultural or construction vehicle, partly hidden, seen from behind or from the side, perhaps with an attached trailer'

/** The parts of a dialog that can be scrolled sideways; there should be none. */
function scrolledSideways(dialog: Locator): Promise<string[]> {
  return dialog.evaluate((root) =>
    [root, ...root.querySelectorAll('*')].flatMap((element) => {
      const { overflowX } = getComputedStyle(element)
      const scrolls = overflowX === 'auto' || overflowX === 'scroll'
      return scrolls && element.scrollWidth > element.clientWidth + 1
        ? [`${element.tagName} ${element.className}: ${element.textContent?.slice(0, 80)}`]
        : []
    }),
  )
}

/** Every button of the dialog's foot can be pressed, nothing needs scrolling sideways, and axe is content in both themes. */
async function expectUsable(page: Page, name: string): Promise<void> {
  const dialog = page.getByRole('dialog').last()
  await expect(dialog, name).toBeVisible()
  const buttons = dialog.locator('footer button, header button')
  for (const button of await buttons.all())
    await expect(button, `${name}: ${await button.textContent()}`).toBeInViewport({ ratio: 1 })
  expect(await scrolledSideways(dialog), name).toEqual([])
  await expectAccessibleInBothThemes(page)
}

async function close(page: Page): Promise<void> {
  await page.keyboard.press('Escape')
  await expect(page.getByRole('dialog')).toHaveCount(0)
}

test('each dialog of a folder is usable in a small window, with long names', async ({
  app,
  folder,
}) => {
  test.setTimeout(120_000)
  const root = join(folder, LONG_NAME)
  mkdirSync(root)
  for (const image of ['a', `b ${LONG_CLASS}`])
    await writeImage(join(root, `${image}.png`), 400, 300)
  const page = await app.start(root)
  const { canvas } = app
  await canvas.ready()
  await page.getByLabel('Find or add a class').fill(LONG_CLASS)
  await page.keyboard.press('Enter')
  await expect(canvas.classRow(LONG_CLASS)).toBeVisible()
  await page.locator('[data-canvas]').focus()
  await page.keyboard.press('r')
  await canvas.drag([50, 50], [150, 150])
  await canvas.saved()
  await page.keyboard.press('v')
  await page.keyboard.press('ControlOrMeta+a')
  for (const [key, name] of [
    ['ControlOrMeta+i', 'import'],
    ['ControlOrMeta+Shift+E', 'export'],
    ['ControlOrMeta+Shift+P', 'propagate'],
    ['Shift+D', 'detect'],
    ['Shift+I', 'instructions'],
    ['q', 'models'],
    ['?', 'shortcuts'],
    ['ControlOrMeta+k', 'palette'],
    ['ControlOrMeta+u', 'folders'],
    ['ControlOrMeta+,', 'settings'],
  ] as const) {
    await page.locator('[data-canvas]').focus()
    await page.keyboard.press(key)
    await expectUsable(page, name)
    await close(page)
  }
  await canvas.openClassSettings(LONG_CLASS)
  const skeleton = page.getByRole('dialog').getByRole('combobox').first()
  await skeleton.selectOption({ index: 1 })
  await page.getByRole('button', { name: 'Attribute', exact: true }).click()
  await expectUsable(page, 'class')
})

test('each dialog of a dataset of the service is usable in a small window, with long names', async ({
  app,
  folder,
  service,
}) => {
  test.setTimeout(120_000)
  const photos = join(folder, LONG_CLASS)
  mkdirSync(photos)
  await writeImage(join(photos, 'a.png'), 400, 300)
  const page = await app.start()
  await page.getByRole('button', { name: 'Add account' }).click()
  await expectUsable(page, 'account')
  await close(page)
  await addAccount(page, service, 'pk_live_admin')
  await page.getByRole('button', { name: 'New dataset' }).click()
  await page.getByRole('textbox', { name: 'Name' }).fill(LONG_NAME)
  await expectUsable(page, 'new dataset')
  await page.getByRole('button', { name: 'Create and open' }).click()
  await expect(page.getByText('No images in this dataset yet')).toBeVisible()
  await page.getByRole('button', { name: 'Back to the start screen' }).click()
  for (const [item, name] of [
    ['Rename…', 'rename'],
    ['Upload…', 'upload'],
    ['Download…', 'download'],
  ] as const) {
    await page.getByRole('button', { name: `More for ${LONG_NAME}` }).click()
    await expectAccessible(page)
    await page.getByRole('menuitem', { name: item }).click()
    if (name === 'upload') {
      await page.getByLabel(/^A folder, an image or a ZIP/).fill(photos)
      await expect(page.getByRole('button', { name: 'Upload 1 image' })).toBeVisible()
    }
    if (name === 'download') await page.getByLabel('Target folder').fill(photos)
    await expectUsable(page, name)
    await close(page)
  }
  await page.getByRole('button', { name: 'Transfers' }).click()
  await expectUsable(page, 'transfers')
  await close(page)
  await page.getByRole('button', { name: /^street scenes/ }).click()
  await app.canvas.ready()
  await page.keyboard.press('Shift+Q')
  await expectUsable(page, 'segment by text')
  await close(page)
  await page.locator('[data-sync]').click()
  await expectUsable(page, 'outbox')
  await close(page)
  await page.keyboard.press('ControlOrMeta+g')
  await page.getByRole('listbox', { name: 'Images' }).getByRole('option').first().click()
  await page.getByRole('button', { name: 'More actions for the selected images' }).click()
  await expectAccessible(page)
  await page.getByRole('menuitem', { name: 'Copy to another dataset…' }).click()
  await page.getByRole('dialog').getByLabel('Dataset', { exact: true }).selectOption(LONG_NAME)
  await expectUsable(page, 'copy images')
})
