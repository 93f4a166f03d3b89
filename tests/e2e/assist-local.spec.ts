import { join } from 'node:path'
import sharp from 'sharp'
import { maskIou, polygonsToMask } from '#shared/assist/mask-to-polygon.ts'
import { rasterise } from '#shared/geometry/raster.ts'
import type { Point, PolygonShape } from '#shared/model/annotation.ts'
import { type App, expect, test } from './fixture.ts'

const SIZE = { width: 800, height: 600 }
const DISC = { x: 300, y: 290, radius: 170 }
/** A hole in the disc, through which the ground is seen. */
const HOLE = { x: 330, y: 250, w: 70, h: 60 }
const BLOCK = { x: 560, y: 140, w: 160, h: 330 }

const SCENE = `<svg xmlns="http://www.w3.org/2000/svg" width="${SIZE.width}" height="${SIZE.height}">
  <defs>
    <linearGradient id="ground" x2="0" y2="1"><stop stop-color="#9fb8a0"/><stop offset="1" stop-color="#6d8a70"/></linearGradient>
    <radialGradient id="light"><stop stop-color="#e0a458"/><stop offset="1" stop-color="#b9722e"/></radialGradient>
  </defs>
  <rect width="800" height="600" fill="url(#ground)"/>
  <path fill="url(#light)" fill-rule="evenodd" d="M${DISC.x - DISC.radius} ${DISC.y}a${DISC.radius} ${DISC.radius} 0 1 0 ${2 * DISC.radius} 0a${DISC.radius} ${DISC.radius} 0 1 0 ${-2 * DISC.radius} 0z M${HOLE.x} ${HOLE.y}h${HOLE.w}v${HOLE.h}h${-HOLE.w}z"/>
  <rect x="${BLOCK.x}" y="${BLOCK.y}" width="${BLOCK.w}" height="${BLOCK.h}" fill="#3b5f9a"/>
</svg>`

const onDisc = (angleDeg: number, radius = DISC.radius): [number, number] => {
  const angle = (angleDeg * Math.PI) / 180
  return [DISC.x + radius * Math.cos(angle), DISC.y + radius * Math.sin(angle)]
}

const corners = ({ x, y, w, h }: typeof HOLE): Point[] => [
  { x, y },
  { x: x + w, y },
  { x: x + w, y: y + h },
  { x, y: y + h },
]
const disc: Point[] = Array.from({ length: 180 }, (_, index) => {
  const [x, y] = onDisc(index * 2)
  return { x, y }
})

/** A photo's noise over the scene, as JPEG. */
async function writeScene(file: string): Promise<void> {
  const noise = await sharp({
    create: {
      ...SIZE,
      channels: 3,
      background: '#808080',
      noise: { type: 'gaussian', mean: 128, sigma: 14 },
    },
  })
    .png()
    .toBuffer()
  await sharp(Buffer.from(SCENE))
    .composite([{ input: noise, blend: 'soft-light' }])
    .jpeg({ quality: 90 })
    .toFile(file)
}

const polygons = (app: App): PolygonShape[] =>
  app
    .stored('a.jpg')
    .map(({ shape }) => shape)
    .filter((shape) => shape.kind === 'polygon')

/** How well what is stored covers rings that the test drew into the picture, 0..1. */
function iou(app: App, rings: readonly (readonly Point[])[]): number {
  const frame = { x: 0, y: 0, w: SIZE.width, h: SIZE.height }
  return maskIou(polygonsToMask(polygons(app), frame), rasterise(rings, SIZE.width, SIZE.height))
}

test.beforeEach(async ({ app, folder }) => {
  await writeScene(join(folder, 'a.jpg'))
  await app.start(folder)
  await app.canvas.ready()
})

