import type { Size } from '#shared/geometry/clamp-shape.ts'
import { normaliseAngle } from '#shared/geometry/shapes/oriented-box.ts'
import type { BboxShape, OrientedBoxShape } from '#shared/model/annotation.ts'
import { assertNever } from '#shared/model/assert-never.ts'
import { centredBox, cornersBox, type Found, type ScoredMask, sigmoid } from './detect-found.ts'
import { decodeSemantic } from './detect-semantic.ts'
import type { Detector } from './detector.ts'
import type { Tensor } from './tensor.ts'

/** Outputs of a model by their names. */
export type Outputs = Readonly<Record<string, Tensor>>

const YOLOX_STRIDES = [8, 16, 32]
/** Of Ultralytics' segments: coefficients of an object, and prototypes of masks. */
const COEFFICIENTS = 32

/** Thrown when a model's answer has not the form that its file promised. */
export class OutputError extends Error {}

/** One object's values, wherever they lie in the tensor. */
type Values = (index: number) => number

interface Table {
  /** Objects. */
  rows: number
  /** Values of each. */
  columns: number
  row: (index: number) => Values
}

/** An output as numbers and dims. `rank`: how many dims it has to have. */
function tensorOf(outputs: Outputs, name: string, rank: number) {
  const tensor = outputs[name]
  if (!tensor) throw new OutputError(`The model did not answer “${name}”.`)
  const { dims } = tensor
  const count = dims.reduce((product, dim) => product * dim, 1)
  if (dims.length !== rank || tensor.data.length < count)
    throw new OutputError(
      `The model's “${name}” is [${dims.join(', ')}], which is not the form that its file promises.`,
    )
  const data = tensor.data instanceof BigInt64Array ? Array.from(tensor.data, Number) : tensor.data
  return { data, dims }
}

/** `[1, objects, values]`. */
function rowsOf(outputs: Outputs, name: string): Table {
  const { data, dims } = tensorOf(outputs, name, 3)
  const [, rows, columns] = dims
  return { rows, columns, row: (index) => (column) => data[index * columns + column] }
}

/** `[1, values, objects]`. */
function columnsOf(outputs: Outputs, name: string): Table {
  const { data, dims } = tensorOf(outputs, name, 3)
  const [, columns, rows] = dims
  return { rows, columns, row: (index) => (column) => data[column * rows + index] }
}

function needColumns({ columns }: Table, wanted: number): void {
  if (columns < wanted)
    throw new OutputError(
      `The model answers ${columns} values for an object, ${wanted} were expected.`,
    )
}

/** The likeliest of `count` classes whose values begin at `from`. */
function bestClass(values: Values, from: number, count: number): [index: number, score: number] {
  let best = 0
  let score = Number.NEGATIVE_INFINITY
  for (let index = 0; index < count; index++) {
    const value = values(from + index)
    if (value > score) [best, score] = [index, value]
  }
  return [best, score]
}

const degrees = (radians: number): number => normaliseAngle((radians * 180) / Math.PI)

function turnedBox(box: BboxShape | null, angle: number): OrientedBoxShape | null {
  if (!box || !Number.isFinite(angle)) return null
  const { x, y, w, h } = box
  return { kind: 'oriented_box', cx: x + w / 2, cy: y + h / 2, w, h, angleDeg: degrees(angle) }
}

function keypointsOf({ keypoints }: Detector, values: Values, from: number): Found['keypoints'] {
  if (!keypoints) return []
  return Array.from({ length: keypoints.count }, (_, index) => {
    const at = from + index * keypoints.values
    return {
      x: values(at),
      y: values(at + 1),
      confidence: keypoints.values > 2 ? values(at + 2) : 1,
    }
  })
}

/** Ultralytics' masks: prototypes `[1, 32, h, w]` over the input, weighed by an object's coefficients, cut by its box. */
function prototypeMasks(detector: Detector, outputs: Outputs) {
  const { masks } = detector.outputs
  if (masks === null) return null
  const { data, dims } = tensorOf(outputs, masks, 4)
  const [, count, height, width] = dims
  const cellWidth = detector.input.width / width
  const cellHeight = detector.input.height / height
  return (values: Values, from: number, box: BboxShape) => (): ScoredMask => {
    const x0 = Math.max(0, Math.floor(box.x / cellWidth))
    const y0 = Math.max(0, Math.floor(box.y / cellHeight))
    const x1 = Math.min(width, Math.ceil((box.x + box.w) / cellWidth))
    const y1 = Math.min(height, Math.ceil((box.y + box.h) / cellHeight))
    const size = { width: Math.max(0, x1 - x0), height: Math.max(0, y1 - y0) }
    const scores = new Float32Array(size.width * size.height)
    for (let index = 0; index < Math.min(count, COEFFICIENTS); index++) {
      const weight = values(from + index)
      for (let y = 0; y < size.height; y++)
        for (let x = 0; x < size.width; x++)
          scores[y * size.width + x] += weight * data[(index * height + y + y0) * width + x + x0]
    }
    return { size, scores, left: x0 * cellWidth, top: y0 * cellHeight, cellWidth, cellHeight }
  }
}

