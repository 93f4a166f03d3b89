import type { Page } from '@playwright/test'
import type { Emulator } from '#emulator/server.ts'
import { cable } from '#tests/helpers/cable.ts'
import { onService } from '#tests/helpers/cloud.ts'
import { expectAccessibleInBothThemes, showTheme } from './accessible.ts'
import { type App, expect, test } from './fixture.ts'
import { MOD_PRESSED } from './modifier.ts'
import { recordAttribute } from './recorded-attribute.ts'
import { addAccount, openRemote, STREET, shownPath } from './remote.ts'

const tiles = (page: Page, name = /./) =>
  page.getByRole('listbox', { name: 'Images' }).getByRole('option', { name })

const sync = (page: Page) => page.locator('[data-sync]')

function unplug({ faults }: Emulator): void {
  faults.add({ times: 1_000_000, fault: { kind: 'reset' } })
}

test('an account is added, and errors say what is wrong', async ({ app, service }) => {
  const page = await app.start()
  await addAccount(page, service, 'pk_live_wrong')
  await expect(page.getByRole('alert')).toContainText('does not accept this key')
  await page.getByLabel('Service address').fill('http://127.0.0.1:9')
  await page.getByRole('button', { name: 'Add account', exact: true }).last().click()
  await expect(page.getByRole('alert')).toContainText('Couldn’t reach')
  await app.screenshot('account-error')
  await expectAccessibleInBothThemes(page)
  await page.getByLabel('API key').fill('pk_live_member')
  await page.getByLabel('Service address').fill(service.url)
  await page.getByRole('button', { name: 'Add account', exact: true }).last().click()
  await expect(page.getByRole('heading', { name: 'Emulated Organisation' })).toBeVisible()
  await expect(page.getByText('12,000 images')).toBeVisible()
  await expectAccessibleInBothThemes(page)
  await app.screenshot('datasets')
  await page.getByLabel('Search datasets').fill('str')
  const datasets = page.getByRole('list', { name: 'Datasets' })
  await expect(datasets.getByRole('listitem')).toHaveCount(1)
})

test('datasets are created, renamed and archived', async ({ app, service }) => {
  const page = await app.start()
  // Archiving needs an admin.
  await addAccount(page, service, 'pk_live_admin')
  await page.getByRole('button', { name: 'New dataset' }).click()
  await page.getByRole('textbox', { name: 'Name' }).fill(STREET)
  await page.getByRole('button', { name: 'Create and open' }).click()
  await expect(page.getByRole('alert')).toContainText('already exists')
  await page.getByRole('textbox', { name: 'Name' }).fill('harbour')
  await page.getByLabel(/^Classes/).fill('ship, buoy')
  await page.getByRole('button', { name: 'Create and open' }).click()
  await expect(page.getByText('No images in this dataset yet')).toBeVisible()
  await expect(app.canvas.classRow('buoy')).toBeVisible()
  await page.getByRole('button', { name: 'Back to the start screen' }).click()
  await expect(page.getByRole('heading', { name: 'Emulated Organisation' })).toBeVisible()
  await page.getByRole('button', { name: 'More for harbour' }).click()
  await page.getByRole('menuitem', { name: 'Rename…' }).click()
  await page.getByRole('textbox', { name: 'Name' }).fill('port')
  await page.getByRole('button', { name: 'Rename', exact: true }).click()
  await page.getByRole('button', { name: 'More for port' }).click()
  await page.getByRole('menuitem', { name: 'Archive' }).click()
  await expect(page.getByRole('button', { name: /^port/ })).toHaveCount(0)
  await page.getByText('Archived').click()
  await expect(page.getByRole('button', { name: /^port/ })).toBeVisible()
})