test('the live-wire follows edges between few clicks; Shift is straight, Backspace takes a click back', async ({
  app,
}) => {
  const { page, canvas } = app
  await page.keyboard.press('p')
  await page.keyboard.press('e')
  await expect(canvas.hint).toContainText('Live-wire is on')
  for (const angle of [0, 80]) await canvas.click(...onDisc(angle, DISC.radius + 2))
  await canvas.click(700, 560)
  // That click went astray.
  await page.keyboard.press('Backspace')
  for (const angle of [160, 240]) await canvas.click(...onDisc(angle, DISC.radius - 2))
  await canvas.move(...onDisc(310))
  await expect(canvas.hint).toContainText('First point, double-click or Enter: finish')
  await app.screenshot('assist-live-wire')
  await page.keyboard.press('Enter')
  // It is drawn when the way to the first point has been found.
  await expect.poll(() => polygons(app)).toHaveLength(1)
  expect(iou(app, [disc])).toBeGreaterThan(0.97)
  await page.keyboard.press('ControlOrMeta+z')
  await expect.poll(() => polygons(app)).toHaveLength(0)
  // A polyline down the block's side, and straight with Shift.
  await page.keyboard.press('l')
  await canvas.click(BLOCK.x + 2, BLOCK.y + 30)
  await canvas.click(BLOCK.x - 2, BLOCK.y + BLOCK.h - 20)
  await canvas.click(400, 560, { modifiers: ['Shift'] })
  await page.keyboard.press('Enter')
  await expect.poll(() => app.stored('a.jpg')).toHaveLength(1)
  const [{ shape }] = app.stored('a.jpg')
  if (shape.kind !== 'polyline') throw new Error('It is no polyline')
  const along = shape.points.slice(0, -1)
  for (const { x } of along) expect(Math.abs(x - BLOCK.x)).toBeLessThan(2.5)
  expect(Math.abs((shape.points.at(-1)?.x ?? 0) - 400)).toBeLessThan(2)
  await page.keyboard.press('p')
  await page.keyboard.press('e')
  await expect(canvas.hint).toContainText('Live-wire is off')
})

test('a box becomes the outline of its object with its hole; points add and take away', async ({
  app,
}) => {
  const { page, canvas } = app
  await page.keyboard.press('Shift+W')
  await canvas.drag([115, 105], [480, 475])
  await expect(canvas.hint).toContainText('Enter draws the outline')
  await app.screenshot('assist-outline')
  await page.keyboard.press('Enter')
  await expect.poll(() => polygons(app)).toHaveLength(1)
  expect(iou(app, [disc, corners(HOLE)])).toBeGreaterThan(0.96)
  await page.keyboard.press('ControlOrMeta+z')
  await expect.poll(() => polygons(app)).toHaveLength(0)
  // Both things are in this box; the block is taken away.
  await canvas.drag([110, 90], [740, 500])
  await expect(canvas.hint).toContainText('Enter draws the outline')
  await canvas.click(640, 300, { modifiers: ['Shift'] })
  await canvas.click(200, 290)
  await expect(canvas.hint).toContainText('Enter draws the outline')
  await page.keyboard.press('Enter')
  await expect.poll(() => polygons(app).length).toBeGreaterThan(0)
  expect(iou(app, [disc, corners(HOLE)])).toBeGreaterThan(0.95)
})

test('the wand takes a surface of one colour, as alike as the wheel says', async ({ app }) => {
  const { page, canvas } = app
  await page.keyboard.press('Alt+w')
  await canvas.click(640, 300)
  await expect(canvas.hint).toContainText('tolerance 24 (wheel)')
  await page.mouse.wheel(0, -100)
  await expect(canvas.hint).toContainText('tolerance 35 (wheel)')
  await expect(canvas.hint).toContainText('border within 1')
  await app.screenshot('assist-wand')
  await page.mouse.wheel(0, 100)
  await expect(canvas.hint).toContainText('tolerance 24 (wheel)')
  // Before the answer has come: it is drawn when it has.
  await page.keyboard.press('Enter')
  await expect.poll(() => polygons(app)).toHaveLength(1)
  expect(iou(app, [corners(BLOCK)])).toBeGreaterThan(0.98)
  // Nothing chosen: the wheel zooms again.
  const zoom = await page.locator('footer').getByText(/%$/).textContent()
  await page.mouse.wheel(0, -100)
  await expect(page.locator('footer').getByText(/%$/)).not.toHaveText(zoom ?? '')
})

test('brush size and wand tolerance stay over a restart', async ({ app, folder }) => {
  await app.page.keyboard.press('Alt+w')
  await expect(app.canvas.hint).toContainText('tolerance 24')
  await app.page.keyboard.press(']')
  await expect(app.canvas.hint).toContainText('tolerance 29')
  await app.page.keyboard.press('Shift+B')
  await expect(app.canvas.hint).toContainText('size 32')
  await app.page.keyboard.press('[')
  await expect(app.canvas.hint).not.toContainText('size 32')
  const size = /size \d+/.exec((await app.canvas.hint.textContent()) ?? '')?.[0] ?? ''
  await expect
    .poll(() => app.savedSettings())
    .toMatchObject({ wandTolerance: 29, brushRadius: Number(size.replace('size ', '')) / 2 })
  await app.restart('quit', folder)
  await app.canvas.ready()
  await app.page.keyboard.press('Alt+w')
  await expect(app.canvas.hint).toContainText('tolerance 29')
  await app.page.keyboard.press('Shift+B')
  await expect(app.canvas.hint).toContainText(size)
})

