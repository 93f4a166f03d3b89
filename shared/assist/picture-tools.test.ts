import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { distance } from '#shared/geometry/point.ts'
import { rasterise } from '#shared/geometry/raster.ts'
import { shapeArea, shapeHits } from '#shared/geometry/shape.ts'
import { orientedCorners } from '#shared/geometry/shapes/oriented-box.ts'
import type { Point, PolygonShape, Shape } from '#shared/model/annotation.ts'
import { seededRandom } from '#tests/helpers/random.ts'
import { brushed, strokeTouches } from './brush.ts'
import { maskIou, polygonsToMask } from './mask-to-polygon.ts'
import { PictureTools } from './picture-tools.ts'
import type { Pixels } from './pixels.ts'

type Rings = readonly (readonly Point[])[]
type Colour = readonly [number, number, number]

/** Noise of a camera around a ground that grows lighter to the right, with shapes of one colour on it. */
function picture(
  width: number,
  height: number,
  shapes: readonly { rings: Rings; colour: Colour }[],
): Pixels {
  const random = seededRandom(3)
  const masks = shapes.map(({ rings }) => rasterise(rings, width, height).data)
  const data = new Uint8ClampedArray(width * height * 4)
  for (let pixel = 0; pixel < width * height; pixel++) {
    const on = masks.findLastIndex((mask) => mask[pixel] === 1)
    const light = (20 * (pixel % width)) / width
    const colour = on < 0 ? [80 + light, 110 + light, 70 + light] : shapes[on].colour
    for (let channel = 0; channel < 3; channel++)
      data[pixel * 4 + channel] = colour[channel] + 16 * (random() - 0.5)
    data[pixel * 4 + 3] = 255
  }
  return { width, height, data }
}

const circle = (x: number, y: number, radius: number, count = 90): Point[] =>
  Array.from({ length: count }, (_, index) => ({
    x: x + radius * Math.cos((index / count) * 2 * Math.PI),
    y: y + radius * Math.sin((index / count) * 2 * Math.PI),
  }))

const rect = (x: number, y: number, w: number, h: number): Point[] => [
  { x, y },
  { x: x + w, y },
  { x: x + w, y: y + h },
  { x, y: y + h },
]

const FRAME_SIZE = { width: 400, height: 300 }

const polygon = (...rings: Point[][]): PolygonShape => ({ kind: 'polygon', rings })

function iou(found: readonly PolygonShape[], rings: Rings, width: number, height: number): number {
  const frame = { x: 0, y: 0, w: width, h: height }
  return maskIou(polygonsToMask(found, frame), rasterise(rings, width, height))
}

const ORANGE: Colour = [200, 130, 60]
const round = circle(200, 150, 90)
const scene = picture(400, 300, [{ rings: [round], colour: ORANGE }])

const onRound = (angle: number): Point => ({
  x: 200 + 90 * Math.cos(angle),
  y: 150 + 90 * Math.sin(angle),
})
const away = (point: Point) => Math.abs(distance(point, { x: 200, y: 150 }) - 90)

describe('live-wire', () => {
  test('four clicks around a disc draw it, coarse map or not', () => {
    for (const [width, tools] of [
      [400, new PictureTools(scene)],
      [
        1600,
        new PictureTools(picture(1600, 1200, [{ rings: [circle(800, 600, 360)], colour: ORANGE }])),
      ],
    ] as const) {
      const factor = width / 400
      const points: Point[] = []
      for (const quarter of [0, 1, 2, 3, 4]) {
        const at = onRound((quarter * Math.PI) / 2 + 0.1)
        // A hand clicks beside the edge.
        const place = { x: at.x * factor + 3, y: at.y * factor - 2 }
        const last = points.at(-1)
        points.push(...(last ? tools.wirePath(last, place, 6, 1) : [tools.nearestEdge(place, 6)]))
      }
      const truth = circle(200 * factor, 150 * factor, 90 * factor)
      expect(iou([polygon(points)], [truth], width, width * 0.75)).toBeGreaterThan(0.97)
    }
  })

  test('it ends where it is asked to, and is straight where there is no edge', () => {
    const flat = new PictureTools(picture(200, 100, []))
    const [from, to] = [
      { x: 20.5, y: 50.5 },
      { x: 180.5, y: 50.5 },
    ]
    expect(flat.wirePath(from, to, 0, 2)).toEqual([to])
  })

  test('any two places have a path, on the border of the picture, too', () => {
    const place = fc.record({
      x: fc.double({ min: -5, max: 405, noNaN: true }),
      y: fc.double({ min: -5, max: 305, noNaN: true }),
    })
    const tools = new PictureTools(scene)
    fc.assert(
      fc.property(place, place, (from, to) => {
        const points = tools.wirePath(from, to, 0, 1)
        expect(points.at(-1)).toEqual(to)
        for (const { x, y } of points.slice(0, -1))
          expect(x >= 0 && y >= 0 && x <= 400 && y <= 300).toBe(true)
      }),
      { numRuns: 100 },
    )
  })

  test('working ahead changes no path', () => {
    const tools = new PictureTools(scene)
    tools.wirePath(onRound(0), onRound(0.1), 0, 1)
    while (tools.workAhead(5_000));
    const lazy = new PictureTools(scene)
    const way = [onRound(0), onRound(2), 0, 1] as const
    expect(tools.wirePath(...way)).toEqual(lazy.wirePath(...way))
  })
})

