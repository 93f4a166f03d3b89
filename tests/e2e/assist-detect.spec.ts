import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import sharp from 'sharp'
import { DATABASE_FILE } from '#core/cache/database.ts'
import { tinyDetector } from '#emulator/tiny-onnx.ts'
import { FOUND_BY } from '#shared/model/proposal.ts'
import { expectAccessibleInBothThemes } from './accessible.ts'
import { type App, engineIsSeparate, expect, test } from './fixture.ts'

/** The detector sees 64 × 64 pixels, so a square of its finest grid is this large in a picture of 640 × 640. */
const SQUARE = 80
const RED = '#ffdcbe'
const PALE_RED = '#e1b9a5'
const BLUE = '#aac8eb'
/** Column and row of each bright square, and its colour: red is a car, blue a dog. */
const SQUARES: [column: number, row: number, color: string][] = [
  [1, 2, RED],
  [5, 1, BLUE],
  [3, 5, PALE_RED],
]

async function writePicture(file: string): Promise<void> {
  const squares = SQUARES.map(
    ([column, row, color]) =>
      `<rect x="${column * SQUARE}" y="${row * SQUARE}" width="${SQUARE}" height="${SQUARE}" fill="${color}"/>`,
  )
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="640" height="640">
    <rect width="640" height="640" fill="#2b3a42"/>${squares.join('')}</svg>`
  await sharp(Buffer.from(svg)).png().toFile(file)
}

/** A model as somebody puts it into the folder of models. */
function putModel({ dataDir }: App): void {
  const folder = join(dataDir, 'models')
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'tiny.onnx'), tinyDetector())
  writeFileSync(
    join(folder, 'tiny.json'),
    JSON.stringify({ name: 'Street detector', version: '3', classes: ['car', 'dog'] }),
  )
}

function count(app: App, sql: string): number {
  const db = new Database(join(app.dataDir, DATABASE_FILE), { readonly: true })
  try {
    return db.prepare<[], { n: number }>(`SELECT count(*) AS n FROM ${sql}`).get()?.n ?? 0
  } finally {
    db.close()
  }
}

async function start(app: App, folder: string, pictures: number): Promise<void> {
  putModel(app)
  for (let index = 0; index < pictures; index++)
    await writePicture(join(folder, `street-${String(index).padStart(2, '0')}.png`))
  await app.start(folder)
  await app.canvas.ready()
}

const detectDialog = ({ page }: App) => page.getByRole('dialog', { name: 'Detect objects' })

/** Through the dialog, on what it offers first. */
async function detect(app: App, images?: string): Promise<void> {
  await app.page.keyboard.press('Shift+D')
  const dialog = detectDialog(app)
  await expect(dialog).toContainText('Recognized as')
  if (images) await dialog.getByRole('radio', { name: images }).check({ force: true })
  await app.page.keyboard.press('Enter')
  await expect(dialog).toBeHidden()
}

const rows = ({ page }: App) => page.getByRole('list', { name: /^\d+ proposals?$/ }).locator('li')

async function showProposals(app: App): Promise<void> {
  await app.page.getByRole('tab', { name: /^Proposals/ }).click()
  await app.page.locator('[data-canvas]').focus()
}

const classesOf = (app: App) => app.stored('street-00.png').map(({ className }) => className)

test('a model says what it is taken for, and its proposals are accepted and dropped by key', async ({
  app,
  folder,
}) => {
  await start(app, folder, 2)
  const { page } = app
  await page.keyboard.press('Shift+D')
  await expect(detectDialog(app)).toContainText('Recognized as YOLOX')
  await expect(detectDialog(app)).toContainText('a row for each of the 84 cells')
  await expectAccessibleInBothThemes(page)
  await app.screenshot('detect')
  await page.keyboard.press('Escape')
  await detect(app)
  await showProposals(app)
  await expect(rows(app)).toHaveCount(3)
  await expect(app.canvas.hint).toHaveText('3 proposals found')
  await expect(rows(app).first()).toHaveText(/car\s*9\d%/)
  await expectAccessibleInBothThemes(page)
  await app.screenshot('proposals')
  // Nothing of it is an annotation.
  expect(app.stored('street-00.png')).toEqual([])
  await page.keyboard.press('y')
  await expect(rows(app)).toHaveCount(2)
  await expect.poll(() => classesOf(app)).toEqual(['car'])
  const [car] = app.stored('street-00.png')
  expect(car.confidence).toBeGreaterThan(0.9)
  expect(car.confidence).toBeLessThan(1)
  expect(car.attributes).toEqual({ [FOUND_BY]: 'Street detector 3' })
  expect(car.shape).toMatchObject({ kind: 'bbox', x: 80, y: 160, w: 80, h: 80 })
  await page.keyboard.press('Shift+N')
  await expect(rows(app)).toHaveCount(1)
  await page.keyboard.press('ControlOrMeta+z')
  await expect(rows(app)).toHaveCount(2)
  await page.keyboard.press('Shift+Y')
  await expect(page.getByText('No proposals on this image')).toBeVisible()
  await expect.poll(() => classesOf(app).length).toBe(3)
  // One step.
  await page.keyboard.press('ControlOrMeta+z')
  await expect(rows(app)).toHaveCount(2)
  await expect.poll(() => classesOf(app)).toEqual(['car'])
})

test('thresholds and classes count at once, and what is there already is marked', async ({
  app,
  folder,
}) => {
  await start(app, folder, 1)
  const { page, canvas } = app
  await page.keyboard.press('r')
  await canvas.drag([82, 158], [158, 238])
  await page.keyboard.press('v')
  await canvas.saved()
  await detect(app)
  await showProposals(app)
  await expect(rows(app)).toHaveCount(3)
  await expect(rows(app).first()).toContainText('overlaps')
  const thresholds = page.getByRole('region', { name: 'Thresholds of Street detector' })
  await thresholds.getByRole('button', { name: 'Street detector' }).click()
  await thresholds.getByLabel('Class of the dataset for dog').selectOption('Ignore')
  await expect(rows(app)).toHaveCount(2)
  await app.screenshot('proposals-thresholds')
  await thresholds.getByLabel('Confidence').fill('90')
  await expect(rows(app)).toHaveCount(1)
  await thresholds.getByLabel('Confidence').fill('100')
  await expect(page.getByText('No proposal above the threshold')).toBeVisible()
  await thresholds.getByLabel('Confidence').fill('30')
  await page.getByRole('button', { name: 'Accept new (1)' }).click()
  await expect.poll(() => classesOf(app).length).toBe(2)
  // Remembered for the model and the dataset.
  await app.restart('quit', folder)
  await app.canvas.ready()
  await detect(app)
  await showProposals(app)
  await expect(rows(app)).toHaveCount(2)
})

test('a whole dataset in the background: killed in the middle, it goes on, and the grid tells', async ({
  app,
  folder,
}) => {
  test.skip(!engineIsSeparate, 'the engine is the window here')
  const pictures = 60
  await start(app, folder, pictures)
  const done = () => count(app, "detect_item WHERE state = 'done'")
  await detect(app, `All ${pictures} images`)
  await expect(app.page.getByRole('button', { name: /^Detection: \d+%$/ })).toBeVisible()
  await expect.poll(done, { intervals: [20] }).toBeGreaterThan(2)
  await app.stop('kill')
  expect(done()).toBeLessThan(pictures)
  const before = count(app, 'proposal')
  expect(before).toBe(3 * done())
  await app.start(folder)
  await app.canvas.ready()
  await expect.poll(done, { timeout: 60_000 }).toBe(pictures)
  // Each image once.
  expect(count(app, 'proposal')).toBe(3 * pictures)
  const { page } = app
  await page.keyboard.press('ControlOrMeta+g')
  await page.getByLabel('Filter by proposals').selectOption('Proposals')
  await expect(page.getByRole('option', { name: /street-00/ })).toBeVisible()
  await page.getByLabel('Filter by proposals').selectOption('No proposals')
  await expect(page.getByText('No images found')).toBeVisible()
  await page.getByRole('button', { name: 'Detection', exact: true }).click()
  const jobs = page.getByRole('region', { name: 'Detection on this computer' })
  await expect(jobs).toContainText(`60 of 60 images · ${3 * pictures} proposals`)
  await expectAccessibleInBothThemes(page)
  await app.screenshot('detection-jobs')
})

test('an ONNX file dropped on the window becomes a model', async ({ app, folder }) => {
  await writePicture(join(folder, 'street-00.png'))
  const page = await app.start(folder)
  await app.canvas.ready()
  const dropped = await page.evaluateHandle(
    (bytes) => {
      const transfer = new DataTransfer()
      transfer.items.add(new File([new Uint8Array(bytes)], 'tiny.onnx'))
      return transfer
    },
    [...tinyDetector()],
  )
  await page.dispatchEvent('body', 'dragenter', { dataTransfer: dropped })
  await page.dispatchEvent('body', 'drop', { dataTransfer: dropped })
  const models = page.getByRole('dialog', { name: 'Models' })
  await expect(models.getByRole('listitem').filter({ hasText: 'tiny' })).toContainText('Detect')
  // From the dialog of models to the one that uses them, and back.
  await page.keyboard.press('Escape')
  await page.keyboard.press('Shift+D')
  await expect(detectDialog(app)).toContainText('Recognized as YOLOX')
  await detectDialog(app).getByRole('button', { name: 'Models…' }).click()
  await expect(models).toBeVisible()
})
