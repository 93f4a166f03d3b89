import type { Point } from '#shared/model/annotation.ts'
import { between, Labels, pick, rounded, type Scene, svgOf } from './scene.ts'

const SIDE = 720
const SKINS = [
  ['#f3cfb3', '#e0ab86'],
  ['#d8a47a', '#bb8155'],
  ['#9a6a48', '#7a5034'],
] as const
const HAIR = ['#2a1d16', '#5b3a1f', '#b58a4b', '#3f3f46'] as const
const BACKDROPS = [
  ['#d7e3f4', '#9fb7d9'],
  ['#f3e2d3', '#d9b99b'],
  ['#dcefe2', '#9cc6ab'],
] as const

/** A face as a polygon, with landmarks as keypoints of one instance. */
export function faceScene(random: () => number): Scene {
  const labels = new Labels(random)
  const skin = pick(random, SKINS)
  const hair = pick(random, HAIR)
  const backdrop = pick(random, BACKDROPS)
  const cx = SIDE / 2 + between(random, -40, 40)
  const cy = SIDE / 2 + between(random, -20, 30)
  const rx = between(random, 150, 175)
  const ry = rx * between(random, 1.22, 1.34)
  const tilt = between(random, -9, 9)
  const place = (x: number, y: number): Point => {
    const angle = (tilt * Math.PI) / 180
    return rounded({
      x: cx + x * Math.cos(angle) - y * Math.sin(angle),
      y: cy + x * Math.sin(angle) + y * Math.cos(angle),
    })
  }
  const outline = Array.from({ length: 24 }, (_, index) => {
    const angle = (index / 24) * 2 * Math.PI
    return place(rx * Math.cos(angle), ry * Math.sin(angle))
  })
  const eyes = [place(rx * 0.42, -ry * 0.12), place(-rx * 0.42, -ry * 0.12)]
  const nose = place(0, ry * 0.18)
  labels.add('face', { kind: 'polygon', rings: [outline] }, { instanceId: 1 })
  labels.add('left eye', { kind: 'keypoint', ...eyes[0] }, { instanceId: 1 })
  labels.add('right eye', { kind: 'keypoint', ...eyes[1] }, { instanceId: 1 })
  labels.add('nose', { kind: 'keypoint', ...nose }, { instanceId: 1 })
  const eye = (x: number) => `
<ellipse cx="${x}" cy="${-ry * 0.12}" rx="30" ry="17" fill="#fff"/><circle cx="${x}" cy="${-ry * 0.12}" r="14" fill="#5b4632"/><circle cx="${x}" cy="${-ry * 0.12}" r="6.5" fill="#111"/><circle cx="${x + 4}" cy="${-ry * 0.12 - 5}" r="3" fill="#fff"/>
<path d="M${x - 38} ${-ry * 0.27}q38 -22 76 0" fill="none" stroke="${hair}" stroke-width="9" stroke-linecap="round"/>`
  const content = `
<defs><radialGradient id="back"><stop stop-color="${backdrop[0]}"/><stop offset="1" stop-color="${backdrop[1]}"/></radialGradient>
<radialGradient id="skin" cx=".42" cy=".38"><stop stop-color="${skin[0]}"/><stop offset="1" stop-color="${skin[1]}"/></radialGradient></defs>
<rect width="${SIDE}" height="${SIDE}" fill="url(#back)"/>
<path d="M${cx - rx * 1.5} ${SIDE}q${rx * 0.2} -170 ${rx * 1.5} -180q${rx * 1.3} 10 ${rx * 1.5} 180z" fill="#3b4a6b"/>
<rect x="${cx - 52}" y="${cy + ry * 0.7}" width="104" height="130" fill="${skin[1]}"/>
<g transform="translate(${cx} ${cy}) rotate(${tilt})">
<ellipse cx="0" cy="${-ry * 0.2}" rx="${rx * 1.13}" ry="${ry * 1.02}" fill="${hair}"/>
<ellipse cx="0" cy="0" rx="${rx}" ry="${ry}" fill="url(#skin)"/>
<path d="M${-rx * 0.98} ${-ry * 0.25}C${-rx * 0.7} ${-ry * 1.05} ${rx * 0.7} ${-ry * 1.05} ${rx * 0.98} ${-ry * 0.25}C${rx * 0.5} ${-ry * 0.75} ${-rx * 0.2} ${-ry * 0.72} ${-rx * 0.98} ${-ry * 0.25}Z" fill="${hair}"/>
${eye(rx * 0.42)}${eye(-rx * 0.42)}
<path d="M-4 ${-ry * 0.05}q-22 ${ry * 0.22} 4 ${ry * 0.24}q14 4 22 -4" fill="none" stroke="${skin[1]}" stroke-width="6" stroke-linecap="round"/>
<path d="M${-rx * 0.3} ${ry * 0.48}q${rx * 0.3} ${ry * 0.16} ${rx * 0.6} 0" fill="none" stroke="#a3423c" stroke-width="10" stroke-linecap="round"/>
</g>`
  return { width: SIDE, height: SIDE, svg: svgOf(SIDE, SIDE, content), annotations: labels.list }
}