test('a rough polygon and a box are drawn to the edges, step by step', async ({ app }) => {
  const { page, canvas } = app
  await page.keyboard.press('p')
  for (let angle = 0; angle < 360; angle += 30)
    await canvas.click(...onDisc(angle, DISC.radius + 9))
  await page.keyboard.press('Enter')
  await canvas.saved()
  await page.keyboard.press('v')
  await canvas.click(200, 290)
  const before = iou(app, [disc])
  await page.keyboard.press('Shift+E')
  await expect(canvas.hint).toContainText('Snapped to the nearest edges')
  await canvas.saved()
  expect(iou(app, [disc])).toBeGreaterThan(Math.max(0.96, before))
  const count = app.editCount()
  // In the end it stays, and nothing is written.
  await expect(async () => {
    await page.keyboard.press('Shift+E')
    await expect(canvas.hint).toContainText('The selection is already on the nearest edges', {
      timeout: 1_000,
    })
  }).toPass({ timeout: 20_000 })
  await canvas.saved()
  expect(iou(app, [disc])).toBeGreaterThan(0.96)
  expect(app.editCount()).toBeLessThanOrEqual(count + 6)
  await page.keyboard.press('r')
  await canvas.drag([BLOCK.x - 7, BLOCK.y + 8], [BLOCK.x + BLOCK.w - 6, BLOCK.y + BLOCK.h + 9])
  await page.keyboard.press('v')
  await canvas.click(BLOCK.x + 50, BLOCK.y + 50)
  await page.keyboard.press('Shift+E')
  await expect(canvas.hint).toContainText('Snapped to the nearest edges')
  await canvas.saved()
  const box = app.stored('a.jpg').find(({ shape }) => shape.kind === 'bbox')?.shape
  if (box?.kind !== 'bbox') throw new Error('There is no box')
  for (const key of ['x', 'y', 'w', 'h'] as const)
    expect(Math.abs(box[key] - BLOCK[key])).toBeLessThan(1.6)
})

test('brush and eraser correct a polygon, one step a stroke, and make holes', async ({ app }) => {
  const { page, canvas } = app
  const { x, y, w, h } = BLOCK
  await page.keyboard.press('p')
  // Without the lower part of the block.
  for (const place of [
    [x, y],
    [x + w, y],
    [x + w, y + h / 2],
    [x, y + h / 2],
  ] as const)
    await canvas.click(...place)
  await page.keyboard.press('Enter')
  await canvas.saved()
  await page.keyboard.press('v')
  await canvas.click(x + 50, y + 50)
  await page.keyboard.press('Shift+B')
  await expect(canvas.hint).toContainText('Drag to add to the selected polygon')
  const before = await canvas.hint.textContent()
  for (let step = 0; step < 4; step++) await page.keyboard.press(']')
  await expect(canvas.hint).not.toHaveText(before ?? '')
  const lower: [number, number][] = []
  for (let row = y + h / 2; row <= y + h - 30; row += 40)
    lower.push([x + 30, row], [x + w - 30, row], [x + 30, row + 20])
  await canvas.dragAlong(lower)
  await expect(canvas.hint).toContainText('border within')
  await expect.poll(() => iou(app, [corners(BLOCK)])).toBeGreaterThan(0.85)
  expect(polygons(app)).toHaveLength(1)
  await page.keyboard.press('Alt+e')
  await canvas.move(x + 60, y + 70)
  await canvas.dragAlong([
    [x + 60, y + 70],
    [x + 100, y + 70],
  ])
  await expect.poll(() => polygons(app)[0]?.rings.length).toBe(2)
  await app.screenshot('assist-brush')
  // Each stroke is one step back.
  await page.keyboard.press('ControlOrMeta+z')
  await expect.poll(() => polygons(app)[0]?.rings.length).toBe(1)
  await page.keyboard.press('ControlOrMeta+z')
  await expect.poll(() => polygons(app)[0]?.rings[0].length).toBe(4)
})

test('the brush paints a new polygon where none is selected; erased whole, it is gone', async ({
  app,
}) => {
  const { page, canvas } = app
  await page.keyboard.press('Shift+B')
  await canvas.dragAlong([
    [100, 500],
    [200, 540],
    [260, 500],
  ])
  await expect.poll(() => polygons(app)).toHaveLength(1)
  await canvas.dragAlong([
    [250, 500],
    [300, 480],
  ])
  await expect.poll(() => app.editCount()).toBe(2)
  expect(polygons(app)).toHaveLength(1)
  await page.keyboard.press('Alt+e')
  for (let step = 0; step < 8; step++) await page.keyboard.press(']')
  await canvas.dragAlong([
    [100, 500],
    [200, 540],
    [260, 500],
    [300, 480],
  ])
  await expect.poll(() => polygons(app)).toHaveLength(0)
})
