import fc from 'fast-check'
import { expect, test } from 'vitest'
import { UserError } from '#core/user-error.ts'
import { externalModel, externalTensor } from '#emulator/odd-models.ts'
import {
  bytes,
  FLOAT16,
  floats,
  INT64,
  input,
  message,
  model,
  node,
  output,
} from '#emulator/onnx-writer.ts'
import { tinyDetector } from '#emulator/tiny-onnx.ts'
import { readOnnx } from './onnx-file.ts'

const told = (file: Uint8Array) => {
  try {
    readOnnx(file, 'a.onnx')
    return null
  } catch (error) {
    return error
  }
}

test('tells inputs, outputs and metadata, without what the file fills itself', () => {
  const file = model(
    message(
      node('Add', ['x', 'bias'], 'y'),
      floats('bias', [1], [1]),
      // Older exporters list initializers among the inputs.
      input('bias', [1]),
      input('x', [1, 3, 'height', 'width']),
      input('size', [2], INT64),
      output('y', ['batch', 4], FLOAT16),
    ),
    { task: 'detect', names: "{0: 'person'}" },
  )
  expect(readOnnx(file, 'a.onnx')).toEqual({
    inputs: [
      { name: 'x', type: 'float32', dims: [1, 3, 'height', 'width'] },
      { name: 'size', type: 'int64', dims: [2] },
    ],
    outputs: [{ name: 'y', type: 'float16', dims: ['batch', 4] }],
    metadata: { task: 'detect', names: "{0: 'person'}" },
    producer: 'pictograph-emulator',
  })
})

test.each(['graph', 'attribute', 'body', 'function'] as const)(
  'refuses values in other files: in a %s',
  (where) => {
    expect(told(externalModel('/etc/passwd', where))).toMatchObject({
      reason: 'model_external_data',
      message: expect.stringContaining('a.onnx'),
    })
  },
)

test('refuses them in a graph that stands in two parts, which a reader joins', () => {
  const graph = message(node('Identity', ['x'], 'y'), input('x', [1]), output('y', [1]))
  const second = bytes(7, bytes(5, externalTensor('w', '../secret')))
  expect(told(Buffer.concat([model(graph), second]))).toMatchObject({
    reason: 'model_external_data',
  })
})

test('refuses the runtime’s own format', () => {
  expect(told(Buffer.concat([Buffer.alloc(4, 1), Buffer.from('ORTM')]))).toMatchObject({
    reason: 'model_format',
  })
})

test('whatever is in a file, it is read or refused in words', () => {
  const whole = tinyDetector()
  fc.assert(
    fc.property(
      fc.nat(whole.length),
      fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { maxLength: 8 }),
      (length, changes) => {
        const file = Buffer.from(whole)
        for (const [at, value] of changes) file[at] = value
        for (const bytes of [file, file.subarray(0, length)]) {
          const error = told(bytes)
          expect(error === null || error instanceof UserError).toBe(true)
        }
      },
    ),
  )
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (file) => {
      const error = told(file)
      expect(error === null || error instanceof UserError).toBe(true)
    }),
  )
})