describe('the outline of what is in a box', () => {
  const box = { x: 100, y: 48, w: 198, h: 203 }

  test('a disc', () => {
    const { shapes, tolerance } = new PictureTools(scene).outline({
      box,
      positive: [],
      negative: [],
    })
    expect(shapes).toHaveLength(1)
    expect(iou(shapes, [round], 400, 300)).toBeGreaterThan(0.98)
    expect(tolerance).toBeGreaterThan(0)
    expect(tolerance).toBeLessThanOrEqual(1)
  })

  test('holes stay, and points take parts away and add them', () => {
    const window = rect(180, 110, 40, 30)
    const other = rect(150, 170, 100, 36)
    const tools = new PictureTools(
      picture(400, 300, [
        { rings: [round], colour: ORANGE },
        { rings: [other], colour: [60, 60, 200] },
        { rings: [window], colour: [90, 120, 80] },
      ]),
    )
    const first = tools.outline({ box, positive: [], negative: [] }).shapes
    expect(iou(first, [round, window], 400, 300)).toBeGreaterThan(0.95)
    const without = tools.outline({
      box,
      positive: [],
      negative: [
        { x: 200, y: 188 },
        { x: 165, y: 188 },
        { x: 235, y: 188 },
      ],
    }).shapes
    expect(iou(without, [round, window, other], 400, 300)).toBeGreaterThan(0.95)
  })

  test('in a large picture as in a small one', () => {
    const large = circle(1400, 1000, 700, 200)
    const tools = new PictureTools(picture(2800, 2000, [{ rings: [large], colour: ORANGE }]))
    const around = { x: 660, y: 270, w: 1490, h: 1470 }
    const { shapes } = tools.outline({ box: around, positive: [], negative: [] })
    expect(iou(shapes, [large], 2800, 2000)).toBeGreaterThan(0.99)
  })

  test('nothing comes of a box beside the picture or with nothing in it', () => {
    const tools = new PictureTools(scene)
    const none = { positive: [], negative: [] }
    expect(tools.outline({ ...none, box: { x: 500, y: 10, w: 50, h: 50 } }).shapes).toEqual([])
    expect(tools.outline({ ...none, box: { x: 0, y: 0, w: 400, h: 300 } }).shapes).toEqual([])
  })
})