test('edits are pushed automatically and survive a restart', async ({ app, service }) => {
  const page = await openRemote(app, service)
  const states = await recordAttribute(sync(page), 'data-sync')
  await page.keyboard.press('r')
  await app.canvas.drag([20, 20], [80, 70])
  // It is shown for only two seconds, so polling could miss it.
  await expect.poll(states).toContain('waiting')
  await expect(sync(page)).toHaveAttribute('data-sync', 'synced', { timeout: 15_000 })
  const image = await page.locator('[data-canvas]').getAttribute('data-image')
  expect(image).not.toBeNull()
  const path = await shownPath(page)
  expect(onService(service, STREET, path)).toMatchObject([{ name: 'car' }])
  await app.screenshot('remote-canvas')
  await page.getByRole('combobox', { name: 'Stage' }).selectOption('review')
  await page.keyboard.press('ControlOrMeta+s')
  await expect(app.canvas.hint).toContainText('Everything is on the service')
  await app.restart()
  await app.page.getByRole('button', { name: /^street scenes/ }).click()
  await app.canvas.ready()
  await expect(app.canvas.list).toHaveCount(1)
})

test('“Send now” includes a choice made at the same moment', async ({ app, service }) => {
  const page = await openRemote(app, service)
  const path = await shownPath(page)
  for (const stage of ['review', 'complete', 'annotate', 'review', 'complete']) {
    await page.evaluate(
      ({ value, mod }) => {
        const select = document.querySelector<HTMLSelectElement>('select[aria-label=Stage]')
        if (!select) throw new Error('No stage to choose')
        // Like a user's choice: React does not notice a value that is set on the element itself.
        Object.getOwnPropertyDescriptor(HTMLSelectElement.prototype, 'value')?.set?.call(
          select,
          value,
        )
        select.dispatchEvent(new Event('change', { bubbles: true }))
        dispatchEvent(new KeyboardEvent('keydown', { key: 's', code: 'KeyS', ...mod }))
      },
      { value: stage, mod: MOD_PRESSED },
    )
    await expect(app.canvas.hint).toContainText('Everything is on the service')
    const { state } = service
    expect(state.imageAt(state.dataset(STREET), path)).toMatchObject({ status: stage })
  }
})

test('12,000 images in a grid are filtered, selected and changed together', async ({
  app,
  service,
}) => {
  const page = await openRemote(app, service, 'large')
  await page.keyboard.press('ControlOrMeta+g')
  await expect(page.getByText('12,000', { exact: true })).toBeVisible()
  await expect(tiles(page).first()).toBeVisible()
  await expect(page.locator('[role=option] img').first()).toBeVisible()
  await page.getByLabel('Find images by path').fill('0001')
  await expect(page.getByText('12 of 12,000')).toBeVisible()
  await tiles(page).nth(1).click()
  await tiles(page)
    .nth(3)
    .click({ modifiers: ['Shift'] })
  await expect(page.getByText('3 images selected')).toBeVisible()
  await page.getByLabel('Set the stage').selectOption('complete')
  await page.getByLabel('Set the split').selectOption('val')
  await page.getByRole('button', { name: 'Tags…' }).click()
  await page.getByLabel('New tag').fill('night')
  await page.getByLabel('New tag').press('Enter')
  await page.keyboard.press('Escape')
  await expect(tiles(page, /Complete/)).toHaveCount(3)
  await expect(tiles(page).filter({ hasText: 'night' })).toHaveCount(3)
  await expectAccessibleInBothThemes(page)
  await app.screenshot('gallery')
  await page.getByRole('button', { name: 'Back to the start screen' }).waitFor()
  await sync(page).click()
  await page.getByRole('button', { name: 'Send now' }).click()
  await expect(page.getByText('Everything is on the service')).toBeVisible()
  const { state } = service
  const told = state.images(state.dataset('large').id).filter(({ status }) => status === 'complete')
  expect(told.map(({ split, tags }) => ({ split, tags }))).toEqual(
    Array(3).fill({ split: 'val', tags: ['night'] }),
  )
})

