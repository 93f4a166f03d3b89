import type { Point } from '#shared/model/annotation.ts'
import { between, Labels, pick, quarter, rounded, type Scene, svgOf } from './scene.ts'

const WIDTH = 1200
const HEIGHT = 800
const SHIRTS = ['#e11d48', '#2563eb', '#f59e0b', '#059669', '#7c3aed', '#0891b2'] as const
const SKINS = ['#f1c7a3', '#d9a066', '#a9714b', '#6f4a32'] as const

interface Person {
  head: Point
  hands: [left: Point, right: Point]
  feet: [left: Point, right: Point]
  size: number
  shirt: string
  skin: string
}

function stand(random: () => number, x: number, ground: number): Person {
  const size = 150 + ((ground - 420) / 360) * 170
  const stride = between(random, 0.08, 0.2) * size
  const swing = between(random, -0.12, 0.12) * size
  return {
    size,
    shirt: pick(random, SHIRTS),
    skin: pick(random, SKINS),
    head: rounded({ x, y: ground - size * 0.9 }),
    // The left hand of a person who faces us is on our right.
    hands: [
      rounded({ x: x + size * 0.24 + swing, y: ground - size * 0.42 }),
      rounded({ x: x - size * 0.24 + swing, y: ground - size * 0.42 }),
    ],
    feet: [rounded({ x: x + stride, y: ground }), rounded({ x: x - stride, y: ground })],
  }
}

function drawPerson({ head, hands, feet, size, shirt, skin }: Person): string {
  const limb = (from: Point, to: Point, width: number, color: string) =>
    `<path d="M${from.x} ${from.y}L${to.x} ${to.y}" stroke="${color}" stroke-width="${size * width}" stroke-linecap="round"/>`
  const shoulder = (side: number) => ({ x: head.x + side * size * 0.12, y: head.y + size * 0.2 })
  const hip = (side: number) => ({ x: head.x + side * size * 0.07, y: head.y + size * 0.5 })
  return `
<ellipse cx="${head.x}" cy="${feet[0].y}" rx="${size * 0.3}" ry="${size * 0.05}" fill="#000" opacity=".25"/>
${limb(hip(1), feet[0], 0.09, '#1f2937')}${limb(hip(-1), feet[1], 0.09, '#273449')}
${limb(shoulder(1), hands[0], 0.06, shirt)}${limb(shoulder(-1), hands[1], 0.06, shirt)}
<rect x="${head.x - size * 0.14}" y="${head.y + size * 0.12}" width="${size * 0.28}" height="${size * 0.42}" rx="${size * 0.08}" fill="${shirt}"/>
<circle cx="${hands[0].x}" cy="${hands[0].y}" r="${size * 0.035}" fill="${skin}"/><circle cx="${hands[1].x}" cy="${hands[1].y}" r="${size * 0.035}" fill="${skin}"/>
<circle cx="${head.x}" cy="${head.y}" r="${size * 0.095}" fill="${skin}"/>
<path d="M${head.x - size * 0.098} ${head.y - size * 0.01}a${size * 0.098} ${size * 0.098} 0 0 1 ${size * 0.196} 0z" fill="#2b211b"/>`
}

/** People as boxes with pose keypoints, on a zebra crossing. */
export function peopleScene(random: () => number): Scene {
  const labels = new Labels(random)
  const people = Array.from({ length: 5 }, (_, index) =>
    stand(random, 130 + index * 230 + between(random, -50, 50), between(random, 560, 770)),
  ).sort((a, b) => a.feet[0].y - b.feet[0].y)
  people.forEach(({ head, hands, feet, size }, index) => {
    const instanceId = index + 1
    const left = Math.min(hands[1].x, feet[1].x) - size * 0.06
    const right = Math.max(hands[0].x, feet[0].x) + size * 0.06
    const top = head.y - size * 0.11
    const box = {
      x: quarter(left),
      y: quarter(top),
      w: quarter(right - left),
      h: quarter(feet[0].y + size * 0.04 - top),
    }
    labels.add('person', { kind: 'bbox', ...box }, { instanceId })
    const joints: [string, Point][] = [
      ['head', head],
      ['left hand', hands[0]],
      ['right hand', hands[1]],
      ['left foot', feet[0]],
      ['right foot', feet[1]],
    ]
    for (const [name, at] of joints) labels.add(name, { kind: 'keypoint', ...at }, { instanceId })
  })
  const houses = Array.from({ length: 7 }, (_, index) => {
    const x = index * 180 - 20
    const h = between(random, 180, 330)
    const windows = Array.from({ length: 12 }, (__, w) => {
      const column = w % 3
      const row = Math.floor(w / 3)
      return row * 62 + 80 < h
        ? `<rect x="${x + 26 + column * 46}" y="${400 - h + 26 + row * 62}" width="26" height="38" fill="${random() < 0.4 ? '#fde9a9' : '#64748b'}"/>`
        : ''
    }).join('')
    return `<rect x="${x}" y="${400 - h}" width="176" height="${h}" fill="${pick(random, ['#b9846b', '#c7a98b', '#8d99a8', '#a8b8a0', '#d3bfa5'])}"/>${windows}`
  }).join('')
  const zebra = Array.from(
    { length: 11 },
    (_, index) => `<path d="M${index * 120 - 40} 560h64l-40 240h-80z" fill="#e9e7e1"/>`,
  ).join('')
  const content = `
<defs><linearGradient id="sky" x2="0" y2="1"><stop stop-color="#9cc9ee"/><stop offset="1" stop-color="#eef7fd"/></linearGradient></defs>
<rect width="${WIDTH}" height="${HEIGHT}" fill="url(#sky)"/>${houses}
<rect y="400" width="${WIDTH}" height="90" fill="#b7b2a8"/><rect y="486" width="${WIDTH}" height="8" fill="#8f8a80"/>
<rect y="494" width="${WIDTH}" height="306" fill="#565a61"/>${zebra}
${people.map(drawPerson).join('')}`
  return {
    width: WIDTH,
    height: HEIGHT,
    svg: svgOf(WIDTH, HEIGHT, content),
    annotations: labels.list,
  }
}