interface Limits {
  /** Objects below it are left out, 0..1. */
  floor: number
}

/** v8, 11 and 12: centre, size, a score for each class, then coefficients, keypoints or the angle. */
function decodeYolo(detector: Detector, outputs: Outputs, { floor }: Limits): Found[] {
  const table = columnsOf(outputs, detector.outputs.main)
  const count = detector.classes.length
  needColumns(table, 4 + count)
  const maskOf = prototypeMasks(detector, outputs)
  const found: Found[] = []
  for (let index = 0; index < table.rows; index++) {
    const values = table.row(index)
    const [classIndex, confidence] = bestClass(values, 4, count)
    if (!(confidence >= floor)) continue
    const upright = centredBox(values(0), values(1), values(2), values(3))
    const shape =
      detector.task === 'oriented boxes' ? turnedBox(upright, values(4 + count)) : upright
    if (!shape || !upright) continue
    found.push({
      classIndex,
      confidence,
      shape,
      keypoints: keypointsOf(detector, values, 4 + count),
      mask: maskOf?.(values, 4 + count, upright) ?? null,
    })
  }
  return found
}

/** 26 and its like: corners (of turned boxes centre and size), score, class, then coefficients, keypoints or the angle. */
function decodeEndToEnd(detector: Detector, outputs: Outputs, { floor }: Limits): Found[] {
  const table = rowsOf(outputs, detector.outputs.main)
  needColumns(table, 6)
  const maskOf = prototypeMasks(detector, outputs)
  const found: Found[] = []
  for (let index = 0; index < table.rows; index++) {
    const values = table.row(index)
    const confidence = values(4)
    if (!(confidence >= floor)) continue
    const isTurned = detector.task === 'oriented boxes'
    const upright = (isTurned ? centredBox : cornersBox)(values(0), values(1), values(2), values(3))
    const shape = isTurned ? turnedBox(upright, values(6)) : upright
    if (!shape || !upright) continue
    found.push({
      classIndex: Math.round(values(5)),
      confidence,
      shape,
      keypoints: keypointsOf(detector, values, 6),
      mask: maskOf?.(values, 6, upright) ?? null,
    })
  }
  return found
}

/** RT-DETR by Ultralytics: centre and size as shares of the input, then a score for each class. */
function decodeRtDetr(detector: Detector, outputs: Outputs, { floor }: Limits): Found[] {
  const table = rowsOf(outputs, detector.outputs.main)
  const { width, height } = detector.input
  needColumns(table, 4 + detector.classes.length)
  return eachRow(table, (values) => {
    const [classIndex, confidence] = bestClass(values, 4, detector.classes.length)
    const shape = centredBox(
      values(0) * width,
      values(1) * height,
      values(2) * width,
      values(3) * height,
    )
    return shape && confidence >= floor ? plain(classIndex, confidence, shape) : null
  })
}

/** RT-DETRv2 and D-FINE: corners in pixels of the size that they were given, which is the input's. */
function decodeLabelled(detector: Detector, outputs: Outputs, { floor }: Limits): Found[] {
  const { main, scores, labels } = detector.outputs
  const table = rowsOf(outputs, main)
  needColumns(table, 4)
  const score = tensorOf(outputs, scores ?? '', 2).data
  const label = tensorOf(outputs, labels ?? '', 2).data
  return eachRow(table, (values, index) => {
    const shape = cornersBox(values(0), values(1), values(2), values(3))
    return shape && score[index] >= floor ? plain(label[index], score[index], shape) : null
  })
}

/** RF-DETR: centre and size as shares, logits of classes of which the last is the background, masks or keypoints. */
function decodeRfDetr(detector: Detector, outputs: Outputs, { floor }: Limits): Found[] {
  const { main, scores, masks, keypoints } = detector.outputs
  const { width, height } = detector.input
  const table = rowsOf(outputs, main)
  const logits = rowsOf(outputs, scores ?? '')
  const maskData = masks === null ? null : tensorOf(outputs, masks, 4)
  const jointData = keypoints === null ? null : tensorOf(outputs, keypoints, 4)
  return eachRow(table, (values, index) => {
    const [classIndex, logit] = bestClass(logits.row(index), 0, logits.columns - 1)
    const confidence = sigmoid(logit)
    const shape = centredBox(
      values(0) * width,
      values(1) * height,
      values(2) * width,
      values(3) * height,
    )
    if (!shape || !(confidence >= floor)) return null
    return {
      ...plain(classIndex, confidence, shape),
      keypoints: jointData ? sharedKeypoints(jointData, index, width, height) : [],
      mask: maskData ? () => maskNear(maskData, index, shape, detector.input) : null,
    }
  })
}