test('offline work continues, and is sent when the network is back', async ({ app, service }) => {
  const page = await openRemote(app, service)
  await page.keyboard.press('ControlOrMeta+g')
  await page.getByRole('button', { name: 'Make available offline' }).click()
  await page.getByRole('button', { name: 'Download all images' }).click()
  await expect(page.getByRole('button', { name: 'Available offline', exact: true })).toBeVisible()
  await app.screenshot('offline-menu')
  await page.keyboard.press('Escape')
  unplug(service)
  await tiles(page).nth(12).dblclick()
  await app.canvas.ready()
  await page.keyboard.press('r')
  await app.canvas.drag([20, 20], [80, 70])
  await app.canvas.saved()
  await expect(page.getByText('Working offline.')).toBeVisible({ timeout: 15_000 })
  await app.screenshot('offline')
  await expectAccessibleInBothThemes(page)
  await page.keyboard.press('d')
  await app.canvas.ready()
  await page.keyboard.press('k')
  await app.canvas.click(50, 50)
  await page.getByRole('combobox', { name: 'Split' }).selectOption('test')
  await app.canvas.saved()
  await expect(sync(page)).toContainText('3 waiting')
  // Not even a crash while offline loses it.
  await app.restart('kill')
  await app.page.getByRole('button', { name: /^street scenes/ }).click()
  await app.canvas.ready()
  await sync(app.page).click()
  await expect(app.page.getByRole('listitem').filter({ hasText: 'Annotations' })).toHaveCount(2)
  await app.screenshot('outbox')
  await expectAccessibleInBothThemes(app.page)
  service.faults.clear()
  await expect(app.page.getByText('Everything is on the service')).toBeVisible({ timeout: 30_000 })
  const { state } = service
  const there = state.images(state.dataset(STREET).id)
  expect(there.filter(({ annotation_count }) => annotation_count === 1)).toHaveLength(2)
  expect(there.filter(({ split }) => split === 'test')).toHaveLength(1)
})

test('two people change the same shape, one offline: both versions are shown, and one person decides', async ({
  app,
  otherApp,
  service,
}) => {
  await using line = await cable(service.url)
  const page = await openRemote(app, line)
  await page.keyboard.press('r')
  await app.canvas.drag([30, 30], [90, 80])
  await page.keyboard.press('ControlOrMeta+s')
  await expect(app.canvas.hint).toContainText('Everything is on the service', { timeout: 15_000 })
  const other = await openRemote(otherApp, service)
  await expect(otherApp.canvas.list).toHaveCount(1)
  const classOf = (person: App) => person.canvas.list.first().getByRole('combobox')
  const relabel = async (person: App, name: string) => {
    await classOf(person).hover()
    await classOf(person).selectOption(name)
    await person.canvas.saved()
  }
  line.unplug()
  await relabel(app, 'person')
  await relabel(otherApp, 'lane')
  await other.keyboard.press('ControlOrMeta+s')
  await expect(otherApp.canvas.hint).toContainText('Everything is on the service', {
    timeout: 15_000,
  })
  await expect(page.getByText('Working offline.')).toBeVisible({ timeout: 15_000 })
  line.plug()
  await expect(sync(page)).toHaveAttribute('data-sync', 'conflict', { timeout: 30_000 })
  const bar = page.getByRole('region', { name: 'Conflicts with the service' })
  await expect(bar).toContainText('yours: person, theirs: lane')
  await app.screenshot('conflict')
  await expectAccessibleInBothThemes(page)
  await page.keyboard.press('Alt+t')
  await expect(bar).toHaveCount(0)
  await expect(sync(page)).toHaveAttribute('data-sync', 'synced', { timeout: 15_000 })
  await expect(classOf(app)).toHaveValue('lane')
})

