import { join } from 'node:path'
import { type Browser, chromium, type Page } from 'playwright'
import sharp from 'sharp'
import { serve } from '#hosts/host-node/server.ts'
import { type Annotation, newId, type Point } from '#shared/model/annotation.ts'
import { openCore, temporaryFolder, testPorts } from '#tests/helpers/core.ts'
import { seededRandom } from '#tests/helpers/random.ts'
import { buildPages, servePages } from './editor-pages.ts'
import { type Figure, percentile } from './measure.ts'
import {
  dragAround,
  type Frames,
  framesDuring,
  heapMb,
  hoverCost,
  wheelAround,
} from './page-probe.ts'
import { largePolygon, lonePolygon, PHOTO, scenario } from './scenario.ts'

const COUNT = 10_000
const MANY = 50_000
const LARGE = 5_000
const WINDOW = { width: 1600, height: 900 }

interface Measured {
  pan: Frames | null
  zoom: Frames | null
  drag: Frames
  hoverMs: number
  openMs: number
  heapMb: number
}

/** A photo of the scenario's size: noise on a gradient, so that it compresses like one. */
async function writePhoto(file: string): Promise<void> {
  const random = seededRandom(1)
  const small = { width: PHOTO.width / 8, height: PHOTO.height / 8, channels: 3 } as const
  const pixels = Buffer.from({ length: small.width * small.height * 3 })
  for (let index = 0; index < pixels.length; index++)
    pixels[index] = 60 + ((index / pixels.length) * 120 + random() * 60)
  await sharp(pixels, { raw: small }).resize(PHOTO).jpeg().toFile(file)
}

async function openBaseline(browser: Browser, url: string, expected: string): Promise<Measured> {
  await using context = await browser.newContext({ viewport: WINDOW })
  const page = await context.newPage()
  await page.goto(url)
  await page.waitForFunction(() => 'openScenario' in window)
  const session = await context.newCDPSession(page)
  const before = await heapMb(session)
  const openMs = await page.evaluate(async (isThere) => {
    const start = performance.now()
    Reflect.get(window, 'openScenario')()
    const frame = () => new Promise((resolve) => requestAnimationFrame(resolve))
    const check = new Function(`return ${isThere}`)
    while (!check()) await frame()
    await frame()
    await frame()
    return performance.now() - start
  }, expected)
  const heap = (await heapMb(session)) - before
  const hoverMs = await hoverCost(page)
  const isKonva = url.includes('konva')
  const middle = { x: 1100, y: 450 }
  const pan = isKonva ? await framesDuring(page, () => dragAround(page, middle, 150, 'left')) : null
  const zoom = isKonva ? await framesDuring(page, () => wheelAround(page, middle)) : null
  await page.goto(url)
  await page.waitForFunction(() => 'openScenario' in window)
  await page.evaluate(() => Reflect.get(window, 'openScenario')())
  await page.waitForFunction(expected)
  const scale = WINDOW.height / PHOTO.height
  const vertex = await selectPolygon(page, (point) => ({ x: point.x * scale, y: point.y * scale }))
  const drag = await framesDuring(page, () => dragAround(page, vertex, 40, 'left'))
  return { pan, zoom, drag, hoverMs, openMs, heapMb: heap }
}

/** Selects a polygon that nothing covers; returns the place of one of its vertices. */
async function selectPolygon(page: Page, toPage: (point: Point) => Point): Promise<Point> {
  const { middle, vertex } = lonePolygon(scenario(COUNT))
  const at = toPage(middle)
  await page.mouse.click(at.x, at.y)
  return toPage(vertex)
}

interface AppPage extends AsyncDisposable {
  page: Page
  heap: () => Promise<number>
}

