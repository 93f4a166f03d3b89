import { beforeEach, describe, expect, test } from 'vitest'
import { choices } from '#renderer/document/choices.ts'
import type { MaskPolygons } from '#shared/assist/mask-to-polygon.ts'
import type { PictureWork } from '#shared/assist/picture-work.ts'
import {
  type Annotation,
  newAnnotation,
  type Point,
  type PolygonShape,
  type Shape,
} from '#shared/model/annotation.ts'
import type { ChangeSet } from '#shared/model/change-set.ts'
import { BrushTool } from './brush-tool.ts'
import { Latest } from './latest.ts'
import { OutlineTool } from './outline-tool.ts'
import { PolygonTool, PolylineTool } from './path-tool.ts'
import type { ActiveTool, Pointer, ToolHost } from './tool.ts'
import { WandTool } from './wand-tool.ts'

const square = (x: number, y: number, side: number): PolygonShape => ({
  kind: 'polygon',
  rings: [
    [
      { x, y },
      { x: x + side, y },
      { x: x + side, y: y + side },
      { x, y: y + side },
    ],
  ],
})

/** A request that the test answers when it wants. */
interface Question {
  name: keyof PictureWork
  args: readonly unknown[]
  answer: (value: unknown) => void
  fail: (error: Error) => void
}

let questions: Question[]
let created: Shape[]
let edits: ChangeSet[]
let said: string[]
let annotations: Annotation[]
let selected: string[]
let liveWire: boolean

const picture = new Proxy({} as PictureWork, {
  get:
    (_, name: keyof PictureWork) =>
    (...args: unknown[]) => {
      if (name === 'prepare') return Promise.resolve()
      const { promise, resolve, reject } = Promise.withResolvers<unknown>()
      questions.push({ name, args, answer: resolve, fail: reject })
      return promise
    },
})

let className = 'car'

/** The parts of a host that the tested tools use; everything else throws. */
function testHost(): ToolHost {
  const host: Partial<ToolHost> = {
    picture: () => picture,
    liveWire: () => liveWire,
    snap: () => null,
    changed: () => {},
    keepDraft: () => {},
    say: (message) => void said.push(message),
    className: () => className,
    classNamed: () => undefined,
    borders: () => null,
    create: (shape) => {
      created.push(shape)
      return 'new'
    },
    annotations: () => annotations,
    selected: () => annotations.filter(({ id }) => selected.includes(id)),
    select: (ids) => {
      selected = [...ids]
    },
    isLocked: () => false,
    pick: () => [],
    edit: (_, changes) => {
      edits.push(changes)
      const gone = new Set([...changes.deleted, ...changes.updated.map(({ before }) => before)])
      annotations = [
        ...annotations.filter((annotation) => !gone.has(annotation)),
        ...changes.updated.map(({ after }) => after),
        ...changes.created,
      ]
    },
  }
  return host as ToolHost
}

const at = (x: number, y: number, more: Partial<Pointer> = {}): Pointer => ({
  at: { x, y },
  pixel: 1,
  shift: false,
  alt: false,
  mod: false,
  ...more,
})

function click(tool: ActiveTool, place: Pointer): void {
  tool.pointerDown(place)
  tool.pointerUp(place)
}

/** Resolves with the next request. */
async function asked(): Promise<Question> {
  await expect.poll(() => questions.length).toBeGreaterThan(0)
  const [question] = questions.splice(0, 1)
  return question
}

const settled = () => new Promise((resolve) => setImmediate(resolve))

beforeEach(() => {
  className = 'car'
  questions = []
  created = []
  edits = []
  said = []
  annotations = []
  selected = []
  liveWire = true
  choices.setState({ brushRadius: 2 })
})

