/**
 * Models of promptable segmentation whose answers a person can work out, with the names and shapes of the real ones.
 * The encoder makes the mean colour of each cell of 16 × 16 pixels (of 1024 × 1024). The decoder takes for the thing
 * what has the colour under a positive click and not the colour under a negative one, or the cells in the box. Its
 * candidates differ by how far a colour may be; the first has the best score.
 */
import {
  FLOAT,
  floats,
  INT64,
  input,
  ints,
  longs,
  message,
  model,
  node,
  oneInt,
  oneText,
  output,
  text,
} from './onnx-writer.ts'

const SIDE = 1024
const CELL = 16
const CELLS = SIDE / CELL
const CHANNELS = 256
/** Of values that come as 0..255, so that colours are as far from each other as normalised ones. */
const RAW_SCALE = 1 / 58

interface GoldenPair {
  encoder: Buffer
  decoder: Buffer
}

/** Takes the first three of so many channels from the colours. */
const spread = (name: string, channels: number, scale: number) =>
  floats(
    name,
    [channels, 3, 1, 1],
    Array.from({ length: channels * 3 }, (_, index) =>
      index % 3 === Math.floor(index / 3) ? scale : 0,
    ),
  )

/** From `pixels` [1,3,1024,1024]: mean colours of cells, in so many channels. */
const pooled = (cell: number, channels: number, name: string, scale = 1) => [
  node('AveragePool', ['pixels'], `${name}_mean`, [
    ints('kernel_shape', [cell, cell]),
    ints('strides', [cell, cell]),
  ]),
  spread(`${name}_weight`, channels, scale),
  node('Conv', [`${name}_mean`, `${name}_weight`], name),
]

/** From an input [1,3,H,W]: padded right and at the bottom to 1024. */
const paddedPlanar = (name: string) => [
  node('Shape', [name], 'shape'),
  longs('full', [1, 3, SIDE, SIDE]),
  node('Sub', ['full', 'shape'], 'missing'),
  longs('before', [0, 0, 0, 0]),
  node('Concat', ['before', 'missing'], 'pads', [oneInt('axis', 0)]),
  node('Pad', [name, 'pads'], 'pixels'),
]

const encoderOf = (...fields: Buffer[]) => model(message(text(2, 'golden-encoder'), ...fields))

interface DecoderForm {
  /** Candidates. */
  count: number
  embedding: string
  coords: { name: string; dims: (number | string)[] }
  labels: { name: string; dims: (number | string)[] }
  /** Points are in pixels of `orig_im_size` instead of 1024. */
  inOriginal?: boolean
  /** Other inputs, and how `logits` [1,M,64,64] becomes the outputs. */
  rest: Buffer[]
}