/** Our whole app on a folder of photos with these annotations. */
export async function openApp(
  browser: Browser,
  photos: readonly { name: string; annotations: readonly Annotation[] }[],
  write: (file: string) => Promise<void> = writePhoto,
): Promise<AppPage> {
  const data = temporaryFolder()
  const folder = temporaryFolder()
  await write(join(folder.path, photos[0].name))
  for (const { name } of photos.slice(1))
    await sharp(join(folder.path, photos[0].name)).toFile(join(folder.path, name))
  const core = openCore(testPorts(data.path), folder.path)
  const dataset = await core.openFolder(folder.path)
  await core.library.settled(dataset.id)
  for (const image of core.images.list(dataset.id)) {
    const created = [...(photos.find(({ name }) => name === image.path)?.annotations ?? [])]
    if (created.length === 0) continue
    core.edits.commit({
      commitId: newId(),
      imageId: image.id,
      changes: { created, updated: [], deleted: [] },
      label: 'Draw',
      origin: 'user',
    })
  }
  const server = await serve({
    core,
    rendererDir: join(import.meta.dirname, '../../out/renderer'),
    ports: [0],
    host: '127.0.0.1',
    onNewAddress: () => {},
  })
  const context = await browser.newContext({ viewport: WINDOW })
  const page = await context.newPage()
  // After the last large message, the labels are in memory.
  await page.addInitScript(() => {
    const { WebSocket } = window
    window.WebSocket = class extends WebSocket {
      constructor(url: string | URL, protocols?: string | string[]) {
        super(url, protocols)
        this.addEventListener('message', ({ data }) => {
          const size = typeof data === 'string' ? data.length : (data.size ?? data.byteLength)
          if (size > 100_000) Reflect.set(window, 'benchArrived', performance.now())
        })
      }
    }
  })
  await page.goto(server.url)
  await page.locator('[data-canvas][data-ready=true][data-complete=true]').waitFor()
  const session = await context.newCDPSession(page)
  return {
    page,
    heap: () => heapMb(session),
    [Symbol.asyncDispose]: async () => {
      await context.close()
      await server[Symbol.asyncDispose]()
      await core[Symbol.asyncDispose]()
      folder[Symbol.dispose]()
      data[Symbol.dispose]()
    },
  }
}

/** Where an image pixel of a fitted photo lies on the page. */
export async function fittedPlace(page: Page): Promise<(point: Point) => Point> {
  const box = await page.locator('[data-canvas]').boundingBox()
  if (!box) throw new Error('There is no canvas')
  const scale = Math.min((box.width - 48) / PHOTO.width, (box.height - 48) / PHOTO.height)
  return ({ x, y }) => ({
    x: box.x + box.width / 2 + (x - PHOTO.width / 2) * scale,
    y: box.y + box.height / 2 + (y - PHOTO.height / 2) * scale,
  })
}

/** Milliseconds from a key press until an image other than `before` is painted, by the page's clock. */
async function keyToPainted(page: Page, key: string, whole: boolean): Promise<number> {
  await page.evaluate((complete) => {
    const canvas = document.querySelector<HTMLElement>('[data-canvas]')
    const before = canvas?.dataset.image
    addEventListener(
      'keydown',
      ({ timeStamp }) => {
        const look = () => {
          const { image, ready, complete: isComplete } = canvas?.dataset ?? {}
          const done = image !== before && ready === 'true' && (!complete || isComplete === 'true')
          // The frame in which it becomes ready has drawn it; the next frame starts after painting.
          if (done)
            requestAnimationFrame((now) => Reflect.set(window, 'benchPainted', { now, timeStamp }))
          else requestAnimationFrame(look)
        }
        Reflect.set(window, 'benchPainted', null)
        requestAnimationFrame(look)
      },
      { once: true, capture: true },
    )
  }, whole)
  await page.keyboard.press(key)
  await page.waitForFunction(() => Reflect.get(window, 'benchPainted') !== null)
  const { now, timeStamp } = await page.evaluate(() => Reflect.get(window, 'benchPainted'))
  return now - timeStamp
}

async function measureApp(
  browser: Browser,
): Promise<Measured & { crispMs: number; settle: Frames }> {
  await using app = await openApp(browser, [
    { name: 'a.jpg', annotations: [] },
    { name: 'b.jpg', annotations: scenario(COUNT) },
  ])
  const { page } = app
  const before = await app.heap()
  await keyToPainted(page, 'd', true)
  const openMs = await page.evaluate(
    () => Reflect.get(window, 'benchPainted').now - Reflect.get(window, 'benchArrived'),
  )
  const heap = (await app.heap()) - before
  const middle = { x: 700, y: 380 }
  const hoverMs = await hoverCost(page)
  const pan = await framesDuring(page, () => dragAround(page, middle, 150, 'middle'))
  const zoom = await framesDuring(page, () => wheelAround(page, middle))
  let crispMs = 0
  const settle = await framesDuring(page, async () => {
    crispMs = await page.evaluate(async () => {
      const canvas = document.querySelector<HTMLElement>('[data-canvas]')
      canvas?.dispatchEvent(
        new WheelEvent('wheel', { deltaY: 150, clientX: 700, clientY: 380, cancelable: true }),
      )
      const start = performance.now()
      const frame = () => new Promise((resolve) => requestAnimationFrame(resolve))
      await frame()
      while (canvas?.dataset.complete !== 'true') await frame()
      return performance.now() - start
    })
  })
  await page.keyboard.press('f')
  await page.keyboard.press('v')
  const vertex = await selectPolygon(page, await fittedPlace(page))
  await page.getByRole('heading', { name: 'Polygon', exact: true }).waitFor()
  const drag = await framesDuring(page, () => dragAround(page, vertex, 40, 'left'))
  return { pan, zoom, drag, hoverMs, openMs, heapMb: heap, crispMs, settle }
}

