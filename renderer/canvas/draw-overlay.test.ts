import { expect, test, vi } from 'vitest'
import { type Annotation, newAnnotation } from '#shared/model/annotation.ts'
import { SKELETON_TEMPLATES } from '#shared/model/skeleton-templates.ts'
import type { Style } from './draw-annotations.ts'
import { drawOverlay, type Overlay } from './draw-overlay.ts'

const [{ skeleton }] = SKELETON_TEMPLATES
const STYLE: Style = {
  classes: [{ name: 'person', color: '#ff0000', skeleton }],
  colorOf: () => '#ff0000',
  fillOpacity: 0.1,
  strokeOpacity: 1,
  strokeWidth: 2,
  showLabels: false,
}

vi.stubGlobal(
  'Path2D',
  class {
    moveTo() {}
    lineTo() {}
    arc() {}
    rect() {}
    closePath() {}
    addPath() {}
  },
)

/** Draws poses that are all selected; answers how often an id was read, and how many strokes were made. */
function drawPeople(people: number): { reads: number; strokes: number } {
  let reads = 0
  let strokes = 0
  const counted = (annotation: Annotation): Annotation => {
    const { id } = annotation
    return Object.defineProperty({ ...annotation }, 'id', {
      get: () => {
        reads++
        return id
      },
    })
  }
  const instances = Array.from({ length: people }, (_, person) =>
    skeleton.nodes.map(({ name }, joint) =>
      counted(
        newAnnotation({ kind: 'keypoint', x: person, y: joint }, name, { instanceId: person + 1 }),
      ),
    ),
  )
  const overlay: Overlay = {
    selected: instances.flat(),
    instances,
    hovered: null,
    proposals: [],
    handles: [],
    activeVertices: new Set(),
    outlines: [],
    vertices: [],
    crosses: [],
    closing: null,
    snap: null,
    marquee: null,
    lasso: [],
    frame: null,
    crossings: [],
    caption: null,
    regions: [],
    brush: null,
    color: '#ffffff',
    pointer: null,
    showCrosshair: false,
    theirs: null,
    loupe: null,
  }
  const context = new Proxy({} as CanvasRenderingContext2D, {
    get: (_target, key) => () => {
      if (key === 'stroke') strokes++
    },
    set: () => true,
  })
  drawOverlay(context, { scale: 1, x: 0, y: 0, width: 1000, height: 800 }, overlay, STYLE)
  return { reads, strokes }
}

test('a frame with 10,000 selected joints costs each joint what one with 100 does', () => {
  const [few, many] = [drawPeople(6), drawPeople(600)]
  expect(few.reads).toBeGreaterThan(0)
  expect(many.reads / few.reads).toBeLessThan(101)
  expect(many.strokes).toBe(few.strokes)
})
