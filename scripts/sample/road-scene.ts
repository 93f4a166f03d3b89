import type { Point } from '#shared/model/annotation.ts'
import { between, Labels, pathOf, pick, quarter, rounded, type Scene, svgOf } from './scene.ts'

const WIDTH = 1280
const HEIGHT = 720
const HORIZON = 300
const PAINTS = [
  '#b91c1c',
  '#1d4ed8',
  '#e5e7eb',
  '#111827',
  '#047857',
  '#d97706',
  '#6b7280',
] as const

const LIGHT = {
  day: {
    sky: ['#7db8e8', '#dff0fb'],
    ground: ['#7aa25c', '#4d7a3a'],
    road: ['#6b7078', '#4a4e55'],
    hills: '#6d8f74',
    glass: '#1f2937',
    lamps: false,
  },
  dusk: {
    sky: ['#4b3f72', '#f2a65a'],
    ground: ['#5d6b45', '#38452c'],
    road: ['#55525d', '#383640'],
    hills: '#4d4a63',
    glass: '#1a1824',
    lamps: true,
  },
  night: {
    sky: ['#0b1226', '#243252'],
    ground: ['#1f2d23', '#121c16'],
    road: ['#33373f', '#1f2228'],
    hills: '#16203a',
    glass: '#05070c',
    lamps: true,
  },
} as const

/** A point on the road: `side` -1..1 from edge to edge, `depth` 0 at the horizon, 1 in front. */
function onRoad(side: number, depth: number, bend: number): Point {
  const half = 14 + depth * depth * 760
  const centre = WIDTH / 2 + bend * (1 - depth) ** 2
  return { x: centre + side * half, y: HORIZON + depth * (HEIGHT - HORIZON) }
}

function stripe(side: number, bend: number, width: number, dashed: boolean): string {
  const steps = 60
  let path = ''
  for (let i = 2; i < steps; i++) {
    if (dashed && i % 6 > 2) continue
    const quad = [
      [side - width, i],
      [side + width, i],
      [side + width, i + 1],
      [side - width, i + 1],
    ] as const
    path += pathOf(quad.map(([at, step]) => onRoad(at, step / steps, bend)))
  }
  return `<path d="${path}"/>`
}

interface Car {
  x: number
  y: number
  w: number
  h: number
}

function drawCar({ x, y, w, h }: Car, paint: string, glass: string, lamps: boolean): string {
  const r = w * 0.08
  return `
<ellipse cx="${x + w / 2}" cy="${y + h}" rx="${w * 0.56}" ry="${h * 0.09}" fill="#000" opacity=".35"/>
<rect x="${x + w * 0.08}" y="${y + h * 0.78}" width="${w * 0.18}" height="${h * 0.22}" rx="${r}" fill="#111"/>
<rect x="${x + w * 0.74}" y="${y + h * 0.78}" width="${w * 0.18}" height="${h * 0.22}" rx="${r}" fill="#111"/>
<path d="M${x + w * 0.2} ${y + h * 0.42}L${x + w * 0.28} ${y}H${x + w * 0.72}L${x + w * 0.8} ${y + h * 0.42}Z" fill="${paint}"/>
<path d="M${x + w * 0.25} ${y + h * 0.4}L${x + w * 0.31} ${y + h * 0.08}H${x + w * 0.69}L${x + w * 0.75} ${y + h * 0.4}Z" fill="${glass}"/>
<rect x="${x}" y="${y + h * 0.38}" width="${w}" height="${h * 0.5}" rx="${r * 1.6}" fill="${paint}"/>
<rect x="${x}" y="${y + h * 0.62}" width="${w}" height="${h * 0.1}" fill="#000" opacity=".18"/>
<rect x="${x + w * 0.05}" y="${y + h * 0.46}" width="${w * 0.16}" height="${h * 0.12}" rx="${r / 2}" fill="${lamps ? '#ff4d3d' : '#a81c12'}"/>
<rect x="${x + w * 0.79}" y="${y + h * 0.46}" width="${w * 0.16}" height="${h * 0.12}" rx="${r / 2}" fill="${lamps ? '#ff4d3d' : '#a81c12'}"/>
<rect x="${x + w * 0.38}" y="${y + h * 0.66}" width="${w * 0.24}" height="${h * 0.13}" fill="#f3f4f6"/>`
}