/** `[1, objects, joints, values]`: shares of the input, the third value is a logit. */
function sharedKeypoints(
  { data, dims }: ReturnType<typeof tensorOf>,
  object: number,
  width: number,
  height: number,
): Found['keypoints'] {
  const [, , count, values] = dims
  return Array.from({ length: count }, (_, joint) => {
    const at = (object * count + joint) * values
    return {
      x: data[at] * width,
      y: data[at + 1] * height,
      confidence: values > 2 ? sigmoid(data[at + 2]) : 1,
    }
  })
}

/** How far a mask may reach beyond its box, of the box's sides, and in its own cells. */
const BEYOND = { share: 0.1, cells: 2 }

/** `[1, objects, h, w]`: logits over the whole input, of which the part around the object's box is looked at. */
function maskNear(
  { data, dims }: ReturnType<typeof tensorOf>,
  object: number,
  box: BboxShape,
  { width, height }: Size,
): ScoredMask {
  const [, , rows, columns] = dims
  const cellWidth = width / columns
  const cellHeight = height / rows
  const span = (from: number, length: number, cell: number, most: number) => {
    const beyond = length * BEYOND.share + cell * BEYOND.cells
    const start = Math.min(most, Math.max(0, Math.floor((from - beyond) / cell)))
    const end = Math.min(most, Math.ceil((from + length + beyond) / cell))
    return [start, Math.max(start, end)] as const
  }
  const [x0, x1] = span(box.x, box.w, cellWidth, columns)
  const [y0, y1] = span(box.y, box.h, cellHeight, rows)
  const size = { width: x1 - x0, height: y1 - y0 }
  const scores = new Float32Array(size.width * size.height)
  for (let y = 0, at = 0; y < size.height; y++)
    for (let x = 0; x < size.width; x++)
      scores[at++] = data[(object * rows + y + y0) * columns + x + x0]
  return { size, scores, left: x0 * cellWidth, top: y0 * cellHeight, cellWidth, cellHeight }
}

/**
 * YOLOX (`demo_utils.py`): each cell of the grids answers its centre's offset and the logarithm of the size, in units of
 * its stride, then objectness and the classes' scores, which are multiplied.
 */
function decodeYolox(detector: Detector, outputs: Outputs, { floor }: Limits): Found[] {
  const table = rowsOf(outputs, detector.outputs.main)
  needColumns(table, 5 + detector.classes.length)
  const { width, height } = detector.input
  const grid = YOLOX_STRIDES.flatMap((stride) => {
    const columns = Math.ceil(width / stride)
    return Array.from({ length: columns * Math.ceil(height / stride) }, (_, cell) => ({
      stride,
      x: cell % columns,
      y: Math.floor(cell / columns),
    }))
  })
  if (grid.length !== table.rows)
    throw new OutputError(
      `The model answers ${table.rows} cells, its grids have ${grid.length} at ${width} × ${height}.`,
    )
  return eachRow(table, (values, index) => {
    const [classIndex, score] = bestClass(values, 5, detector.classes.length)
    const confidence = values(4) * score
    if (!(confidence >= floor)) return null
    const { stride, x, y } = grid[index]
    const shape = centredBox(
      (values(0) + x) * stride,
      (values(1) + y) * stride,
      Math.exp(values(2)) * stride,
      Math.exp(values(3)) * stride,
    )
    return shape && plain(classIndex, confidence, shape)
  })
}

const plain = (classIndex: number, confidence: number, shape: BboxShape): Found => ({
  classIndex: Math.round(classIndex),
  confidence,
  shape,
  keypoints: [],
  mask: null,
})

function eachRow(table: Table, read: (values: Values, index: number) => Found | null): Found[] {
  const found: Found[] = []
  for (let index = 0; index < table.rows; index++) {
    const one = read(table.row(index), index)
    if (one) found.push(one)
  }
  return found
}

/** What a model found at or above `floor`, before overlaps are suppressed. Throws an OutputError. */
export function decodeOutputs(detector: Detector, outputs: Outputs, limits: Limits): Found[] {
  switch (detector.family) {
    case 'yolo':
      return decodeYolo(detector, outputs, limits)
    case 'yolo-end2end':
      return decodeEndToEnd(detector, outputs, limits)
    case 'rt-detr':
      return decodeRtDetr(detector, outputs, limits)
    case 'labels-boxes-scores':
      return decodeLabelled(detector, outputs, limits)
    case 'rf-detr':
      return decodeRfDetr(detector, outputs, limits)
    case 'yolox':
      return decodeYolox(detector, outputs, limits)
    case 'semantic':
      return decodeSemantic(detector, tensorOf(outputs, detector.outputs.main, 4), limits)
    default:
      return assertNever(detector.family)
  }
}
