import {
  floats,
  input,
  ints,
  longs,
  message,
  model,
  node,
  oneInt,
  output,
  text,
} from '#emulator/onnx-writer.ts'
import { seededRandom } from '#tests/helpers/random.ts'

const SIDE = 640
const CLASSES = 80

/**
 * A detector of YOLO11n's size with weights by chance: 640 × 640, about 7 GFLOPs of convolutions, answers
 * `[1, 84, 8400]` in Ultralytics' form. What it finds means nothing; what it costs does.
 */
export function yoloSizedDetector(): Buffer {
  const random = seededRandom(7)
  const parts: Buffer[] = []
  let count = 0
  const conv = (
    from: string,
    inC: number,
    outC: number,
    kernel: number,
    stride: number,
    bias = 0,
  ) => {
    const name = `conv${count++}`
    const size = outC * inC * kernel * kernel
    // Keeps the values of the next layer in the range of this one's.
    const range = Math.sqrt(6 / (inC * kernel * kernel))
    parts.push(
      floats(
        `${name}w`,
        [outC, inC, kernel, kernel],
        Array.from({ length: size }, () => (random() * 2 - 1) * range),
      ),
      floats(
        `${name}b`,
        [outC],
        Array.from({ length: outC }, () => bias),
      ),
      node('Conv', [from, `${name}w`, `${name}b`], `${name}raw`, [
        ints('kernel_shape', [kernel, kernel]),
        ints('strides', [stride, stride]),
        ints(
          'pads',
          Array.from({ length: 4 }, () => (kernel - 1) / 2),
        ),
      ]),
    )
    return `${name}raw`
  }
  const silu = (from: string) => {
    parts.push(node('Sigmoid', [from], `${from}s`), node('Mul', [from, `${from}s`], `${from}a`))
    return `${from}a`
  }
  const stage = (from: string, inC: number, outC: number, deep: number) => {
    let at = silu(conv(from, inC, outC, 3, 2))
    for (let layer = 0; layer < deep; layer++) at = silu(conv(at, outC, outC, 3, 1))
    return at
  }
  const half = stage('images', 3, 16, 0)
  const quarter = stage(half, 16, 32, 2)
  const eighth = stage(quarter, 32, 64, 4)
  const sixteenth = stage(eighth, 64, 128, 4)
  const last = stage(sixteenth, 128, 256, 3)
  const levels = [
    [eighth, 64, 8],
    [sixteenth, 128, 16],
    [last, 256, 32],
  ] as const
  const flat = levels.map(([from, channels, stride]) => {
    // Low scores, as of a picture of little: a handful passes.
    const head = conv(from, channels, 4 + CLASSES, 1, 1, -5)
    const name = `flat${stride}`
    parts.push(
      longs(`${name}shape`, [1, 4 + CLASSES, (SIDE / stride) ** 2]),
      node('Reshape', [head, `${name}shape`], name),
    )
    return name
  })
  const graph = message(
    ...parts,
    node('Concat', flat, 'joined', [oneInt('axis', 2)]),
    node('Sigmoid', ['joined'], 'output0'),
    text(2, 'yolo-sized'),
    input('images', [1, 3, SIDE, SIDE]),
    output('output0', [1, 4 + CLASSES, 8_400]),
  )
  const names = Array.from({ length: CLASSES }, (_, index) => `${index}: 'class ${index}'`)
  return model(graph, { task: 'detect', names: `{${names.join(', ')}}`, imgsz: '[640, 640]' })
}
