import type { RunModel } from '#core/proposals/detect-image.ts'
import type { DetectModels } from '#core/proposals/detect-models.ts'
import { UserError } from '#core/user-error.ts'
import { identifyDetector } from '#shared/assist/detect-identify.ts'
import type { Detection } from '#shared/assist/detect-result.ts'

const CELLS = 84

/** A detector of two classes on 64 × 64 pixels, in Ultralytics' form. */
function yolo() {
  const identified = identifyDetector({
    inputs: [{ name: 'images', type: 'float32', dims: [1, 3, 64, 64] }],
    outputs: [{ name: 'output0', type: 'float32', dims: [1, 6, CELLS] }],
    metadata: { task: 'detect', names: "{0: 'car', 1: 'dog'}" },
  })
  if ('problem' in identified) throw new Error(identified.problem)
  return identified.detector
}

/** Boxes by centre and size in its input, and the scores of car and dog. */
type Answer = readonly (readonly [
  cx: number,
  cy: number,
  w: number,
  h: number,
  car: number,
  dog: number,
])[]

/** A car for sure, a dog that is hardly one. */
export const CAR_AND_DOG: Answer = [
  [16, 32, 16, 8, 0.9, 0],
  [48, 32, 8, 8, 0, 0.3],
]

/** A model that answers what `answer` says at each run, in place of a file and a process. */
export function fakeDetector(answer: () => Answer | Promise<Answer> = () => CAR_AND_DOG): {
  models: DetectModels
  run: RunModel
} {
  const detector = yolo()
  const model = { id: 'yolo', name: 'yolo', version: '2', file: '/models/yolo.onnx' }
  return {
    models: {
      list: async () => [{ ...model, detector, problem: null }],
      get: async (id) => {
        if (id !== model.id) throw new UserError('model_gone', 'The model is gone.')
        return { ...model, detector, problem: null }
      },
    },
    run: async (_file, _feeds, { signal }) => {
      const aborted = new Promise<never>((_, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason), { once: true })
      })
      const boxes = await Promise.race([Promise.resolve().then(answer), aborted])
      const data = new Float32Array(6 * CELLS)
      for (const [index, box] of boxes.entries())
        for (const [at, value] of box.entries()) data[at * CELLS + index] = value
      return { output0: { type: 'float32', dims: [1, 6, CELLS], data } }
    },
  }
}

/** A box that a model found. */
export const aDetection = (className = 'car', confidence = 0.9, x = 5): Detection => ({
  className,
  confidence,
  shape: { kind: 'bbox', x, y: 5, w: 10, h: 8 },
  keypoints: [],
})
