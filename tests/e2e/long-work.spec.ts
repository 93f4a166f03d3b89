import { linkSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { writeImage } from '#tests/helpers/core.ts'
import { expect, test } from './fixture.ts'

const PARTS = 20
const IN_PART = 1_000

test('work on 20,000 images shows its progress, can be cancelled, and leaves whole images', async ({
  app,
  folder,
}) => {
  test.setTimeout(120_000)
  await writeImage(join(folder, 'first.png'), 120, 80)
  for (let part = 0; part < PARTS; part++) {
    mkdirSync(join(folder, `part${part}`))
    for (let index = 0; index < IN_PART; index++)
      linkSync(join(folder, 'first.png'), join(folder, `part${part}/img${index}.png`))
  }
  const page = await app.start(folder)
  await app.canvas.ready()
  await expect(page.getByRole('banner').getByText('1 / 20001', { exact: true })).toBeVisible({
    timeout: 60_000,
  })
  await page.keyboard.press('ControlOrMeta+g')
  await page.getByRole('listbox', { name: 'Images' }).getByRole('option').first().click()
  await page.keyboard.press('ControlOrMeta+a')
  await expect(page.getByText('20,001 images selected')).toBeVisible()
  const tag = async (name: string) => {
    await page.getByRole('button', { name: 'Tags…' }).click()
    await page.getByLabel('New tag').fill(name)
    await page.getByLabel('New tag').press('Enter')
    await page.keyboard.press('Escape')
  }
  const tagged = async (name: string) => {
    await page.getByRole('combobox', { name: 'Filter by tag' }).selectOption(name)
  }
  await tag('night')
  await expect(page.getByRole('progressbar', { name: 'Add tags: night' })).toBeVisible()
  await app.screenshot('long-work')
  await expect(page.getByRole('progressbar')).toHaveCount(0, { timeout: 60_000 })
  await tagged('night')
  await expect(page.getByText('20,001', { exact: true })).toBeVisible()

  // In the page, because the work may end before a click from here arrives.
  await page.evaluate(() => {
    new MutationObserver((_, observer) => {
      const cancel = document.querySelector('button[aria-label="Cancel: Add tags: dusk"]')
      if (!(cancel instanceof HTMLElement)) return
      observer.disconnect()
      cancel.click()
    }).observe(document.body, { childList: true, subtree: true, attributes: true })
  })
  await tag('dusk')
  const notice = page.getByText(/Cancelled after [\d,]+ images of 20,001/)
  await expect(notice).toBeVisible({ timeout: 60_000 })
  const done = /after ([\d,]+) images/.exec((await notice.textContent()) ?? '')?.[1]
  expect(done).not.toBe('20,001')
  await tagged('dusk')
  await expect(page.getByText(`${done} of 20,001`, { exact: true })).toBeVisible()
})
