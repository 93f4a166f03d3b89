import { join } from 'node:path'
import type { Page } from '@playwright/test'
import { writeImage } from '#tests/helpers/core.ts'
import { expectAccessible, showTheme } from './accessible.ts'
import { type App, expect, test } from './fixture.ts'
import { addAccount, openRemote, STREET } from './remote.ts'

test.use({ viewport: { width: 1024, height: 640 } })

/** The same screen in both themes. */
async function screenshots(app: App, page: Page, name: string): Promise<void> {
  await showTheme(page, 'light')
  await app.screenshot(name)
  await expectAccessible(page)
  await showTheme(page, 'dark')
  await app.screenshot(`${name}-dark`)
  await expectAccessible(page)
  await showTheme(page, 'light')
}

const images = (page: Page) => page.getByRole('listbox', { name: 'Images' })

async function openGallery(page: Page): Promise<void> {
  await page.keyboard.press('ControlOrMeta+g')
  await expect(images(page)).toBeVisible()
}

test('the account’s screen shows the user’s tasks and the organisation’s credits', async ({
  app,
  service,
}) => {
  const page = await app.start()
  await addAccount(page, service)
  const tasks = page.getByRole('region', { name: 'Your tasks' })
  await expect(tasks.getByRole('listitem').filter({ hasText: 'Label the cars' })).toContainText(
    '8 images',
  )
  await expect(page.getByText('$60.00 left')).toBeVisible()
  await screenshots(app, page, 'account-tasks')
  await tasks.getByRole('button', { name: /Label the cars/ }).click()
  await app.canvas.ready()
  await expect(page.getByRole('heading', { name: STREET })).toBeVisible()
})

test('tasks and credits that could not be loaded say so, and load with another try', async ({
  app,
  service,
}) => {
  for (const match of ['GET .*/tasks', 'GET .*/credits/balance'])
    service.faults.add({ match, fault: { kind: 'status', status: 400 } })
  const page = await app.start()
  await addAccount(page, service)
  const credits = page.getByRole('alert').filter({ hasText: 'Couldn’t load the credits' })
  const tasks = page.getByRole('alert').filter({ hasText: 'Couldn’t load your tasks' })
  await expect(credits).toBeVisible()
  await expect(tasks).toBeVisible()
  await screenshots(app, page, 'account-retry')
  await credits.getByRole('button', { name: 'Try again' }).click()
  await expect(page.getByText('$60.00 left')).toBeVisible()
  await tasks.getByRole('button', { name: 'Try again' }).click()
  await expect(page.getByRole('region', { name: 'Your tasks' })).toBeVisible()
})

test('jobs of the service are listed beside the transfers', async ({ app, service }) => {
  const page = await app.start()
  await addAccount(page, service)
  const created = await fetch(`${service.url}/api/v1/developer/exports/`, {
    method: 'POST',
    headers: { 'X-API-Key': 'pk_live_member', 'Content-Type': 'application/json' },
    body: JSON.stringify({ dataset_name: STREET, name: 'nightly', format: 'coco' }),
  })
  expect(created.ok).toBe(true)
  await page.getByRole('button', { name: 'Transfers' }).click()
  const jobs = page.getByRole('region', { name: 'On the service: Emulated Organisation' })
  const job = jobs.getByRole('listitem').filter({ hasText: 'nightly' })
  await expect(job).toHaveAttribute('data-job', 'completed', { timeout: 15_000 })
  await screenshots(app, page, 'service-jobs')
})

test('a cold dataset is marked, with the price of restoring it', async ({ app, service }) => {
  const page = await app.start()
  await addAccount(page, service, 'pk_live_admin')
  await page.getByRole('button', { name: /^frozen/ }).click()
  await expect(page.getByText('In cold storage: you can read and change labels')).toBeVisible()
  await page.getByRole('button', { name: 'Restore…' }).click()
  const dialog = page.getByRole('dialog')
  await expect(dialog).toContainText('3 images')
  await expect(dialog).toContainText('Remaining credit')
  await expect(dialog.getByRole('button', { name: /^Restore for \$0\.\d+/ })).toBeVisible()
  await screenshots(app, page, 'cold-dataset')
  await dialog.getByRole('button', { name: /^Restore for/ }).click()
  await expect(dialog).toContainText('Restored. Its images can be viewed', { timeout: 15_000 })
  await dialog.getByRole('button', { name: 'Close' }).last().click()
  await expect(page.getByText('In cold storage: you can read and change labels')).toHaveCount(0)
})