describe('live-wire', () => {
  const points = () => created.flatMap((shape) => (shape.kind === 'polyline' ? shape.points : []))

  test('clicks that come faster than their ways keep their order, and Enter comes after them', async () => {
    const tool = new PolylineTool(testHost(), null)
    click(tool, at(10, 10))
    click(tool, at(50, 10))
    click(tool, at(90, 10, { shift: true }))
    tool.finish()
    expect(created).toEqual([])
    const first = await asked()
    expect(first.name).toBe('nearestEdge')
    first.answer({ x: 11, y: 11 })
    const second = await asked()
    expect(second.args.slice(0, 2)).toEqual([
      { x: 11, y: 11 },
      { x: 50, y: 10 },
    ])
    second.answer([
      { x: 30, y: 20 },
      { x: 50, y: 11 },
    ])
    await expect.poll(points).toEqual([
      { x: 11, y: 11 },
      { x: 30, y: 20 },
      { x: 50, y: 11 },
      { x: 90, y: 10 },
    ])
  })

  test('Esc drops clicks whose ways are not found yet', async () => {
    const tool = new PolylineTool(testHost(), null)
    click(tool, at(10, 10))
    ;(await asked()).answer({ x: 10, y: 10 })
    await settled()
    click(tool, at(50, 10))
    const late = await asked()
    expect(tool.cancel()).toBe(true)
    late.answer([{ x: 50, y: 10 }])
    await settled()
    expect(tool.preview().vertices).toEqual([])
  })

  test('Backspace takes back only the last of the clicks whose ways are not found yet', async () => {
    const tool = new PolylineTool(testHost(), null)
    for (const x of [10, 50, 90]) click(tool, at(x, 10))
    expect(tool.removeLast()).toBe(true)
    tool.finish()
    ;(await asked()).answer({ x: 10, y: 10 })
    ;(await asked()).answer([{ x: 50, y: 10 }])
    await expect.poll(points).toEqual([
      { x: 10, y: 10 },
      { x: 50, y: 10 },
    ])
  })

  test('Backspace takes a whole click back, and redo brings it again', async () => {
    const tool = new PolylineTool(testHost(), null)
    const way = [10, 20, 30].map((x): Point => ({ x, y: 5 }))
    click(tool, at(0, 5))
    ;(await asked()).answer({ x: 0, y: 5 })
    await settled()
    click(tool, at(30, 5))
    ;(await asked()).answer(way)
    await settled()
    expect(tool.preview().vertices).toHaveLength(4)
    tool.removeLast()
    expect(tool.preview().vertices).toEqual([{ x: 0, y: 5 }])
    tool.restoreLast()
    expect(tool.preview().vertices).toHaveLength(4)
    tool.removeLast()
    tool.removeLast()
    expect(tool.preview().vertices).toEqual([])
  })

  test('a polygon is closed along edges; where the picture cannot be read lines are straight, and it is said', async () => {
    const tool = new PolygonTool(testHost(), null)
    for (const [x, y] of [
      [0, 0],
      [50, 0],
      [50, 50],
    ]) {
      click(tool, at(x, y))
      const question = await asked()
      if (question.name === 'nearestEdge') question.answer({ x, y })
      else if (x === y) question.fail(new Error('The file is damaged'))
      else question.answer([{ x, y }])
      await settled()
    }
    expect(said).toEqual(['The file is damaged'])
    tool.finish()
    const back = await asked()
    expect(back.args.slice(0, 2)).toEqual([
      { x: 50, y: 50 },
      { x: 0, y: 0 },
    ])
    back.answer([
      { x: 20, y: 30 },
      { x: 0, y: 0 },
    ])
    await expect.poll(() => created).toHaveLength(1)
    expect(created[0]).toEqual({
      kind: 'polygon',
      rings: [
        [
          { x: 0, y: 0 },
          { x: 50, y: 0 },
          { x: 50, y: 50 },
          { x: 20, y: 30 },
        ],
      ],
    })
  })

  test('switched off nothing is asked', () => {
    liveWire = false
    const tool = new PolylineTool(testHost(), null)
    click(tool, at(10, 10))
    click(tool, at(50, 10))
    tool.finish()
    expect(questions).toEqual([])
    expect(points()).toHaveLength(2)
  })
})

describe('outline and wand', () => {
  const found = (...shapes: PolygonShape[]): MaskPolygons => ({ shapes, tolerance: 1 })

  test('of several questions the last counts, and Enter before its answer draws it', async () => {
    const tool = new WandTool(testHost(), null)
    click(tool, at(10, 10))
    const first = await asked()
    tool.resize(1)
    click(tool, at(20, 20))
    tool.finish()
    first.answer(found(square(0, 0, 5)))
    const last = await asked()
    expect(last.args[0]).toHaveLength(2)
    expect(edits).toEqual([])
    last.answer(found(square(0, 0, 50), square(80, 0, 10)))
    await expect.poll(() => edits).toHaveLength(1)
    expect(edits[0].created.map(({ shape }) => shape)).toEqual([
      square(0, 0, 50),
      square(80, 0, 10),
    ])
    expect(questions).toEqual([])
  })

  test('an answer after Esc shows nothing', async () => {
    const tool = new OutlineTool(testHost(), null)
    tool.pointerDown(at(10, 10))
    tool.pointerMove(at(60, 60), true)
    tool.pointerUp(at(60, 60))
    const question = await asked()
    tool.cancel()
    question.answer(found(square(0, 0, 5)))
    await settled()
    expect(tool.preview().regions).toEqual([])
    expect(tool.finish()).toBe(false)
  })

  test('a draft looks again for what it was', async () => {
    const draft = {
      box: { x: 1, y: 2, w: 30, h: 40 },
      marks: [{ at: { x: 5, y: 6 }, adds: false }],
    }
    const tool = new OutlineTool(testHost(), draft)
    const question = await asked()
    expect(question.args).toEqual([{ box: draft.box, positive: [], negative: [{ x: 5, y: 6 }] }])
    question.answer(found(square(2, 3, 20)))
    await expect.poll(() => tool.preview().regions).toHaveLength(1)
  })
})

