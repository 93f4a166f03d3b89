import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from '@playwright/test'
import { writeImage } from '#tests/helpers/core.ts'
import { expectAccessibleInBothThemes } from './accessible.ts'
import { type App, expect, test } from './fixture.ts'

async function addAccount(app: App, { url }: { url: string }): Promise<Page> {
  const page = await app.start()
  await page.getByRole('button', { name: 'Add account' }).click()
  await page.getByLabel('API key').fill('pk_live_member')
  await page.getByLabel('Service address').fill(url)
  await page.getByRole('button', { name: 'Add account', exact: true }).last().click()
  await expect(page.getByRole('heading', { name: 'Emulated Organisation' })).toBeVisible()
  return page
}

const rows = (page: Page, state: string) => page.locator(`[data-transfer=${state}]`)

/** Images of a folder, in directories. */
async function photos(root: string, count: number): Promise<string> {
  const folder = join(root, 'harbour')
  for (const directory of ['day', 'night']) mkdirSync(join(folder, directory), { recursive: true })
  for (let index = 0; index < count; index++)
    await writeImage(join(folder, index % 2 ? 'day' : 'night', `${index}.png`))
  return folder
}

test('a dataset is downloaded with one click, in the format for training', async ({
  app,
  service,
  folder,
}) => {
  const page = await addAccount(app, service)
  await page.getByRole('button', { name: 'Download street scenes' }).click()
  await expect(page.getByRole('dialog').getByRole('status')).toContainText('images')
  await page.getByLabel('Target folder').fill(join(folder, 'street'))
  await page.getByLabel('Format', { exact: true }).selectOption('yolo_seg')
  await expect(page.getByRole('dialog').getByRole('status')).toContainText('are free on the disk')
  await expectAccessibleInBothThemes(page)
  await app.screenshot('download')
  await page.getByRole('button', { name: 'Download', exact: true }).click()
  await expect(rows(page, 'done')).toHaveCount(1)
  await expectAccessibleInBothThemes(page)
  await app.screenshot('transfers')
  expect(readFileSync(join(folder, 'street/data.yaml'), 'utf8')).toContain('car')
  expect(readdirSync(join(folder, 'street'))).toContain('images')
})

test('the second download of a dataset is one click', async ({ app, service, folder }) => {
  const target = join(folder, 'street')
  const page = await addAccount(app, service)
  await page.getByRole('button', { name: 'Download street scenes' }).click()
  await page.getByLabel('Target folder').fill(target)
  await page.getByLabel('Format', { exact: true }).selectOption('coco')
  await page.getByRole('button', { name: 'Download', exact: true }).click()
  await expect(rows(page, 'done')).toHaveCount(1)
  await page.keyboard.press('Escape')
  rmSync(target, { recursive: true })
  await page.getByRole('button', { name: /^street scenes/ }).click()
  await app.canvas.ready()
  await page.getByRole('button', { name: 'Download', exact: true }).click()
  await expect.poll(() => existsSync(join(target, 'annotations'))).toBe(true)
  await expect(page.getByRole('dialog', { name: /^Download/ })).toHaveCount(0)
})

test('a second download asks about locally changed files, and keeps them', async ({
  app,
  service,
  folder,
}) => {
  const target = join(folder, 'street')
  const page = await addAccount(app, service)
  const begin = async () => {
    await page.getByRole('button', { name: 'Download street scenes' }).click()
    await page.getByLabel('Target folder').fill(target)
  }
  await begin()
  await page.getByRole('button', { name: 'Download', exact: true }).click()
  await expect(rows(page, 'done')).toHaveCount(1)
  const label = readdirSync(target).find((name) => name.endsWith('.json')) ?? ''
  writeFileSync(join(target, label), '{ "mine": true }')
  await page.keyboard.press('Escape')
  await begin()
  const choice = page.getByLabel(/^The folder is not empty/)
  await expect(choice).toHaveValue('beside')
  await choice.selectOption('replace')
  await expect(page.getByText('Your changes to them will be lost.')).toBeVisible()
  await choice.selectOption('beside')
  await expectAccessibleInBothThemes(page)
  await app.screenshot('download-again')
  await page.getByRole('button', { name: 'Download', exact: true }).click()
  await expect(rows(page, 'done')).toHaveCount(2)
  expect(readFileSync(join(target, label), 'utf8')).toBe('{ "mine": true }')
  expect(readdirSync(target)).toContain(label.replace('.json', ' (service).json'))
})