async function measureMany(browser: Browser): Promise<{ pan: Frames; zoom: Frames }> {
  await using app = await openApp(browser, [{ name: 'a.jpg', annotations: scenario(MANY) }])
  const middle = { x: 700, y: 380 }
  return {
    pan: await framesDuring(app.page, () => dragAround(app.page, middle, 150, 'middle')),
    zoom: await framesDuring(app.page, () => wheelAround(app.page, middle)),
  }
}

async function measureLargePolygon(browser: Browser): Promise<Frames> {
  const large = largePolygon(LARGE)
  await using app = await openApp(browser, [
    { name: 'a.jpg', annotations: [large, ...scenario(COUNT)] },
  ])
  const { page } = app
  const toPage = await fittedPlace(page)
  // Select it in the list; on the canvas a click would select a smaller shape.
  await page
    .getByRole('button', { name: /^Select Polygon/ })
    .first()
    .click()
  const [vertex] = large.shape.kind === 'polygon' ? large.shape.rings[0] : []
  return await framesDuring(page, () => dragAround(page, toPage(vertex), 40, 'left'))
}

async function measureNext(browser: Browser): Promise<number> {
  const names = Array.from({ length: 12 }, (_, index) => `${String(index).padStart(2, '0')}.jpg`)
  await using app = await openApp(
    browser,
    names.map((name) => ({ name, annotations: scenario(200) })),
  )
  const times: number[] = []
  for (let step = 1; step < names.length; step++) {
    // The user looks at it while the next one is decoded.
    await new Promise((resolve) => setTimeout(resolve, 1_500))
    times.push(await keyToPainted(app.page, 'd', false))
  }
  return percentile(times, 0.95)
}

/** The editor against one react-konva element per annotation and against Annotorious, in one run. */
export async function benchEditor(): Promise<Figure[]> {
  using pages = temporaryFolder()
  await buildPages(pages.path)
  await writePhoto(join(pages.path, 'photo.jpg'))
  using server = await servePages(pages.path)
  await using browser = await chromium.launch({
    executablePath: process.env.PICTOGRAPH_BROWSER,
    args: ['--no-sandbox', '--disable-background-networking'],
  })
  const ours = await measureApp(browser)
  const many = await measureMany(browser)
  const large = await measureLargePolygon(browser)
  const nextMs = await measureNext(browser)
  const konva = await openBaseline(
    browser,
    `${server.origin}/konva.html?count=${COUNT}`,
    `document.querySelectorAll('canvas').length >= 2`,
  )
  const annotorious = await openBaseline(
    browser,
    `${server.origin}/annotorious.html?count=${COUNT}`,
    `document.querySelectorAll('.a9s-annotation').length >= ${COUNT}`,
  )
  const figure = (
    name: string,
    unit: string,
    of: (measured: Measured) => number | undefined,
  ): Figure[] =>
    (
      [
        ['react-konva, one element each', konva],
        ['Annotorious', annotorious],
      ] as const
    ).flatMap(([baseline, measured]) => {
      const value = of(ours)
      const base = of(measured)
      if (value === undefined || base === undefined) return []
      return [{ name, value, unit, baseline: { name: baseline, value: base }, ratio: base / value }]
    })
  const alone = (name: string, value: number): Figure => ({ name, value, unit: 'ms' })
  return [
    ...figure('pan, frame p50', 'ms', ({ pan }) => pan?.p50),
    ...figure('pan, frame p95', 'ms', ({ pan }) => pan?.p95),
    ...figure('zoom, frame p50', 'ms', ({ zoom }) => zoom?.p50),
    ...figure('zoom, frame p95', 'ms', ({ zoom }) => zoom?.p95),
    ...figure('drag a vertex, frame p95', 'ms', ({ drag }) => drag.p95),
    ...figure('hover: cost of a move, p95', 'ms', ({ hoverMs }) => hoverMs),
    ...figure('open, in memory to painted', 'ms', ({ openMs }) => openMs),
    ...figure('JavaScript heap', 'MB', (measured) => measured.heapMb),
    alone('pan at 50,000, frame p95', many.pan.p95),
    alone('zoom at 50,000, frame p95', many.zoom.p95),
    alone('drag a vertex of 5,000, frame p95', large.p95),
    alone('crisp after a gesture', ours.crispMs),
    alone('frames until crisp, p95', ours.settle.p95),
    alone('next image, key to painted, p95', nextMs),
  ]
}
