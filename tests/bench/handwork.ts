import { join } from 'node:path'
import { chromium, type Page } from 'playwright'
import sharp from 'sharp'
import { serve } from '#hosts/host-node/server.ts'
import type { Point } from '#shared/model/annotation.ts'
import { openCore, temporaryFolder, testPorts } from '#tests/helpers/core.ts'
import { type Figure, percentile } from './measure.ts'

const IMAGES = 20
const SIZE = { width: 1200, height: 800 }
const WINDOW = { width: 1440, height: 900 }
const CLASSES = ['car', 'person', 'sign']

type Task = 'box' | 'polygon' | 'correction' | 'relabel' | 'next image'

/**
 * Inputs (a click, a drag or a key is one) for the same task with default settings. labelme 7.1: the drawing mode stays,
 * a box is two clicks and its label is confirmed in a dialog; a polygon is closed by a click on its first point; for a
 * correction one goes to the edit mode and back; another label is Ctrl+E, a choice and Enter on a selected shape. CVAT:
 * N repeats the tool and finishes a polygon; the shape under the pointer can be dragged at once and takes Ctrl+digit.
 */
const PEERS: Record<Task, { labelme: number; cvat: number }> = {
  box: { labelme: 3, cvat: 3 },
  polygon: { labelme: 8, cvat: 8 },
  correction: { labelme: 3, cvat: 1 },
  relabel: { labelme: 4, cvat: 1 },
  'next image': { labelme: 1, cvat: 1 },
}

/** What can be seen when a task is done: so many rows of the list with a label that contains a text. */
interface Effect {
  rows: number
  label: string
}

/** Draws as a person does, and counts what that takes. */
class Hand {
  readonly #page: Page
  readonly #place: (point: Point) => Point
  #inputs = 0
  readonly done = new Map<Task, { inputs: number; ms: number }[]>()

  constructor(page: Page, place: (point: Point) => Point) {
    this.#page = page
    this.#place = place
  }

  async key(key: string): Promise<void> {
    this.#inputs++
    await this.#page.keyboard.press(key)
  }

  async click(x: number, y: number): Promise<void> {
    this.#inputs++
    const at = this.#place({ x, y })
    await this.#page.mouse.click(at.x, at.y)
  }

