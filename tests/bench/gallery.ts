/** What a page does while somebody works in the grid of a folder of 100,000 images: its long tasks. */
import { linkSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { chromium, type Page } from 'playwright'
import { serve } from '#hosts/host-node/server.ts'
import { openCore, temporaryFolder, testPorts, writeImage } from '#tests/helpers/core.ts'
import type { Figure } from './measure.ts'

const IMAGES = 100_000
/** Names that a file may have: ext4 allows 65,000. */
const MOST_LINKS = 50_000
const ROOT = join(import.meta.dirname, '../..')

/** A folder of links to one image, all of them known to the library. */
async function fill(core: ReturnType<typeof openCore>, folder: string): Promise<void> {
  const name = (n: number) => `image-${String(n).padStart(6, '0')}.png`
  await writeImage(join(folder, name(0)), 64, 48)
  const { id } = await core.openFolder(folder)
  await core.library.settled(id)
  const files: { path: string; fileSizeBytes: number; modifiedAtMs: number }[] = []
  for (let first = 0; first < IMAGES; first += MOST_LINKS) {
    const file = join(folder, name(first))
    await writeImage(file, 64, 48)
    const { size, mtimeMs } = statSync(file)
    for (let n = first; n < Math.min(IMAGES, first + MOST_LINKS); n++) {
      if (n > first) linkSync(file, join(folder, name(n)))
      files.push({ path: name(n), fileSizeBytes: size, modifiedAtMs: mtimeMs })
    }
  }
  const images = core.images.upsertFiles(id, files)
  core.images.setFacts(
    images.map((image) => ({ id: image.id, width: 64, height: 48, problem: null })),
  )
}

/** Long tasks (over 50 ms) of the page during some work, milliseconds. */
async function longTasks(page: Page, work: () => Promise<void>): Promise<number[]> {
  await page.evaluate(() => {
    const tasks: number[] = []
    const observer = new PerformanceObserver((list) =>
      tasks.push(...list.getEntries().map(({ duration }) => duration)),
    )
    observer.observe({ type: 'longtask' })
    Reflect.set(window, 'benchTasks', { tasks, observer })
  })
  await work()
  return page.evaluate(async () => {
    // Entries are told when the task after them begins.
    await new Promise((resolve) => setTimeout(resolve, 200))
    const { tasks, observer } = Reflect.get(window, 'benchTasks')
    observer.disconnect()
    return tasks as number[]
  })
}

/** Long tasks while the list loads, and while somebody scrolls, filters, selects all and edits. */
export async function benchGallery(): Promise<Figure[]> {
  using data = temporaryFolder()
  using folder = temporaryFolder()
  await using core = openCore(testPorts(data.path))
  await fill(core, folder.path)
  await using server = await serve({
    core,
    rendererDir: join(ROOT, 'out/renderer'),
    ports: [0],
    host: '127.0.0.1',
    onNewAddress: () => {},
  })
  await using browser = await chromium.launch({
    executablePath: process.env.PICTOGRAPH_BROWSER,
    args: ['--no-sandbox', '--disable-background-networking'],
  })
  const page = await browser.newPage()
  await page.goto(server.url)
  const figures: Figure[] = []
  const row = async (name: string, work: () => Promise<void>) => {
    const start = performance.now()
    const tasks = await longTasks(page, work)
    figures.push(
      { name, value: performance.now() - start, unit: 'ms' },
      { name: '  long tasks', value: tasks.length, unit: '' },
      { name: '  longest task', value: Math.max(0, ...tasks), unit: 'ms' },
    )
    process.stderr.write(`${name}: ${tasks.map(Math.round).join(', ')}\n`)
  }
  const count = (text: string) => page.getByText(text).first().waitFor()
  await row('first screen of the dataset', async () => {
    await page
      .getByRole('button', { name: folder.path.split('/').at(-1) })
      .first()
      .click()
    await page.locator('[data-canvas][data-ready=true]').waitFor()
  })
  await row('the whole list', () => count('1 / 100000'))
  await row('opening the grid', async () => {
    await page.keyboard.press('ControlOrMeta+g')
    await page.getByLabel('Find images by path').waitFor()
  })
  const grid = page.locator('[role=listbox]:has([data-image-id])').first()
  await row('scrolling', async () => {
    await grid.hover()
    for (let n = 0; n < 60; n++) await page.mouse.wheel(0, 2_000)
  })
  await row('filtering by path', async () => {
    await page.getByLabel('Find images by path').fill('image-0999')
    await count('100 of 100,000')
    await page.getByLabel('Find images by path').fill('')
  })
  await row('selecting all', async () => {
    await grid
      .locator('[data-image-id]')
      .first()
      .click({ modifiers: ['ControlOrMeta'] })
    await page.getByRole('button', { name: 'Select all', exact: true }).click()
    await page.getByRole('button', { name: 'Tags…' }).waitFor()
  })
  await row('a tag for all', async () => {
    await page.getByRole('button', { name: 'Tags…' }).click()
    await page.keyboard.type('night')
    await page.keyboard.press('Enter')
    await page.getByRole('progressbar').waitFor()
    await page.getByRole('progressbar').waitFor({ state: 'detached' })
  })
  return figures
}