describe('the wand', () => {
  test('takes what is of like colour and connected; Alt takes away', () => {
    const tools = new PictureTools(
      picture(400, 300, [
        { rings: [round], colour: ORANGE },
        { rings: [rect(10, 10, 40, 40)], colour: ORANGE },
        { rings: [rect(180, 110, 40, 30)], colour: [60, 60, 200] },
      ]),
    )
    const at = { x: 150, y: 150 }
    const one = tools.wand([{ at, adds: true }], 30).shapes
    expect(iou(one, [round, rect(180, 110, 40, 30)], 400, 300)).toBeGreaterThan(0.98)
    const two = tools.wand(
      [
        { at, adds: true },
        { at: { x: 30, y: 30 }, adds: true },
      ],
      30,
    ).shapes
    expect(two).toHaveLength(2)
    const all = tools.wand([{ at, adds: true }], 255).shapes
    expect(all.map(shapeArea)).toEqual([400 * 300])
    expect(
      tools.wand(
        [
          { at, adds: true },
          { at, adds: false },
        ],
        30,
      ).shapes,
    ).toEqual([])
  })

  test('more tolerance never takes less', () => {
    const tools = new PictureTools(scene)
    fc.assert(
      fc.property(
        fc.record({ x: fc.integer({ min: 0, max: 399 }), y: fc.integer({ min: 0, max: 299 }) }),
        fc.integer({ min: 0, max: 100 }),
        fc.integer({ min: 0, max: 100 }),
        (at, one, other) => {
          const pixels = (tolerance: number) => {
            const shapes = tools.wand([{ at, adds: true }], tolerance).shapes
            return polygonsToMask(shapes, { x: 0, y: 0, w: 400, h: 300 }).data
          }
          const [less, more] = [pixels(Math.min(one, other)), pixels(Math.max(one, other))]
          const lost = less.reduce(
            (sum, value, index) => sum + (value === 1 && more[index] === 0 ? 1 : 0),
            0,
          )
          // Borders are simplified: a few pixels along them may differ.
          expect(lost).toBeLessThan(0.1 * less.reduce((sum, value) => sum + value, 0) + 60)
        },
      ),
      { numRuns: 20 },
    )
  })
})

describe('snapping to edges', () => {
  const steps = (shape: Shape, reach: number) => {
    const tools = new PictureTools(scene)
    let [now, count] = [shape, 0]
    for (let next = tools.snapToEdges(now, reach); next && count < 12; count++) {
      now = next
      next = tools.snapToEdges(now, reach)
    }
    return { shape: now, count }
  }

  test('a rough polygon lies on the disc after some steps, and then stays', () => {
    const rough = circle(206, 145, 97, 14)
    const { shape, count } = steps(polygon(rough), 8)
    if (shape.kind !== 'polygon') throw new Error('It is no polygon any more')
    expect(iou([polygon(rough)], [round], 400, 300)).toBeLessThan(0.88)
    expect(iou([shape], [round], 400, 300)).toBeGreaterThan(0.97)
    expect(count).toBeGreaterThan(0)
    expect(count).toBeLessThan(12)
    for (const point of shape.rings[0]) expect(away(point)).toBeLessThan(3)
  })

  test('a box and a turned box', () => {
    const turned: Extract<Shape, { kind: 'oriented_box' }> = {
      kind: 'oriented_box',
      cx: 200,
      cy: 150,
      w: 120,
      h: 60,
      angleDeg: 30,
    }
    const tools = new PictureTools(
      picture(400, 300, [{ rings: [orientedCorners(turned)], colour: ORANGE }]),
    )
    const off = { ...turned, cx: 203, cy: 148, w: 128, h: 55 }
    const snapped = tools.snapToEdges(off, 10)
    if (snapped?.kind !== 'oriented_box') throw new Error('It did not snap')
    for (const key of ['cx', 'cy', 'w', 'h', 'angleDeg'] as const)
      expect(Math.abs(snapped[key] - turned[key])).toBeLessThan(1.5)
    const upright = new PictureTools(
      picture(400, 300, [{ rings: [rect(100, 80, 150, 90)], colour: ORANGE }]),
    )
    const box = upright.snapToEdges({ kind: 'bbox', x: 94, y: 86, w: 160, h: 80 }, 10)
    if (box?.kind !== 'bbox') throw new Error('It did not snap')
    for (const [value, wanted] of [
      [box.x, 100],
      [box.y, 80],
      [box.w, 150],
      [box.h, 90],
    ])
      expect(Math.abs(value - wanted)).toBeLessThan(1.2)
    expect(upright.snapToEdges(box, 10)).toBeNull()
  })

  test('where there is no edge nothing moves', () => {
    expect(
      new PictureTools(picture(300, 300, [])).snapToEdges(polygon(circle(150, 150, 50)), 8),
    ).toBeNull()
  })
})