function hills(random: () => number, color: string): string {
  const points: Point[] = [{ x: 0, y: HORIZON + 4 }]
  for (let x = 0; x <= WIDTH; x += 80) points.push({ x, y: HORIZON - between(random, 10, 70) })
  points.push({ x: WIDTH, y: HORIZON + 4 })
  return `<path d="${pathOf(points)}" fill="${color}"/>`
}

function trees(random: () => number): string {
  return Array.from({ length: 16 }, (_, index) => {
    const depth = 0.05 + (index / 16) ** 2 * 0.5
    const y = HORIZON + depth * (HEIGHT - HORIZON)
    const size = 18 + depth * 260
    const left = random() < 0.5
    const x = left
      ? between(random, -20, 380 - depth * 500)
      : between(random, 900 + depth * 500, WIDTH + 20)
    return `<rect x="${x - size * 0.05}" y="${y - size * 0.3}" width="${size * 0.1}" height="${size * 0.3}" fill="#4a3726"/>
<circle cx="${x}" cy="${y - size * 0.6}" r="${size * 0.38}" fill="#2f5d34"/><circle cx="${x - size * 0.12}" cy="${y - size * 0.7}" r="${size * 0.25}" fill="#3c7442"/>`
  }).join('')
}

/** Cars as boxes and lane lines as polylines. */
export function roadScene(time: keyof typeof LIGHT) {
  return (random: () => number): Scene => {
    const light = LIGHT[time]
    const labels = new Labels(random)
    const bend = between(random, -260, 260)
    const sides = [-0.96, -0.33, 0.33, 0.96]
    for (const side of sides) {
      const points = Array.from({ length: 10 }, (_, i) =>
        rounded(onRoad(side, 0.08 + (i / 9) ** 1.5 * 0.9, bend)),
      )
      labels.add(
        'lane',
        { kind: 'polyline', points },
        { attributes: { style: Math.abs(side) > 0.5 ? 'solid' : 'dashed' } },
      )
    }
    const cars = Array.from({ length: 6 }, (_, index) => {
      const depth = 0.1 + (index / 6) * 0.68 + random() * 0.04
      const lane = pick(random, [-0.65, 0, 0.65])
      const { x, y } = onRoad(lane, depth, bend)
      const w = quarter(26 + depth * depth * 400)
      const h = quarter(w * 0.74)
      return { x: quarter(x - w / 2), y: quarter(y - h), w, h, paint: pick(random, PAINTS) }
    })
    for (const { x, y, w, h } of cars) labels.add('car', { kind: 'bbox', x, y, w, h })
    const edge = (side: number) => Array.from({ length: 30 }, (_, i) => onRoad(side, i / 29, bend))
    const roadShape = [...edge(-1), ...edge(1).reverse()]
    const content = `
<defs>
<linearGradient id="sky" x2="0" y2="1"><stop stop-color="${light.sky[0]}"/><stop offset="1" stop-color="${light.sky[1]}"/></linearGradient>
<linearGradient id="ground" x2="0" y2="1"><stop stop-color="${light.ground[0]}"/><stop offset="1" stop-color="${light.ground[1]}"/></linearGradient>
<linearGradient id="road" x2="0" y2="1"><stop stop-color="${light.road[0]}"/><stop offset="1" stop-color="${light.road[1]}"/></linearGradient>
</defs>
<rect width="${WIDTH}" height="${HORIZON + 2}" fill="url(#sky)"/>
<circle cx="${between(random, 150, 1100)}" cy="${between(random, 60, 150)}" r="38" fill="#fff" opacity="${time === 'night' ? 0.85 : 0.7}"/>
${hills(random, light.hills)}
<rect y="${HORIZON}" width="${WIDTH}" height="${HEIGHT - HORIZON}" fill="url(#ground)"/>
<path d="${pathOf(roadShape)}" fill="url(#road)"/>
<g fill="#f4f1e6" opacity=".9">${stripe(-0.96, bend, 0.012, false)}${stripe(0.96, bend, 0.012, false)}${stripe(-0.33, bend, 0.012, true)}${stripe(0.33, bend, 0.012, true)}</g>
${trees(random)}
${cars.map((car) => drawCar(car, car.paint, light.glass, light.lamps)).join('')}`
    return {
      width: WIDTH,
      height: HEIGHT,
      svg: svgOf(WIDTH, HEIGHT, content),
      annotations: labels.list,
    }
  }
}