  async drag(from: Point, to: Point): Promise<void> {
    this.#inputs++
    const [a, b] = [this.#place(from), this.#place(to)]
    await this.#page.mouse.move(a.x, a.y)
    await this.#page.mouse.down()
    await this.#page.mouse.move((a.x + b.x) / 2, (a.y + b.y) / 2)
    await this.#page.mouse.move(b.x, b.y)
    await this.#page.mouse.up()
  }

  /** Does a task and waits until its effect can be seen. */
  async task(task: Task, work: () => Promise<void>, effect: Effect): Promise<void> {
    this.#inputs = 0
    const start = performance.now()
    await work()
    // A function, not a string: the page's policy forbids `eval`, which a string needs in each frame.
    await this.#page.waitForFunction(
      ({ rows, label }) =>
        document.querySelector<HTMLElement>('[data-canvas]')?.dataset.ready === 'true' &&
        [...document.querySelectorAll('[aria-label^="Select "]')].filter((row) =>
          row.ariaLabel?.includes(label),
        ).length === rows,
      effect,
      { polling: 'raf' },
    )
    const all = this.done.get(task) ?? []
    all.push({ inputs: this.#inputs, ms: performance.now() - start })
    this.done.set(task, all)
  }
}

/** The labels of one image: boxes and polygons of three classes, corrections, other classes for some, and on. */
async function labelImage(hand: Hand): Promise<void> {
  await hand.key('r')
  for (let index = 0; index < 6; index++) {
    const [x, y] = [80 + (index % 3) * 330, 60 + Math.floor(index / 3) * 220]
    // As sorted work goes: two of a class, then the next.
    if (index % 2 === 0) await hand.key(String(index / 2 + 1))
    await hand.task('box', () => hand.drag({ x, y }, { x: x + 200, y: y + 120 }), {
      rows: index + 1,
      label: '',
    })
    if (index % 3 === 2)
      await hand.task(
        'correction',
        () => hand.drag({ x: x + 200, y: y + 120 }, { x: x + 220, y: y + 150 }),
        { rows: Math.floor(index / 3) + 1, label: '220 × 150' },
      )
  }
  await hand.key('p')
  for (let index = 0; index < 2; index++)
    await hand.task(
      'polygon',
      async () => {
        for (let point = 0; point < 6; point++) {
          const angle = (point / 6) * 2 * Math.PI
          await hand.click(300 + index * 500 + 90 * Math.cos(angle), 640 + 90 * Math.sin(angle))
        }
        await hand.key('Enter')
      },
      { rows: index + 7, label: '' },
    )
  await hand.key('v')
  for (let index = 0; index < 2; index++)
    await hand.task(
      'relabel',
      async () => {
        await hand.click(180 + index * 330, 120)
        await hand.key('3')
      },
      { rows: 5 + index, label: 'sign' },
    )
  await hand.task('next image', () => hand.key('d'), { rows: 0, label: '' })
}

async function openPage(page: Page, url: string): Promise<(point: Point) => Point> {
  await page.goto(url)
  await page.locator('[data-canvas][data-ready=true]').waitFor()
  for (const name of CLASSES) {
    await page.keyboard.press('c')
    await page.keyboard.type(name)
    await page.keyboard.press('Enter')
    await page.getByRole('region', { name: 'Classes' }).getByText(name, { exact: true }).waitFor()
  }
  const box = await page.locator('[data-canvas]').boundingBox()
  if (!box) throw new Error('There is no canvas')
  const scale = Math.min((box.width - 48) / SIZE.width, (box.height - 48) / SIZE.height)
  return ({ x, y }) => ({
    x: box.x + box.width / 2 + (x - SIZE.width / 2) * scale,
    y: box.y + box.height / 2 + (y - SIZE.height / 2) * scale,
  })
}

/** A scripted hour of an annotator: what each task takes, in inputs and milliseconds, beside labelme and CVAT. */
export async function benchHandwork(): Promise<Figure[]> {
  using data = temporaryFolder()
  using folder = temporaryFolder()
  const background = { r: 110, g: 120, b: 130 }
  for (let index = 0; index <= IMAGES; index++)
    await sharp({ create: { ...SIZE, channels: 3, background } })
      .jpeg()
      .toFile(join(folder.path, `image-${String(index).padStart(2, '0')}.jpg`))
  await using core = openCore(testPorts(data.path), folder.path)
  const dataset = await core.openFolder(folder.path)
  await core.library.settled(dataset.id)
  await using server = await serve({
    core,
    rendererDir: join(import.meta.dirname, '../../out/renderer'),
    ports: [0],
    host: '127.0.0.1',
    onNewAddress: () => {},
  })
  await using browser = await chromium.launch({
    executablePath: process.env.PICTOGRAPH_BROWSER,
  })
  const page = await browser.newPage({ viewport: WINDOW })
  const hand = new Hand(page, await openPage(page, server.url))
  for (let image = 0; image < IMAGES; image++) await labelImage(hand)
  return [...hand.done].flatMap(([task, runs]): Figure[] => {
    const { labelme, cvat } = PEERS[task]
    const inputs = runs.reduce((sum, run) => sum + run.inputs, 0) / runs.length
    const times = runs.map(({ ms }) => ms)
    return [
      { name: `${task}, inputs`, value: inputs, unit: `(labelme ${labelme}, CVAT ${cvat})` },
      { name: `${task}, middle`, value: percentile(times, 0.5), unit: 'ms' },
      { name: `${task}, slowest of twenty`, value: percentile(times, 0.95), unit: 'ms' },
    ]
  })
}