test('a folder is uploaded with its directories, and recognised when dropped again', async ({
  app,
  service,
  folder,
}) => {
  const source = await photos(folder, 12)
  const page = await addAccount(app, service)
  const { state } = service
  const images = () =>
    state.images(state.dataset('street scenes').id).filter(({ is_archived }) => !is_archived)
  const before = images().length
  const upload = async () => {
    await page.getByRole('button', { name: 'More for street scenes' }).click()
    await page.getByRole('menuitem', { name: 'Upload…' }).click()
    await page.getByLabel(/^A folder, an image or a ZIP/).fill(source)
  }
  await upload()
  await expect(page.getByRole('dialog').getByRole('status')).toContainText('12 images')
  await expect(page.getByRole('dialog').getByRole('status')).toContainText('2 directories')
  await expectAccessibleInBothThemes(page)
  await app.screenshot('upload')
  await page.getByRole('button', { name: 'Upload 12 images' }).click()
  await expect(rows(page, 'done')).toHaveCount(1)
  expect(images()).toHaveLength(before + 12)
  expect(state.imageAt(state.dataset('street scenes'), 'harbour/day/1.png').id).toBeTruthy()
  await page.keyboard.press('Escape')
  await upload()
  await expect(page.getByRole('dialog').getByRole('status')).toContainText('12 names exist already')
  // Skipped: nothing to do. Replaced: still one each, beside the archived ones.
  await expect(page.getByRole('button', { name: 'Nothing to send' })).toBeDisabled()
  await page.getByRole('dialog').getByText('Replace', { exact: true }).click()
  await page.getByRole('button', { name: 'Upload 12 images' }).click()
  await expect(rows(page, 'done')).toHaveCount(2)
  expect(images()).toHaveLength(before + 12)
})

test('files dropped on an account in a browser become a new dataset', async ({ app, service }) => {
  const page = await addAccount(app, service)
  const png = (await page.evaluate(async () => {
    const canvas = new OffscreenCanvas(16, 12)
    canvas.getContext('2d')?.fillRect(0, 0, 8, 8)
    const blob = await canvas.convertToBlob()
    return [...new Uint8Array(await blob.arrayBuffer())]
  })) as number[]
  const data = await page.evaluateHandle((bytes) => {
    const transfer = new DataTransfer()
    transfer.items.add(new File([new Uint8Array(bytes)], 'a.png', { type: 'image/png' }))
    transfer.items.add(new File([new Uint8Array(bytes)], 'b.png', { type: 'image/png' }))
    return transfer
  }, png)
  await page.dispatchEvent('body', 'dragenter', { dataTransfer: data })
  await expect(page.getByText('Drop to upload into a new dataset')).toBeVisible()
  await app.screenshot('drop')
  await page.dispatchEvent('body', 'drop', { dataTransfer: data })
  await page.getByRole('textbox', { name: 'Name' }).fill('dropped')
  await page.getByRole('button', { name: /^Create/ }).click()
  await page.getByRole('button', { name: 'Upload 2 images' }).click()
  await expect(rows(page, 'done')).toHaveCount(1)
  const { state } = service
  expect(
    state
      .images(state.dataset('dropped').id)
      .map(({ filename }) => filename)
      .sort(),
  ).toEqual(['a.png', 'b.png'])
  expect(readdirSync(join(app.dataDir, 'stages'))).toEqual([])
})

test('a download pauses, resumes after a restart, and leaves no partial file when cancelled', async ({
  app,
  service,
  folder,
}) => {
  // Storage answers slowly, so the download is still running when it is paused.
  service.faults.add({
    match: '^GET .*\\.(png|jpg)',
    times: 1_000_000,
    fault: { kind: 'delay', ms: 800 },
  })
  const page = await addAccount(app, service)
  await page.getByRole('button', { name: 'Download large' }).click()
  await page.getByLabel('Target folder').fill(join(folder, 'large'))
  await page.getByRole('button', { name: 'Download', exact: true }).click()
  await expect(rows(page, 'running')).toContainText(/[1-9]\d* of 12,000 files/)
  await expect(page).toHaveTitle(/^\d+% · /)
  await app.screenshot('transfer-running')
  await page.getByRole('button', { name: 'Pause large' }).click()
  await expect(rows(page, 'paused')).toHaveCount(1)
  await page.getByRole('button', { name: 'Resume large' }).click()
  await expect(rows(page, 'running')).toHaveCount(1)
  await app.restart('kill')
  await app.page.getByRole('button', { name: /^\d+%/ }).click()
  await expect(rows(app.page, 'running')).toHaveCount(1)
  await app.page.getByRole('button', { name: 'Cancel large' }).click()
  await app.page.getByRole('button', { name: 'Cancel download' }).click()
  await expect(rows(app.page, 'cancelled')).toHaveCount(1)
  const left = readdirSync(join(folder, 'large'), { recursive: true }).map(String)
  expect(left.filter((name) => name.endsWith('.part'))).toEqual([])
  expect(existsSync(join(folder, 'large'))).toBe(true)
})
