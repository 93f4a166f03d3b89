import { type Browser, chromium, type Page } from 'playwright'
import sharp from 'sharp'
import { PictureTools } from '#shared/assist/picture-tools.ts'
import type { Point } from '#shared/model/annotation.ts'
import { temporaryFolder } from '#tests/helpers/core.ts'
import { fittedPlace, openApp } from './editor.ts'
import { type Figure, medianOfThree, percentile } from './measure.ts'
import { framesDuring, paced } from './page-probe.ts'
import { PHOTO } from './scenario.ts'

const DISC = { x: 2000, y: 1500, radius: 900 }

const onDisc = (angle: number): Point => ({
  x: DISC.x + DISC.radius * Math.cos(angle),
  y: DISC.y + DISC.radius * Math.sin(angle),
})

/** Twelve megapixels: a disc on a ground, under the noise of a camera. */
async function writeDisc(file: string): Promise<void> {
  const { width, height } = PHOTO
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">
    <rect width="100%" height="100%" fill="#7d9a80"/><circle cx="${DISC.x}" cy="${DISC.y}" r="${DISC.radius}" fill="#c88a44"/></svg>`
  const noise = await sharp({
    create: {
      width: width / 2,
      height: height / 2,
      channels: 3,
      background: '#808080',
      noise: { type: 'gaussian', mean: 128, sigma: 20 },
    },
  })
    .resize(width, height)
    .png()
    .toBuffer()
  await sharp(Buffer.from(svg))
    .composite([{ input: noise, blend: 'soft-light' }])
    .jpeg({ quality: 90 })
    .toFile(file)
}

async function readDisc(): Promise<PictureTools> {
  using folder = temporaryFolder()
  const file = `${folder.path}/disc.jpg`
  await writeDisc(file)
  const { data, info } = await sharp(file).ensureAlpha().raw().toBuffer({ resolveWithObject: true })
  return new PictureTools({ width: info.width, height: info.height, data: new Uint8Array(data) })
}

const AROUND = { x: 1060, y: 570, w: 1880, h: 1850 }

/** The work itself, on one core and without a page. */
async function measureWork(): Promise<Figure[]> {
  const tools = await readDisc()
  const pathTimes: number[] = []
  for (let step = 1; step <= 200; step++) {
    const start = performance.now()
    tools.wirePath(onDisc(0), onDisc(step * 0.015), 6, 1)
    pathTimes.push(performance.now() - start)
  }
  const outlineMs = await medianOfThree(() =>
    tools.outline({ box: AROUND, positive: [], negative: [] }),
  )
  const wandMs = await medianOfThree(() => tools.wand([{ at: DISC, adds: true }], 40))
  return [
    { name: 'live-wire, a path, p95', value: percentile(pathTimes, 0.95), unit: 'ms' },
    { name: 'box to polygon, work', value: outlineMs, unit: 'ms' },
    { name: 'wand, work', value: wandMs, unit: 'ms' },
  ]
}

/** Tasks of the page over 50 ms from now on; the longest is what is answered. Milliseconds, 0: there was none. */
async function watchTasks(page: Page): Promise<() => Promise<number>> {
  await page.evaluate(() => {
    const longest = { ms: 0 }
    Reflect.set(window, 'benchLongest', longest)
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) longest.ms = Math.max(longest.ms, duration)
    }).observe({ type: 'longtask' })
  })
  return () => page.evaluate(() => Reflect.get(window, 'benchLongest').ms)
}

/** Milliseconds until the status line has these words, by the page's clock, from when the pointer is lifted. */
async function liftToHint(page: Page, words: string): Promise<number> {
  await page.evaluate((wanted) => {
    const hint = document.querySelector('[data-hint]')
    addEventListener(
      'pointerup',
      ({ timeStamp }) => {
        const look = (now: number) => {
          if (hint?.textContent?.includes(wanted))
            Reflect.set(window, 'benchFound', now - timeStamp)
          else requestAnimationFrame(look)
        }
        Reflect.set(window, 'benchFound', null)
        requestAnimationFrame(look)
      },
      { once: true, capture: true },
    )
  }, words)
  await page.mouse.up()
  const found = await page.waitForFunction(() => Reflect.get(window, 'benchFound'))
  return Number(await found.jsonValue())
}

async function measurePage(browser: Browser): Promise<Figure[]> {
  await using app = await openApp(browser, [{ name: 'a.jpg', annotations: [] }], writeDisc)
  const { page } = app
  const toPage = await fittedPlace(page)
  const longest = await watchTasks(page)
  await page.keyboard.press('e')
  await page.keyboard.press('p')
  const first = toPage(onDisc(0))
  await page.mouse.click(first.x, first.y)
  const hint = page.locator('[data-hint]')
  await hint.getByText(/more needed/).waitFor()
  const frames = await framesDuring(page, () =>
    paced(180, (step) => {
      const at = toPage(onDisc((step + 1) * 0.017))
      return page.mouse.move(at.x, at.y)
    }),
  )
  await page.keyboard.press('Escape')
  await page.keyboard.press('Shift+W')
  const times: number[] = []
  for (let run = 0; run < 5; run++) {
    const from = toPage({ x: AROUND.x - run * 8, y: AROUND.y })
    const to = toPage({ x: AROUND.x + AROUND.w, y: AROUND.y + AROUND.h + run * 8 })
    await page.mouse.move(from.x, from.y)
    await page.mouse.down()
    await page.mouse.move((from.x + to.x) / 2, (from.y + to.y) / 2)
    await page.mouse.move(to.x, to.y)
    times.push(await liftToHint(page, 'Enter draws'))
    await page.keyboard.press('Escape')
    await hint.getByText(/Drag a box/).waitFor()
  }
  return [
    { name: 'live-wire on 12 MP, frame p95', value: frames.p95, unit: 'ms' },
    { name: 'box to polygon, seen, p50', value: percentile(times, 0.5), unit: 'ms' },
    { name: 'box to polygon, seen, worst', value: Math.max(...times), unit: 'ms' },
    { name: 'longest task of the page', value: await longest(), unit: 'ms' },
  ]
}

/** Smart tools without a model, on a photo of twelve megapixels. */
export async function benchAssistLocal(): Promise<Figure[]> {
  const work = await measureWork()
  await using browser = await chromium.launch({
    executablePath: process.env.PICTOGRAPH_BROWSER,
    args: ['--no-sandbox', '--disable-background-networking'],
  })
  return [...(await measurePage(browser)), ...work]
}