describe('the brush', () => {
  const stroke = (tool: ActiveTool, ...places: Pointer[]) => {
    tool.pointerDown(places[0])
    for (const place of places) tool.pointerMove(place, true)
    tool.pointerUp(places[places.length - 1])
  }

  test('strokes wait for each other, so that the second begins with what the first made', async () => {
    const tool = new BrushTool(testHost(), false)
    stroke(tool, at(10, 10), at(20, 10))
    stroke(tool, at(20, 10), at(30, 10))
    expect(tool.preview().brush?.strokes).toHaveLength(2)
    const first = await asked()
    expect(first.args[0]).toEqual([])
    first.answer({ shapes: [square(0, 0, 20)], tolerance: 0.5 })
    const second = await asked()
    expect(second.args[0]).toEqual([square(0, 0, 20)])
    second.answer({ shapes: [square(0, 0, 30)], tolerance: 0.5 })
    await expect.poll(() => edits).toHaveLength(2)
    expect(annotations.map(({ shape }) => shape)).toEqual([square(0, 0, 30)])
    expect(tool.preview().brush?.strokes).toEqual([])
  })

  test('a stroke has the class that was chosen when it was drawn', async () => {
    const tool = new BrushTool(testHost(), false)
    stroke(tool, at(0, 0), at(10, 0))
    className = 'bus'
    ;(await asked()).answer({ shapes: [square(0, 0, 10)], tolerance: 1 })
    await expect.poll(() => edits).toHaveLength(1)
    expect(edits[0].created[0].className).toBe('car')
  })

  test('a shape that changed meanwhile is left as it is', async () => {
    annotations = [newAnnotation(square(0, 0, 20), 'car')]
    selected = [annotations[0].id]
    const tool = new BrushTool(testHost(), true)
    stroke(tool, at(10, 10))
    const question = await asked()
    annotations = [{ ...annotations[0], className: 'bus' }]
    question.answer({ shapes: [], tolerance: 0 })
    await expect.poll(() => said).toHaveLength(1)
    expect(edits).toEqual([])
  })

  test('what is cut apart becomes shapes of their own, and what is erased whole is deleted, each in one step', async () => {
    const whole = newAnnotation(square(0, 0, 20), 'car')
    annotations = [whole]
    selected = [whole.id]
    const tool = new BrushTool(testHost(), true)
    stroke(tool, at(10, 10))
    ;(await asked()).answer({ shapes: [square(0, 0, 9), square(11, 0, 5)], tolerance: 1 })
    await expect.poll(() => edits).toHaveLength(1)
    expect(edits[0].updated.map(({ after }) => after)).toEqual([
      { ...whole, shape: square(0, 0, 9) },
    ])
    expect(edits[0].created.map(({ className, shape }) => [className, shape])).toEqual([
      ['car', square(11, 0, 5)],
    ])
    stroke(tool, at(4, 4))
    ;(await asked()).answer({ shapes: [], tolerance: 1 })
    await expect.poll(() => edits).toHaveLength(2)
    expect(edits[1].deleted.map(({ id }) => id)).toEqual([whole.id])
  })
})

test('Latest asks one thing at a time, and leaves out what came in between', async () => {
  const latest = new Latest()
  const calls: number[] = []
  const answers: number[] = []
  const gates = [0, 1, 2].map(() => Promise.withResolvers<void>())
  for (const number of [0, 1, 2])
    latest.ask(
      async () => {
        calls.push(number)
        await gates[number].promise
        return number
      },
      (answer) => answers.push(answer),
      () => {},
    )
  expect(calls).toEqual([0])
  gates[0].resolve()
  await expect.poll(() => calls).toEqual([0, 2])
  gates[2].resolve()
  await expect.poll(() => answers).toEqual([2])
})
