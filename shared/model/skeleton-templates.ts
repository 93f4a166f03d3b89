import { t } from '#shared/texts/texts.ts'
import type { Skeleton } from './annotation-class.ts'
import { guessPairs } from './pose.ts'

type Place = readonly [name: string, x: number, y: number]

const nodesOf = (places: readonly Place[]): Skeleton['nodes'] =>
  places.map(([name, x, y]) => ({ name, x, y }))

/** Lines from each node of a run to the next; `isClosed`: and back to the first. */
function chain(first: number, last: number, isClosed = false): [number, number][] {
  const lines = Array.from({ length: last - first }, (_, step): [number, number] => [
    first + step,
    first + step + 1,
  ])
  return isClosed ? [...lines, [last, first]] : lines
}

/** COCO's person (Lin et al., 2014): 17 joints standing upright, in the unit square. */
const PERSON: Skeleton = {
  nodes: (
    [
      ['nose', 0.5, 0.06],
      ['left_eye', 0.55, 0.03],
      ['right_eye', 0.45, 0.03],
      ['left_ear', 0.61, 0.05],
      ['right_ear', 0.39, 0.05],
      ['left_shoulder', 0.7, 0.2],
      ['right_shoulder', 0.3, 0.2],
      ['left_elbow', 0.82, 0.37],
      ['right_elbow', 0.18, 0.37],
      ['left_wrist', 0.9, 0.53],
      ['right_wrist', 0.1, 0.53],
      ['left_hip', 0.63, 0.54],
      ['right_hip', 0.37, 0.54],
      ['left_knee', 0.65, 0.77],
      ['right_knee', 0.35, 0.77],
      ['left_ankle', 0.66, 1],
      ['right_ankle', 0.34, 1],
    ] as const
  ).map(([name, x, y]) => ({ name, x, y })),
  edges: [
    [15, 13],
    [13, 11],
    [16, 14],
    [14, 12],
    [11, 12],
    [5, 11],
    [6, 12],
    [5, 6],
    [5, 7],
    [6, 8],
    [7, 9],
    [8, 10],
    [1, 2],
    [0, 1],
    [0, 2],
    [1, 3],
    [2, 4],
    [3, 5],
    [4, 6],
  ],
}

/** A hand, palm to the viewer: 21 joints in the order of MediaPipe Hands and FreiHAND (Zimmermann et al., 2019). */
const FINGERS: readonly [string, readonly (readonly [number, number])[]][] = [
  [
    'thumb',
    [
      [0.3, 0.83],
      [0.17, 0.7],
      [0.08, 0.58],
      [0.02, 0.48],
    ],
  ],
  [
    'index',
    [
      [0.33, 0.5],
      [0.3, 0.32],
      [0.28, 0.2],
      [0.27, 0.09],
    ],
  ],
  [
    'middle',
    [
      [0.5, 0.47],
      [0.5, 0.27],
      [0.5, 0.13],
      [0.5, 0],
    ],
  ],
  [
    'ring',
    [
      [0.65, 0.5],
      [0.68, 0.32],
      [0.7, 0.19],
      [0.71, 0.08],
    ],
  ],
  [
    'pinky',
    [
      [0.79, 0.58],
      [0.87, 0.44],
      [0.92, 0.34],
      [0.96, 0.25],
    ],
  ],
]
const HAND: Skeleton = {
  nodes: nodesOf([
    ['wrist', 0.5, 1],
    ...FINGERS.flatMap(([finger, places]) =>
      places.map(([x, y], index): Place => {
        const joints =
          finger === 'thumb' ? ['cmc', 'mcp', 'ip', 'tip'] : ['mcp', 'pip', 'dip', 'tip']
        return [`${finger}_${joints[index]}`, x, y]
      }),
    ),
  ]),
  edges: FINGERS.flatMap((_, finger): [number, number][] => [
    [0, 4 * finger + 1],
    ...chain(4 * finger + 1, 4 * finger + 4),
  ]),
}

/** Points of an ellipse from one angle to another, degrees clockwise from three o'clock, both ends included. */
function arc(
  count: number,
  [cx, cy]: readonly [number, number],
  [rx, ry]: readonly [number, number],
  from: number,
  to: number,
): [number, number][] {
  return Array.from({ length: count }, (_, index) => {
    const angle = ((from + ((to - from) * index) / (count - 1)) * Math.PI) / 180
    const round = (value: number) => Math.round(value * 1000) / 1000
    return [round(cx + rx * Math.cos(angle)), round(cy + ry * Math.sin(angle))]
  })
}

const named = (name: string, places: readonly (readonly [number, number])[]): Place[] =>
  places.map(([x, y], index) => [`${name}_${index + 1}`, x, y])