describe('the brush', () => {
  const FRAME = { w: 400, h: 300 }

  test('adds a stroke, takes one away, and leaves the rest of the border to the last bit', () => {
    const base = rect(100.25, 100.5, 100, 80)
    const added = brushed([polygon(base)], {
      points: [
        { x: 200, y: 140 },
        { x: 260, y: 140 },
      ],
      radius: 12,
      erases: false,
      within: FRAME_SIZE,
    }).shapes
    expect(added).toHaveLength(1)
    for (const corner of [base[0], base[3]]) expect(added[0].rings[0]).toContainEqual(corner)
    const capsule = (rings: Rings) => rasterise(rings, FRAME.w, FRAME.h)
    const mask = capsule([base])
    for (let y = 0; y < 300; y++)
      for (let x = 200; x < 400; x++)
        if (Math.hypot(Math.max(0, x + 0.5 - 260), y + 0.5 - 140) <= 12) mask.data[y * 400 + x] = 1
    expect(maskIou(polygonsToMask(added, { x: 0, y: 0, ...FRAME }), mask)).toBeGreaterThan(0.995)
    const erased = brushed(added, {
      points: [{ x: 150, y: 140 }],
      radius: 15,
      erases: true,
      within: FRAME_SIZE,
    }).shapes
    expect(erased[0].rings).toHaveLength(2)
    const parted = brushed(added, {
      points: [
        { x: 150, y: 60 },
        { x: 150, y: 220 },
      ],
      radius: 4,
      erases: true,
      within: FRAME_SIZE,
    }).shapes
    expect(parted).toHaveLength(2)
  })

  test('whatever is painted and erased again is gone', () => {
    const place = fc.record({
      x: fc.integer({ min: 20, max: 380 }),
      y: fc.integer({ min: 20, max: 280 }),
    })
    fc.assert(
      fc.property(
        fc.array(place, { minLength: 1, maxLength: 6 }),
        fc.integer({ min: 2, max: 40 }),
        (points, radius) => {
          const { shapes, tolerance } = brushed([], {
            points,
            radius,
            erases: false,
            within: FRAME_SIZE,
          })
          expect(shapes.length).toBeGreaterThan(0)
          expect(tolerance).toBeLessThanOrEqual(radius)
          const rest = brushed(shapes, {
            points,
            radius: radius * 1.3 + 1,
            erases: true,
            within: FRAME_SIZE,
          }).shapes
          expect(rest).toEqual([])
        },
      ),
      { numRuns: 60 },
    )
  })

  test('a stroke touches whatever one of its points or lines touches, however many vertices there are', () => {
    const place = fc.record({
      x: fc.integer({ min: 0, max: 400 }),
      y: fc.integer({ min: 0, max: 300 }),
    })
    fc.assert(
      fc.property(
        fc.array(place, { minLength: 1, maxLength: 5 }),
        fc.integer({ min: 2, max: 30 }),
        fc.integer({ min: 3, max: 60 }),
        (points, radius, count) => {
          const shape: PolygonShape = {
            kind: 'polygon',
            rings: [circle(200, 150, 60, count), circle(200, 150, 25, 12)],
          }
          const stroke = { points, radius, erases: true, within: FRAME_SIZE }
          // The same, from places along the whole line.
          const along = points.flatMap((to, index) => {
            const from = points[Math.max(0, index - 1)]
            return Array.from({ length: 200 }, (_, step) => ({
              x: from.x + ((to.x - from.x) * (step + 1)) / 200,
              y: from.y + ((to.y - from.y) * (step + 1)) / 200,
            }))
          })
          const nearest = (reach: number) => along.some((point) => shapeHits(shape, point, reach))
          if (nearest(radius)) expect(strokeTouches(stroke, shape)).toBe(true)
          if (!nearest(radius + 2)) expect(strokeTouches(stroke, shape)).toBe(false)
        },
      ),
    )
  })

  test('what is painted ends at the border of the image', () => {
    const stroke = { points: [{ x: 395, y: 150 }], radius: 20, erases: false }
    const ends = (within: typeof FRAME_SIZE | null) =>
      Math.max(...brushed([], { ...stroke, within }).shapes[0].rings[0].map(({ x }) => x))
    expect(ends(FRAME_SIZE)).toBe(400)
    expect(ends(null)).toBeGreaterThan(413)
    const beyond = { ...stroke, points: [{ x: 900, y: 900 }], within: FRAME_SIZE }
    expect(brushed([], beyond).shapes).toEqual([])
  })

  test('a stroke over all of a polygon leaves nothing', () => {
    const dot = polygon(circle(50, 50, 5))
    expect(
      brushed([dot], { points: [{ x: 50, y: 50 }], radius: 20, erases: true, within: FRAME_SIZE })
        .shapes,
    ).toEqual([])
  })
})