/** From points and the embedding: `logits` [1,M,64,64] and `scores` [1,M]. */
function decoderOf({ count, embedding, coords, labels, inOriginal, rest }: DecoderForm): Buffer {
  const centres = Array.from({ length: CELLS * CELLS }, (_, cell) => [
    (cell % CELLS) * CELL + CELL / 2,
    Math.floor(cell / CELLS) * CELL + CELL / 2,
  ])
  const chosen = (name: string, label: number) => [
    floats(`${name}_label`, [1], [label]),
    node('Equal', ['labels', `${name}_label`], name),
  ]
  const nearest = (name: string, label: number) => [
    ...chosen(`is_${name}`, label),
    node('Unsqueeze', [`is_${name}`, 'one_axis'], `${name}_rows`),
    node('Where', [`${name}_rows`, 'closeness', 'far'], `${name}_close`),
    node('ReduceMax', [`${name}_close`], name, [ints('axes', [0]), oneInt('keepdims', 1)]),
  ]
  const corner = (name: string, label: number) => [
    ...chosen(`is_${name}`, label),
    node('Cast', [`is_${name}`], `${name}_flag`, [oneInt('to', FLOAT)]),
    node('Unsqueeze', [`${name}_flag`, 'one_axis'], `${name}_column`),
    node('Mul', ['points', `${name}_column`], `${name}_points`),
    node('ReduceSum', [`${name}_points`, 'zero_axis'], name, [oneInt('keepdims', 1)]),
  ]
  return model(
    message(
      text(2, 'golden-decoder'),
      longs('zero_axis', [0]),
      longs('one_axis', [1]),
      longs('two_axis', [2]),
      // Colours, one row for each cell.
      longs('three', [3]),
      node('Slice', [embedding, 'zero_axis', 'three', 'one_axis'], 'colours'),
      longs('flat', [3, CELLS * CELLS]),
      node('Reshape', ['colours', 'flat'], 'channels'),
      node('Transpose', ['channels'], 'cells', [ints('perm', [1, 0])]),
      // Points, one row for each, in 1024 space, and the cells that they lie in.
      longs('rows_of_two', [-1, 2]),
      longs('row', [-1]),
      node('Reshape', [coords.name, 'rows_of_two'], 'given_points'),
      node('Reshape', [labels.name, 'row'], 'labels'),
      ...(inOriginal
        ? [
            node('Cast', ['orig_im_size'], 'height_width', [oneInt('to', FLOAT)]),
            longs('turn', [1, 0]),
            node('Gather', ['height_width', 'turn'], 'width_height'),
            floats('side', [1], [SIDE]),
            node('Div', ['side', 'width_height'], 'stretch'),
            node('Mul', ['given_points', 'stretch'], 'points'),
          ]
        : [node('Identity', ['given_points'], 'points')]),
      floats('per_cell', [1], [1 / CELL]),
      node('Mul', ['points', 'per_cell'], 'in_cells'),
      node('Floor', ['in_cells'], 'floored'),
      floats('least', [], [0]),
      floats('most', [], [CELLS - 1]),
      node('Clip', ['floored', 'least', 'most'], 'clipped'),
      floats('strides', [2, 1], [1, CELLS]),
      node('MatMul', ['clipped', 'strides'], 'place'),
      node('Reshape', ['place', 'row'], 'place_row'),
      node('Cast', ['place_row'], 'place_index', [oneInt('to', INT64)]),
      node('Gather', ['cells', 'place_index'], 'picked'),
      // How close each cell's colour is to each point's.
      node('Unsqueeze', ['picked', 'one_axis'], 'picked_rows'),
      node('Unsqueeze', ['cells', 'zero_axis'], 'cell_rows'),
      node('Sub', ['picked_rows', 'cell_rows'], 'difference'),
      node('Abs', ['difference'], 'distance'),
      node('ReduceSum', ['distance', 'two_axis'], 'far_by', [oneInt('keepdims', 0)]),
      floats('tolerance', [1], [0.5]),
      node('Sub', ['tolerance', 'far_by'], 'closeness'),
      floats('far', [1], [-100]),
      ...nearest('wanted', 1),
      ...nearest('unwanted', 0),
      node('Neg', ['unwanted'], 'kept'),
      node('Min', ['wanted', 'kept'], 'by_points'),
      // Cells in the box.
      ...corner('start', 2),
      ...corner('end', 3),
      floats('centres', [CELLS * CELLS, 2], centres.flat()),
      node('Sub', ['centres', 'start'], 'after_start'),
      node('Sub', ['end', 'centres'], 'before_end'),
      node('Min', ['after_start', 'before_end'], 'both'),
      node('ReduceMin', ['both'], 'inside', [ints('axes', [1]), oneInt('keepdims', 0)]),
      node('Mul', ['inside', 'per_cell'], 'by_box'),
      node('ReduceMax', ['start_flag'], 'boxes', [oneInt('keepdims', 0)]),
      floats('half', [], [0.5]),
      node('Greater', ['boxes', 'half'], 'has_box'),
      node('Where', ['has_box', 'by_box', 'by_points'], 'chosen'),
      longs('grid', [1, 1, CELLS, CELLS]),
      node('Reshape', ['chosen', 'grid'], 'logit_grid'),
      floats(
        'biases',
        [1, count, 1, 1],
        Array.from({ length: count }, (_, index) => index * 2),
      ),
      node('Add', ['logit_grid', 'biases'], 'logits'),
      floats(
        'score_values',
        [1, count],
        Array.from({ length: count }, (_, index) => 0.9 - index * 0.2),
      ),
      node('Identity', ['score_values'], 'scores_given'),
      input(coords.name, coords.dims),
      input(labels.name, labels.dims),
      ...rest,
    ),
  )
}

/** `logits` enlarged to 256 × 256. */
const enlarged = (name: string) => [
  floats('by_four', [4], [1, 1, 4, 4]),
  node('Resize', ['logits', '', 'by_four'], name, [oneText('mode', 'nearest')]),
]

/** `logits` at the size of `orig_im_size`. */
const atOriginalSize = (name: string, count: number) => [
  longs('leading', [1, count]),
  node('Cast', ['orig_im_size'], 'whole_size', [oneInt('to', INT64)]),
  node('Concat', ['leading', 'whole_size'], 'sizes', [oneInt('axis', 0)]),
  node('Resize', ['logits', '', '', 'sizes'], name, [oneText('mode', 'nearest')]),
]

const NAMED = (coords: string, labels: string, lead: (number | string)[]) => ({
  coords: { name: coords, dims: [...lead, 'num_points', 2] },
  labels: { name: labels, dims: [...lead, 'num_points'] },
})
const EMBEDDING = [1, CHANNELS, CELLS, CELLS]
const MASK_INPUTS = [input('mask_input', [1, 1, 256, 256]), input('has_mask_input', [1])]

function sam1Decoder(): Buffer {
  const count = 4
  return decoderOf({
    count,
    embedding: 'image_embeddings',
    ...NAMED('point_coords', 'point_labels', [1]),
    rest: [
      input('image_embeddings', EMBEDDING),
      ...MASK_INPUTS,
      input('orig_im_size', [2]),
      ...enlarged('low_res_masks'),
      ...atOriginalSize('masks', count),
      node('Identity', ['scores_given'], 'iou_predictions'),
      output('masks', [1, count, 'height', 'width']),
      output('iou_predictions', [1, count]),
      output('low_res_masks', [1, count, 256, 256]),
    ],
  })
}