test('near-duplicates are grouped, selected, tagged and archived', async ({ app, service }) => {
  const page = await openRemote(app, service)
  await openGallery(page)
  await page.getByRole('button', { name: 'Near-duplicates' }).click()
  await page.getByLabel('Similarity').selectOption('Similar')
  const group = page.getByRole('region', { name: 'Group 1', exact: true })
  await expect(group).toBeVisible({ timeout: 20_000 })
  const inGroup = group.getByRole('option')
  await expect(page.getByText(/^\d+ groups?/)).toBeVisible()
  let before = 0
  // The same number twice: all images of the group are there.
  const isWhole = async () => {
    const last = before
    before = await inGroup.count()
    return before > 1 && before === last
  }
  await expect.poll(isWhole).toBe(true)
  await group.getByRole('button', { name: 'Select all but one' }).click()
  await expect(group.getByRole('option', { selected: true })).toHaveCount(before - 1)
  // In the smallest window, too, all buttons are in one row.
  const names = ['Select all', 'Clear', 'Available offline', 'Tags…']
  for (const name of names)
    await expect(page.getByRole('button', { name, exact: true })).toBeVisible()
  const rows = async () => {
    const boxes = await Promise.all(
      names.map((name) => page.getByRole('button', { name, exact: true }).boundingBox()),
    )
    return new Set(boxes.map((box, index) => (box ? Math.round(box.y) : `no ${names[index]}`)))
  }
  await expect.poll(async () => (await rows()).size).toBe(1)
  await page.getByRole('button', { name: 'Tags…' }).click()
  await page.getByLabel('New tag').fill('double')
  await page.getByLabel('New tag').press('Enter')
  await page.keyboard.press('Escape')
  await expect(group.getByText('double').first()).toBeVisible()
  await screenshots(app, page, 'near-duplicates')
  await page.getByRole('button', { name: 'More actions for the selected images' }).click()
  await page.getByRole('menuitem', { name: 'Archive…' }).click()
  await page.getByRole('button', { name: 'Archive', exact: true }).click()
  await expect(page.getByText(`${before - 1} image`).first()).toBeVisible()
  await expect
    .poll(() =>
      service.state
        .images(service.state.dataset(STREET).id)
        .filter(({ is_archived }) => is_archived)
        .map(({ tags }) => tags),
    )
    .toEqual(Array.from({ length: before - 1 }, () => ['double']))
  await page.getByRole('button', { name: 'Back to all images' }).click()
  await expect(images(page).getByRole('option').first()).toBeVisible()
  await expect(page.getByText(`${24 - (before - 1)}`, { exact: true }).first()).toBeVisible()
})

