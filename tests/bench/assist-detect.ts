import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { chromium, type Page } from 'playwright'
import sharp from 'sharp'
import { DATABASE_FILE } from '#core/cache/database.ts'
import { temporaryFolder } from '#tests/helpers/core.ts'
import { seededRandom } from '#tests/helpers/random.ts'
import { type Figure, percentile } from './measure.ts'
import { dragAround, type Frames, framesDuring } from './page-probe.ts'
import { yoloSizedDetector } from './yolo-sized.ts'

const ROOT = join(import.meta.dirname, '../..')
const IMAGES = Number(process.env.BENCH_IMAGES ?? 1_000)
const PHOTO = { width: 1280, height: 960 }
const WINDOW = { width: 1600, height: 900 }

/** Noise on a gradient, so that it is decoded like a photo. */
async function writePhotos(folder: string): Promise<void> {
  const random = seededRandom(3)
  const small = { width: PHOTO.width / 4, height: PHOTO.height / 4, channels: 3 } as const
  const pixels = Buffer.from({ length: small.width * small.height * 3 })
  for (let index = 0; index < pixels.length; index++)
    pixels[index] = 60 + ((index / pixels.length) * 120 + random() * 60)
  const nameOf = (index: number) => join(folder, `photo-${String(index).padStart(4, '0')}.jpg`)
  await sharp(pixels, { raw: small }).resize(PHOTO).jpeg().toFile(nameOf(0))
  for (let index = 1; index < IMAGES; index++) copyFileSync(nameOf(0), nameOf(index))
}

async function serve(
  dataDir: string,
  folder: string,
): Promise<{ child: ChildProcess; url: string }> {
  const args = ['--serve', '--port', '0', '--data', dataDir, folder]
  const child = spawn(process.execPath, [join(ROOT, 'bin/pictograph-desktop.mjs'), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let said = ''
  const { promise, resolve } = Promise.withResolvers<string>()
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    said += text
    const url = /Serving on (\S+)/.exec(said)?.[1]
    if (url) resolve(url)
  })
  return { child, url: await promise }
}

/** Tasks of the page that take longer than 50 ms, from now on. */
async function watchLongTasks(page: Page): Promise<() => Promise<number[]>> {
  await page.evaluate(() => {
    const taken: number[] = []
    Reflect.set(window, 'benchLongTasks', taken)
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) taken.push(duration)
    }).observe({ type: 'longtask' })
  })
  return () => page.evaluate(() => Reflect.get(window, 'benchLongTasks') as number[])
}

async function panOnce(page: Page): Promise<Frames> {
  const from = { x: WINDOW.width / 2, y: WINDOW.height / 2 }
  return framesDuring(page, () => dragAround(page, from, 150, 'middle'))
}

/** A whole dataset through a detector of YOLO's size in the background, while somebody pans. */
export async function benchDetect(): Promise<Figure[]> {
  using data = temporaryFolder()
  using folder = temporaryFolder()
  await writePhotos(folder.path)
  mkdirSync(join(data.path, 'models'), { recursive: true })
  writeFileSync(join(data.path, 'models/yolo-sized.onnx'), yoloSizedDetector())
  const { child, url } = await serve(data.path, folder.path)
  await using browser = await chromium.launch({
    executablePath: process.env.PICTOGRAPH_BROWSER,
    args: ['--no-sandbox', '--disable-background-networking'],
  })
  const page = await browser.newPage({ viewport: WINDOW })
  await page.goto(url)
  await page.locator('[data-canvas][data-ready=true]').waitFor()
  const db = new Database(join(data.path, DATABASE_FILE), { readonly: true })
  const count = (sql: string) =>
    db.prepare<[], { n: number }>(`SELECT count(*) AS n FROM ${sql}`).get()?.n ?? 0
  while (count('image WHERE width IS NOT NULL') < IMAGES) await page.waitForTimeout(200)
  const idle = await panOnce(page)
  await page.keyboard.press('Shift+D')
  const dialog = page.getByRole('dialog', { name: 'Detect objects' })
  await dialog.getByText('Recognized as').waitFor()
  await dialog.getByRole('radio', { name: /^All/ }).check({ force: true })
  const longTasks = await watchLongTasks(page)
  await page.keyboard.press('Enter')
  const began = performance.now()
  const done = () => count("detect_item WHERE state <> 'waiting'")
  const frames: Frames[] = []
  const answersMs: number[] = []
  while (done() < IMAGES) {
    frames.push(await panOnce(page))
    const asked = performance.now()
    await page.evaluate(() => fetch('/').then((answer) => answer.text()))
    answersMs.push(performance.now() - asked)
  }
  const seconds = (performance.now() - began) / 1000
  const failed = count("detect_item WHERE state = 'failed'")
  const tasks = await longTasks()
  db.close()
  child.kill('SIGTERM')
  await once(child, 'exit')
  const middle = (pick: (frame: Frames) => number) => percentile(frames.map(pick), 0.5)
  return [
    { name: `${IMAGES} images, detector 640²`, value: IMAGES / seconds, unit: 'images/s' },
    { name: 'of them failed', value: failed, unit: 'images' },
    {
      name: 'pan meanwhile, frame p50',
      value: middle(({ p50 }) => p50),
      unit: 'ms',
      baseline: { name: 'idle', value: idle.p50 },
      ratio: idle.p50 / middle(({ p50 }) => p50),
    },
    {
      name: 'pan meanwhile, frame p95',
      value: middle(({ p95 }) => p95),
      unit: 'ms',
      baseline: { name: 'idle', value: idle.p95 },
      ratio: idle.p95 / middle(({ p95 }) => p95),
    },
    { name: 'longest task of the page', value: Math.max(0, ...tasks), unit: 'ms' },
    { name: 'engine answers, p95', value: percentile(answersMs, 0.95), unit: 'ms' },
  ]
}
