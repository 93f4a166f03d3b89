import type { Page } from '@playwright/test'
import type { App } from './fixture.ts'

/** A dataset of the emulator's seed. */
export const STREET = 'street scenes'

export async function addAccount(
  page: Page,
  { url }: { url: string },
  key = 'pk_live_member',
): Promise<void> {
  await page.getByRole('button', { name: 'Add account' }).click()
  await page.getByLabel('API key').fill(key)
  await page.getByLabel('Service address').fill(url)
  await page.getByRole('button', { name: 'Add account', exact: true }).last().click()
}

/** Starts an app with an account, on a remote dataset. */
export async function openRemote(
  app: App,
  service: { url: string },
  dataset = STREET,
): Promise<Page> {
  const page = await app.start()
  await addAccount(page, service)
  await page.getByRole('button', { name: new RegExp(`^${dataset}`) }).click()
  await app.canvas.ready()
  return page
}

/** The open image's path in its dataset. */
export async function shownPath(page: Page, dataset = STREET): Promise<string> {
  const title = await page.locator('header p').getAttribute('title')
  return title?.replace(`${dataset} / `, '') ?? ''
}