test('images are copied from the gallery to another dataset, and similar images are found', async ({
  app,
  service,
}) => {
  const page = await openRemote(app, service)
  await openGallery(page)
  await images(page).getByRole('option').first().click()
  await page.getByRole('button', { name: 'More actions for the selected images' }).click()
  await app.screenshot('gallery-more')
  await page.getByRole('menuitem', { name: 'Similar images' }).click()
  await expect(page.getByRole('heading', { name: /^Images similar to/ })).toBeVisible()
  await expect(
    page.getByRole('listbox', { name: 'Images of Most similar first' }).getByRole('option').first(),
  ).toBeVisible({ timeout: 20_000 })
  await screenshots(app, page, 'similar-images')
  await page.getByRole('button', { name: 'Select all', exact: true }).click()
  await page.getByRole('button', { name: 'More actions for the selected images' }).click()
  await page.getByRole('menuitem', { name: 'Copy to another dataset…' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Dataset', { exact: true }).selectOption('large')
  await dialog.getByLabel('Directory').fill('picked')
  await screenshots(app, page, 'copy-images')
  await dialog.getByRole('button', { name: 'Copy', exact: true }).click()
  await expect(page.getByText(/copied to “large”/)).toBeVisible({ timeout: 15_000 })
  const copied = service.state
    .images(service.state.dataset('large').id)
    .filter(({ directory_path }) => directory_path === '/picked')
  expect(copied.length).toBeGreaterThan(0)
})

test('the dataset’s instructions are one key away', async ({ app, service }) => {
  const { state } = service
  state.putDataset({
    ...state.dataset(STREET),
    description: 'A car is a car from its door on. Draw what can be seen, not what is guessed.',
  })
  const page = await openRemote(app, service)
  await page.keyboard.press('i')
  const card = page.getByRole('complementary', { name: 'Instructions' })
  await expect(card).toContainText('A car is a car from its door on')
  await page.keyboard.press('i')
  await expect(card).toHaveCount(0)
  await page.keyboard.press('Shift+I')
  const dialog = page.getByRole('dialog', { name: `How to label “${STREET}”` })
  await expect(dialog).toContainText('A car is a car from its door on')
  await screenshots(app, page, 'instructions')
  await page.keyboard.press('Escape')
  await expect(dialog).toHaveCount(0)
})

test('assisted labelling of a folder asks once, sends nothing before, and can be revoked', async ({
  app,
  folder,
  service,
}) => {
  const asked = () => service.requests.filter(({ line }) => line.includes('/sam3/predict')).length
  const paid = () => service.state.collection<{ id: string }>('paid_image').all().length
  await writeImage(join(folder, 'yard.png'), 200, 150)
  const page = await app.start(folder)
  await app.canvas.ready()
  // Without an account and a model there is nothing to ask: models can be got.
  await page.keyboard.press('q')
  await expect(page.getByRole('dialog', { name: 'Models' })).toBeVisible()
  await page.keyboard.press('Escape')
  await page.keyboard.press('ControlOrMeta+,')
  await page.getByRole('tab', { name: 'Accounts' }).click()
  await page.getByRole('button', { name: 'Add account…' }).click()
  await page.getByLabel('API key').fill('pk_live_member')
  await page.getByLabel('Service address').fill(service.url)
  await page.getByRole('button', { name: 'Add account', exact: true }).last().click()
  await expect(page.getByText('Account “Emulated Organisation” added').first()).toBeVisible()
  await page.keyboard.press('Escape')
  await page.keyboard.press('q')
  const dialog = page.getByRole('dialog')
  await expect(dialog).toContainText('$0.0025 per image')
  await screenshots(app, page, 'allow-assist')
  await dialog.getByRole('button', { name: 'Don’t send' }).click()
  await app.canvas.click(30, 30)
  await page.keyboard.press('q')
  const allow = page.getByRole('button', { name: 'Allow for this folder' })
  await expect(allow).toBeVisible()
  expect(asked()).toBe(0)
  await allow.click()
  await expect(app.canvas.hint).toContainText('charged to your plan')
  await app.canvas.click(30, 30)
  await expect(app.canvas.hint).toContainText('Enter draws the proposal', { timeout: 15_000 })
  expect(asked()).toBeGreaterThan(0)
  expect(paid()).toBe(1)
  await page.keyboard.press('Enter')
  await expect(app.canvas.list).toHaveCount(1)
  await page.keyboard.press('ControlOrMeta+,')
  await page.getByRole('tab', { name: 'Accounts' }).click()
  await screenshots(app, page, 'assist-settings')
  await page.getByRole('button', { name: /^Stop sending images of/ }).click()
  await expect(page.getByText('No folder’s images may be sent')).toBeVisible()
  await page.keyboard.press('Escape')
  await page.keyboard.press('v')
  await page.keyboard.press('q')
  await expect(page.getByRole('button', { name: 'Allow for this folder' })).toBeVisible()
})