test('comments on a shape reach other people', async ({ app, service }) => {
  const page = await openRemote(app, service)
  await page.keyboard.press('r')
  await app.canvas.drag([30, 30], [90, 80])
  await app.canvas.list
    .first()
    .getByRole('button', { name: /^Select/ })
    .click()
  await page.getByLabel('Write a comment').fill('Is this one car or two?')
  await page.getByLabel('Write a comment').press('Enter')
  await expect(page.getByRole('region', { name: 'Comments' })).toContainText('one car or two')
  await page.getByRole('button', { name: 'Reply' }).click()
  await page.getByLabel('Write a reply').fill('Two: look at the wheels')
  await page.getByLabel('Write a reply').press('Enter')
  await expect(page.getByRole('list', { name: 'Replies' })).toContainText('look at the wheels')
  await page.getByRole('button', { name: 'React' }).last().click()
  await page.getByRole('button', { name: 'Celebrate' }).click()
  await expect(page.getByRole('button', { name: 'Celebrate (1)', pressed: true })).toBeVisible()
  await page.keyboard.press('ControlOrMeta+s')
  await expect(app.canvas.hint).toContainText('Everything is on the service', { timeout: 15_000 })
  // The service adds the author, and has the reaction.
  const comments = page.getByRole('region', { name: 'Comments' })
  await expect(comments.getByLabel('Not sent yet')).toHaveCount(0)
  await expect(comments.getByText('Member Person').first()).toBeVisible()
  await expect(page.getByRole('button', { name: 'Celebrate (1)', pressed: true })).toBeVisible()
  await app.screenshot('comments')
  await expectAccessibleInBothThemes(page)
  await showTheme(page, 'dark')
  await app.screenshot('comments-dark')
  await page.getByRole('button', { name: 'Celebrate (1)' }).click()
  await expect(page.getByRole('button', { name: 'Celebrate (1)' })).toHaveCount(0)
  await page.getByRole('button', { name: 'Resolve' }).click()
  await expect(page.getByRole('button', { name: 'Reopen' })).toBeVisible()
})

test('assisted labelling proposes, and only Enter draws', async ({ app, service }) => {
  const page = await openRemote(app, service)
  await page.keyboard.press('q')
  await expect(app.canvas.hint).toContainText('charged to your plan')
  await app.canvas.click(60, 60)
  await expect(app.canvas.hint).toContainText('Enter draws the proposal')
  await app.screenshot('assist')
  await page.keyboard.press('Escape')
  await expect(app.canvas.list).toHaveCount(0)
  await app.canvas.drag([20, 20], [100, 90])
  await expect(app.canvas.hint).toContainText('Enter draws the proposal')
  // A paid proposal is kept while another image is open.
  const image = page.locator('[data-canvas]')
  const first = await image.getAttribute('data-image')
  await page.keyboard.press('d')
  await expect(image).not.toHaveAttribute('data-image', first ?? '')
  await page.keyboard.press('a')
  await expect(image).toHaveAttribute('data-image', first ?? '')
  await app.canvas.ready()
  await expect(app.canvas.hint).toContainText('Enter draws the proposal')
  await page.keyboard.press('Enter')
  await expect(app.canvas.list).toHaveCount(1)
  await page.keyboard.press('Shift+q')
  await page.getByLabel('What to look for').fill('car')
  await page.getByRole('button', { name: 'Find', exact: true }).click()
  await expect(app.canvas.hint).toContainText('Enter draws the proposal')
  await page.keyboard.press('Enter')
  await expect(app.canvas.list).not.toHaveCount(1)
})

test('a refused change stays, with the service’s message and what to do', async ({
  app,
  service,
}) => {
  const page = await openRemote(app, service)
  const path = await shownPath(page)
  const { state } = service
  state.deleteImage(state.imageAt(state.dataset(STREET), path).id)
  await page.keyboard.press('k')
  await app.canvas.click(50, 50)
  await page.keyboard.press('ControlOrMeta+s')
  await expect(sync(page)).toHaveAttribute('data-sync', 'failed', { timeout: 15_000 })
  await sync(page).click()
  const refused = page.getByRole('dialog', { name: 'Outbox' }).getByRole('listitem')
  await expect(refused).toContainText('Not found on the service')
  await expect(refused).toContainText('Request')
  await app.screenshot('refused')
  await page.getByRole('button', { name: 'Discard' }).click()
  await page.getByRole('dialog').last().getByRole('button', { name: 'Discard' }).click()
  await expect(page.getByText('Everything is on the service')).toBeVisible()
})
