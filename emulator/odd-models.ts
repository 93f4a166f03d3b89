/** Hostile models, to test how the app survives them. */
import {
  BOOL,
  bytes,
  floatTensor,
  INT64,
  input,
  int,
  longs,
  longTensor,
  message,
  model,
  node,
  oneGraph,
  oneLong,
  oneTensor,
  output,
  text,
} from './onnx-writer.ts'

/** Adds one to `x` [1] this many times in sequence, and returns `y` [1]. */
export function countingModel(times: bigint): Buffer {
  const one = bytes(5, floatTensor('one', [1], [1]))
  const body = message(
    node('Identity', ['go'], 'go_on'),
    node('Add', ['v', 'one'], 'v_next'),
    text(2, 'body'),
    one,
    input('i', [], INT64),
    input('go', [], BOOL),
    input('v', [1]),
    output('go_on', [], BOOL),
    output('v_next', [1]),
  )
  return model(
    message(
      node('Loop', ['times', '', 'x'], 'y', [oneGraph('body', body)]),
      text(2, 'counting'),
      oneLong('times', times),
      input('x', [1]),
      output('y', [1]),
    ),
  )
}

/** Would need several thousand years. */
export const endlessModel = () => countingModel(2n ** 62n)

/**
 * Allocates this many 32-bit floats at once and touches each. The number is an input, so that nothing is computed in
 * advance.
 */
export const hungryModel = () =>
  model(
    message(
      node('ConstantOfShape', ['count'], 'filled', [oneTensor('value', floatTensor('', [1], [1]))]),
      node('ReduceSum', ['filled'], 'sum'),
      text(2, 'hungry'),
      input('count', [1], INT64),
      output('sum', [1]),
    ),
  )

/** Declares a shape with more values than the file contains. */
export const liarModel = () =>
  model(
    message(
      node('Add', ['x', 'weights'], 'y'),
      text(2, 'liar'),
      bytes(
        5,
        message(int(1, 2n ** 40n), int(2, 1), text(8, 'weights'), bytes(9, Buffer.alloc(4))),
      ),
      input('x', [1]),
      output('y', [1]),
    ),
  )

/** The fields of a TensorProto whose values are in another file. */
export const externalTensor = (name: string, location: string) =>
  message(
    int(1, 1),
    int(2, 1),
    text(8, name),
    bytes(13, message(text(1, 'location'), text(2, location))),
    int(14, 1),
  )

/** Adds data of another file to `x`. `where`: in the graph, an attribute, a body or a function. */
export function externalModel(
  location: string,
  where: 'graph' | 'attribute' | 'body' | 'function',
): Buffer {
  const tensor = externalTensor('weights', location)
  const ends = [input('x', [1]), output('y', [1])]
  const constant = node('Constant', [], 'weights', [oneTensor('value', tensor)])
  if (where === 'graph')
    return model(message(node('Add', ['x', 'weights'], 'y'), bytes(5, tensor), ...ends))
  if (where === 'attribute')
    return model(message(constant, node('Add', ['x', 'weights'], 'y'), ...ends))
  if (where === 'function')
    return Buffer.concat([
      model(message(node('Identity', ['x'], 'y'), ...ends)),
      bytes(25, message(text(1, 'f'), constantInFunction(constant))),
    ])
  const body = message(constant, output('weights', [1]))
  return model(
    message(
      node('If', ['yes'], 'w', [oneGraph('then_branch', body), oneGraph('else_branch', body)]),
      node('Add', ['x', 'w'], 'y'),
      longs('unused', [1]),
      bytes(5, longTensor('yes', [], [1])),
      ...ends,
    ),
  )
}

/** A node is field 1 of a graph and field 7 of a function. */
function constantInFunction(field: Buffer): Buffer {
  const copy = Buffer.from(field)
  copy[0] = (7 << 3) | 2
  return copy
}
