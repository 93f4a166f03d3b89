import { describe, expect, test } from 'vitest'
import { readFiles } from '#tests/helpers/labels.ts'
import type { JsonObject, KnownImage } from './types.ts'

const SIZE = { width: 640, height: 480 }

/** As V7 exports a video. */
const videoOf = (annotations: JsonObject[], frames = 5): JsonObject => ({
  version: '2.0',
  item: {
    name: 'cam.mp4',
    path: '/north',
    slots: [{ type: 'video', slot_name: '0', ...SIZE, fps: 10, frame_count: frames }],
  },
  annotations,
})

const track = (fields: JsonObject): JsonObject => ({
  ...{ id: 'id-1', name: 'car', slot_names: ['0'], properties: [] },
  ...{ interpolated: true, interpolate_algorithm: 'linear-1.1', ranges: [[0, 5]] },
  ...fields,
})

const box = (x: number, more: JsonObject = {}): JsonObject => ({
  bounding_box: { x, y: 10, w: 20, h: 10 },
  keyframe: true,
  ...more,
})

const frame = (number: number): KnownImage => ({
  path: `images/north/cam/${String(number).padStart(7, '0')}.png`,
  ...SIZE,
})

function read(annotations: JsonObject[], images = [0, 1, 2, 3, 4].map(frame)) {
  const file = {
    'releases/latest/annotations/north/cam.json': JSON.stringify(videoOf(annotations)),
  }
  const result = readFiles('darwin', file, images)
  return {
    ...result,
    /** The left edge of the boxes in each frame. */
    lefts: result.images.map((image) =>
      image.annotations.map(({ shape }) => (shape.kind === 'bbox' ? shape.x : shape.kind)),
    ),
    notes: result.losses.map(({ message }) => message),
  }
}

describe('a video of Darwin', () => {
  test('is read frame by frame; boxes move evenly between keyframes', () => {
    const { images, lefts, failed, notes } = read([track({ frames: { 0: box(0), 4: box(40) } })])
    expect([failed, notes]).toEqual([[], []])
    expect(images.map(({ path, matched }) => [path, matched])).toEqual(
      [0, 1, 2, 3, 4].map((number) => [frame(number).path, true]),
    )
    expect(lefts).toEqual([[0], [10], [20], [30], [40]])
    expect(images[3].annotations[0]).toMatchObject({
      className: 'car',
      attributes: { track_id: 'id-1' },
    })
    const ids = images.flatMap(({ annotations }) => annotations.map(({ id }) => id))
    expect(new Set(ids).size).toBe(5)
  })

  test('is only drawn where it is seen', () => {
    const { lefts } = read([
      track({ frames: { 1: box(0) }, ranges: [[1, 4]], hidden_areas: [[2, 3]] }),
    ])
    expect(lefts).toEqual([[], [0], [], [0], []])
  })

  test('keeps its shape where it is not interpolated', () => {
    const { lefts } = read([track({ frames: { 0: box(0), 4: box(40) }, interpolated: false })])
    expect(lefts).toEqual([[0], [0], [0], [0], [40]])
  })

  test('outlines stay until the next keyframe, which is told', () => {
    const path = [
      { x: 1, y: 1 },
      { x: 9, y: 1 },
      { x: 9, y: 9 },
    ]
    const polygon = { polygon: { paths: [path] }, keyframe: true }
    const { images, notes } = read([track({ frames: { 0: polygon, 2: polygon } })])
    expect(images[1].annotations).toMatchObject([{ shape: { kind: 'polygon', rings: [path] } }])
    expect(notes).toEqual([
      'outlines between two keyframes of a video stay as they are in the first',
    ])
  })

  test('joints move each by itself, and are a pose of their class', () => {
    const skeleton = (x: number) => ({
      skeleton: {
        nodes: [
          { name: 'nose', x, y: 1, occluded: false },
          { name: 'hip', x: x + 5, y: 1, occluded: false },
        ],
      },
    })
    const { images, classes } = read([track({ frames: { 0: skeleton(0), 4: skeleton(40) } })])
    expect(images[1].annotations.map(({ shape }) => shape)).toEqual([
      { kind: 'keypoint', x: 10, y: 1 },
      { kind: 'keypoint', x: 15, y: 1 },
    ])
    expect(classes[0].skeleton?.nodes.map(({ name }) => name)).toEqual(['nose', 'hip'])
  })

  test('properties hold from their frame on; tags are tags of the frames', () => {
    const properties = [
      { frame_index: 0, name: 'light', value: 'on' },
      { frame_index: 3, name: 'light', value: 'off' },
    ]
    const { images } = read([
      track({ frames: { 0: box(0) }, properties }),
      track({ id: 'id-2', name: 'night', frames: { 2: { tag: {} } }, ranges: [[2, 4]] }),
    ])
    expect(images.map(({ annotations }) => annotations[0].attributes.light)).toEqual([
      ...['on', 'on', 'on', 'off', 'off'],
    ])
    expect(images.map(({ tags }) => tags ?? [])).toEqual([[], [], ['night'], ['night'], []])
  })

  test('a fault names the frame', () => {
    const { failed } = read([
      track({ frames: { 4: { bounding_box: { x: 1, y: 1, w: 0, h: 2 } } } }),
    ])
    expect(failed.map(({ field }) => field)).toEqual(['frame 4: annotations[0].bounding_box'])
  })

  test('of more frames than a video has is refused', () => {
    const file = { 'a.json': JSON.stringify(videoOf([], 1e9)) }
    expect(readFiles('darwin', file).failed[0].message).toContain('1,000,000,000 frames')
  })
})