/** SAM 1 and MobileSAM with an encoder of [H,W,3], 0..255, which pads by itself. */
export const goldenSam1 = (): GoldenPair => ({
  encoder: encoderOf(
    input('input_image', ['image_height', 'image_width', 3]),
    node('Transpose', ['input_image'], 'turned', [ints('perm', [2, 0, 1])]),
    longs('first', [0]),
    node('Unsqueeze', ['turned', 'first'], 'planar'),
    ...paddedPlanar('planar'),
    ...pooled(CELL, CHANNELS, 'image_embeddings', RAW_SCALE),
    output('image_embeddings', EMBEDDING),
  ),
  decoder: sam1Decoder(),
})

/** SAM 1 with an encoder of [1,3,1024,1024], normalised and padded outside. */
export const goldenSam1Planar = (): GoldenPair => ({
  encoder: encoderOf(
    input('x', [1, 3, SIDE, SIDE]),
    node('Identity', ['x'], 'pixels'),
    ...pooled(CELL, CHANNELS, 'image_embeddings'),
    output('image_embeddings', EMBEDDING),
  ),
  decoder: sam1Decoder(),
})

/** `first` is samexporter's dialect; `second` has other names, and masks of the original size. */
export function goldenSam2(dialect: 'first' | 'second'): GoldenPair {
  const isFirst = dialect === 'first'
  const names = isFirst
    ? { image: 'image', embed: 'image_embed', high: ['high_res_feats_0', 'high_res_feats_1'] }
    : {
        image: 'input',
        embed: 'image_embeddings',
        high: ['high_res_features1', 'high_res_features2'],
      }
  const [fine = '', coarse = ''] = names.high
  const count = 3
  return {
    encoder: encoderOf(
      input(names.image, [1, 3, SIDE, SIDE]),
      node('Identity', [names.image], 'pixels'),
      ...pooled(4, 32, fine),
      ...pooled(8, 64, coarse),
      ...pooled(CELL, CHANNELS, names.embed),
      output(fine, [1, 32, 256, 256]),
      output(coarse, [1, 64, 128, 128]),
      output(names.embed, EMBEDDING),
    ),
    decoder: decoderOf({
      count,
      embedding: names.embed,
      ...NAMED('point_coords', 'point_labels', ['num_labels']),
      rest: [
        input(names.embed, EMBEDDING),
        input(fine, [1, 32, 256, 256]),
        input(coarse, [1, 64, 128, 128]),
        ...MASK_INPUTS,
        ...(isFirst ? [] : [input('orig_im_size', [2], INT64)]),
        ...(isFirst ? enlarged('masks') : atOriginalSize('masks', count)),
        node('Identity', ['scores_given'], 'iou_predictions'),
        output('masks', isFirst ? ['num_labels', count, 256, 256] : [1, count, 'height', 'width']),
        output('iou_predictions', ['num_labels', count]),
      ],
    }),
  }
}

export function goldenEfficientSam(): GoldenPair {
  const count = 3
  return {
    encoder: encoderOf(
      input('batched_images', ['batch', 3, 'height', 'width']),
      longs('full', [1, 3, SIDE, SIDE]),
      node('Resize', ['batched_images', '', '', 'full'], 'pixels', [oneText('mode', 'nearest')]),
      // Values come as 0..1.
      ...pooled(CELL, CHANNELS, 'image_embeddings', 255 * RAW_SCALE),
      output('image_embeddings', ['batch', CHANNELS, CELLS, CELLS]),
    ),
    decoder: decoderOf({
      count,
      inOriginal: true,
      embedding: 'image_embeddings',
      ...NAMED('batched_point_coords', 'batched_point_labels', [1, 1]),
      rest: [
        input('image_embeddings', ['batch', CHANNELS, CELLS, CELLS]),
        input('orig_im_size', [2], INT64),
        ...atOriginalSize('flat_masks', count),
        longs('query', [1]),
        node('Unsqueeze', ['flat_masks', 'query'], 'output_masks'),
        node('Unsqueeze', ['scores_given', 'query'], 'iou_predictions'),
        output('output_masks', [1, 1, count, 'height', 'width']),
        output('iou_predictions', [1, 1, count]),
      ],
    }),
  }
}

export function goldenEdgeSam(): GoldenPair {
  const count = 4
  return {
    encoder: encoderOf(
      input('image', [1, 3, 'height', 'width']),
      ...paddedPlanar('image'),
      ...pooled(CELL, CHANNELS, 'image_embeddings', RAW_SCALE),
      output('image_embeddings', EMBEDDING),
    ),
    decoder: decoderOf({
      count,
      embedding: 'image_embeddings',
      ...NAMED('point_coords', 'point_labels', [1]),
      rest: [
        input('image_embeddings', EMBEDDING),
        node('Identity', ['scores_given'], 'scores'),
        ...enlarged('masks'),
        output('scores', [1, count]),
        output('masks', [1, count, 256, 256]),
      ],
    }),
  }
}
