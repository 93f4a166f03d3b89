import { normaliseAngle } from '#shared/geometry/shapes/oriented-box.ts'
import type { Point } from '#shared/model/annotation.ts'
import { between, Labels, pathOf, pick, quarter, rounded, type Scene, svgOf } from './scene.ts'

const WIDTH = 1400
const HEIGHT = 1000
const DECKS = ['#f8fafc', '#e2e8f0', '#fde68a', '#fecaca', '#bae6fd'] as const

function blob(random: () => number, centre: Point, radius: number, points: number): Point[] {
  return Array.from({ length: points }, (_, index) => {
    const angle = (index / points) * 2 * Math.PI
    const r = radius * between(random, 0.82, 1.12)
    return rounded({ x: centre.x + r * Math.cos(angle) * 1.25, y: centre.y + r * Math.sin(angle) })
  })
}

/** From above: boats as oriented boxes, an island with a lagoon as a polygon with a hole. */
export function harbourScene(random: () => number): Scene {
  const labels = new Labels(random)
  const centre = { x: between(random, 420, 560), y: between(random, 420, 580) }
  const shore = blob(random, centre, 270, 20)
  const lagoon = blob(random, centre, 110, 12)
  labels.add('island', { kind: 'polygon', rings: [shore, lagoon] })
  const boats = Array.from({ length: 13 }, (_, index) => {
    const w = quarter(between(random, 90, 150))
    const cx = quarter(index < 8 ? between(random, 960, 1310) : between(random, 80, 900))
    const cy = quarter(
      index < 8
        ? 90 + index * 110 + between(random, -20, 20)
        : index % 2 === 0
          ? between(random, 50, 110)
          : between(random, 890, 950),
    )
    return {
      cx,
      cy,
      w,
      h: quarter(w * 0.34),
      angleDeg: normaliseAngle(quarter(between(random, -35, 35) + (index % 3 === 0 ? 180 : 0))),
      deck: pick(random, DECKS),
    }
  })
  for (const { deck: _deck, ...box } of boats) labels.add('boat', { kind: 'oriented_box', ...box })
  const hull = ({ cx, cy, w, h, angleDeg, deck }: (typeof boats)[number]) => `
<g transform="translate(${cx} ${cy}) rotate(${angleDeg})">
<path d="M${-w / 2 - 46} 0L${-w / 2} ${-h * 0.3}V${h * 0.3}Z" fill="#fff" opacity=".25"/>
<path d="M${-w / 2} ${-h / 2}H${w * 0.2}Q${w * 0.42} ${-h / 2} ${w / 2} 0Q${w * 0.42} ${h / 2} ${w * 0.2} ${h / 2}H${-w / 2}Z" fill="${deck}" stroke="#334155" stroke-width="2"/>
<rect x="${-w * 0.3}" y="${-h * 0.28}" width="${w * 0.38}" height="${h * 0.56}" rx="5" fill="#475569"/></g>`
  const palms = Array.from({ length: 26 }, () => {
    const angle = random() * 2 * Math.PI
    const r = between(random, 150, 225)
    return `<circle cx="${centre.x + r * 1.25 * Math.cos(angle)}" cy="${centre.y + r * Math.sin(angle)}" r="${between(random, 10, 20)}" fill="${pick(random, ['#2f6b3a', '#3c8148', '#28562f'])}"/>`
  }).join('')
  const waves = Array.from(
    { length: 90 },
    () =>
      `<path d="M${random() * WIDTH} ${random() * HEIGHT}q9 -6 18 0t18 0" fill="none" stroke="#fff" stroke-width="2" opacity=".12"/>`,
  ).join('')
  const content = `
<defs><radialGradient id="sea" cx=".35" cy=".5" r=".9"><stop stop-color="#39a2b4"/><stop offset="1" stop-color="#12496b"/></radialGradient></defs>
<rect width="${WIDTH}" height="${HEIGHT}" fill="url(#sea)"/>${waves}
<path fill-rule="evenodd" d="${pathOf(shore)}${pathOf(lagoon)}" fill="#d9c08a" stroke="#bff0ec" stroke-width="16" stroke-linejoin="round" stroke-opacity=".35"/>
<path fill-rule="evenodd" d="${pathOf(shore)}${pathOf(lagoon)}" fill="#d9c08a"/>${palms}
${boats.map(hull).join('')}`
  return {
    width: WIDTH,
    height: HEIGHT,
    svg: svgOf(WIDTH, HEIGHT, content),
    annotations: labels.list,
  }
}