/** The two halves of a face as one sees them: `right` is the person's right, on the left of the picture. */
const FACE_PARTS: readonly (readonly Place[])[] = [
  named('jaw', arc(17, [0.5, 0.3], [0.5, 0.7], 180, 0)),
  named('right_brow', arc(5, [0.27, 0.2], [0.17, 0.1], 190, 330)),
  named('left_brow', arc(5, [0.73, 0.2], [0.17, 0.1], 210, 350)),
  named('nose_bridge', [
    [0.5, 0.28],
    [0.5, 0.36],
    [0.5, 0.44],
    [0.5, 0.52],
  ]),
  named('nose_base', [
    [0.41, 0.57],
    [0.455, 0.59],
    [0.5, 0.6],
    [0.545, 0.59],
    [0.59, 0.57],
  ]),
  named('right_eye', [
    [0.2, 0.3],
    [0.25, 0.27],
    [0.32, 0.27],
    [0.37, 0.31],
    [0.32, 0.33],
    [0.25, 0.33],
  ]),
  named('left_eye', [
    [0.63, 0.31],
    [0.68, 0.27],
    [0.75, 0.27],
    [0.8, 0.3],
    [0.75, 0.33],
    [0.68, 0.33],
  ]),
  named('outer_lip', [
    [0.33, 0.74],
    [0.4, 0.71],
    [0.46, 0.695],
    [0.5, 0.7],
    [0.54, 0.695],
    [0.6, 0.71],
    [0.67, 0.74],
    [0.6, 0.8],
    [0.54, 0.82],
    [0.5, 0.825],
    [0.46, 0.82],
    [0.4, 0.8],
  ]),
  named('inner_lip', [
    [0.36, 0.745],
    [0.45, 0.735],
    [0.5, 0.735],
    [0.55, 0.735],
    [0.64, 0.745],
    [0.55, 0.77],
    [0.5, 0.775],
    [0.45, 0.77],
  ]),
]

/** Both nodes of each pair add up to a sum: mirrored about the middle of a run. */
const mirrored = (first: number, last: number, count: number): [number, number][] =>
  Array.from({ length: count }, (_, step) => [first + step, last - step])

/** 68 points of a face in the order of iBUG 300-W (Sagonas et al., 2013). */
const FACE: Skeleton = {
  nodes: nodesOf(FACE_PARTS.flat()),
  edges: [
    ...chain(0, 16),
    ...chain(17, 21),
    ...chain(22, 26),
    ...chain(27, 30),
    ...chain(31, 35),
    ...chain(36, 41, true),
    ...chain(42, 47, true),
    ...chain(48, 59, true),
    ...chain(60, 67, true),
  ],
  pairs: [
    ...mirrored(0, 16, 8),
    ...mirrored(17, 26, 5),
    ...mirrored(31, 35, 2),
    ...mirrored(36, 45, 4),
    [40, 47],
    [41, 46],
    ...mirrored(48, 54, 3),
    [55, 59],
    [56, 58],
    ...mirrored(60, 64, 2),
    [65, 67],
  ],
}

/** A four-legged animal from its left: 17 joints in the order of AP-10K (Yu et al., 2021). */
const ANIMAL: Skeleton = {
  nodes: nodesOf([
    ['left_eye', 0.1, 0.1],
    ['right_eye', 0.05, 0.08],
    ['nose', 0, 0.22],
    ['neck', 0.25, 0.3],
    ['root_of_tail', 0.95, 0.3],
    ['left_shoulder', 0.3, 0.45],
    ['left_elbow', 0.31, 0.7],
    ['left_front_paw', 0.3, 1],
    ['right_shoulder', 0.22, 0.45],
    ['right_elbow', 0.2, 0.68],
    ['right_front_paw', 0.17, 0.96],
    ['left_hip', 0.86, 0.45],
    ['left_knee', 0.82, 0.7],
    ['left_back_paw', 0.88, 1],
    ['right_hip', 0.78, 0.45],
    ['right_knee', 0.72, 0.68],
    ['right_back_paw', 0.75, 0.96],
  ]),
  edges: [
    [0, 1],
    [0, 2],
    [1, 2],
    [2, 3],
    [3, 4],
    [3, 5],
    [5, 6],
    [6, 7],
    [3, 8],
    [8, 9],
    [9, 10],
    [4, 11],
    [11, 12],
    [12, 13],
    [4, 14],
    [14, 15],
    [15, 16],
  ],
}

const withPairs = (skeleton: Skeleton): Skeleton => ({
  ...skeleton,
  pairs: guessPairs(skeleton.nodes),
})

/** Templates to begin with. */
export const SKELETON_TEMPLATES: readonly { label: string; skeleton: Skeleton }[] = [
  { label: t('Person (COCO, 17 joints)'), skeleton: withPairs(PERSON) },
  { label: t('Hand (21 joints)'), skeleton: HAND },
  { label: t('Face (iBUG, 68 points)'), skeleton: FACE },
  { label: t('Animal (AP-10K, 17 joints)'), skeleton: withPairs(ANIMAL) },
  {
    label: t('Face (5 points)'),
    skeleton: {
      nodes: [
        { name: 'left_eye', x: 0.7, y: 0.2 },
        { name: 'right_eye', x: 0.3, y: 0.2 },
        { name: 'nose', x: 0.5, y: 0.5 },
        { name: 'left_mouth', x: 0.68, y: 0.8 },
        { name: 'right_mouth', x: 0.32, y: 0.8 },
      ],
      edges: [
        [0, 2],
        [1, 2],
        [3, 4],
      ],
      pairs: [
        [0, 1],
        [3, 4],
      ],
    },
  },
]
