import { isJsonObject } from './carry.ts'
import { numberOf, textOfField, withoutKeys } from './fields.ts'
import type { LossLog } from './loss-log.ts'
import type { Json, JsonObject } from './types.ts'

// The layout: Darwin JSON 2.0, https://docs.v7labs.com/reference/darwin-json: an annotation of a video has `frames` by number,
// some of them keyframes, and `ranges` in which it is seen.

/** Frames of one video. */
export const MOST_FRAMES = 1_000_000

/** Whether a frame lies in one of some ranges, whose ends are excluded. */
function isWithin(ranges: Json | undefined, frame: number): boolean {
  return (
    Array.isArray(ranges) &&
    ranges.some((range) => {
      const [from, to] = Array.isArray(range) ? range.map(numberOf) : []
      return (from ?? Infinity) <= frame && frame < (to ?? Infinity)
    })
  )
}

const blend = (from: number, to: number, share: number) => from + (to - from) * share

/** The numbers of `a` on their way to those of the same names in `b`. */
function blended(a: JsonObject, b: Json | undefined, share: number): JsonObject {
  if (!isJsonObject(b)) return a
  return Object.fromEntries(
    Object.entries(a).map(([key, value]) => {
      const [from, to] = [value, b[key]]
      const areNumbers = typeof from === 'number' && typeof to === 'number'
      return [key, areNumbers ? blend(from, to, share) : value]
    }),
  )
}

/** Joints of a skeleton move each by itself. */
function blendedNodes(a: JsonObject, b: Json | undefined, share: number): JsonObject {
  const [own, others] = [a.nodes, isJsonObject(b) ? b.nodes : undefined]
  if (!Array.isArray(own) || !Array.isArray(others)) return a
  const nodes = own.map((node) => {
    const same = others.find(
      (other) => isJsonObject(node) && isJsonObject(other) && other.name === node.name,
    )
    return isJsonObject(node) ? blended(node, same, share) : node
  })
  return { ...a, nodes }
}

/** A shape between two keyframes. Boxes, points and skeletons move evenly; others stay until the next keyframe. */
function between(a: JsonObject, b: JsonObject, share: number, onHeld: () => void): JsonObject {
  if (isJsonObject(a.skeleton))
    return { ...a, skeleton: blendedNodes(a.skeleton, b.skeleton, share) }
  if (isJsonObject(a.keypoint)) return { ...a, keypoint: blended(a.keypoint, b.keypoint, share) }
  const isBox = isJsonObject(a.bounding_box) && a.polygon === undefined && a.ellipse === undefined
  if (isBox)
    return { ...a, bounding_box: blended(a.bounding_box as JsonObject, b.bounding_box, share) }
  if (a.tag === undefined && a.raster_layer === undefined) onHeld()
  return a
}

/** Of each property the value that holds in a frame: they are set for the whole video, or from a frame on. */
function propertiesAt(list: Json | undefined, frame: number): JsonObject[] {
  const found = new Map<string, JsonObject>()
  for (const property of Array.isArray(list) ? list : []) {
    const name = isJsonObject(property) ? textOfField(property.name) : null
    if (!isJsonObject(property) || name === null) continue
    const { frame_index: from, ...own } = property
    if ((numberOf(from) ?? 0) <= frame) found.set(name, own)
  }
  return [...found.values()]
}

/** One annotation of a video. */
export class DarwinTrack {
  readonly #raw: JsonObject
  readonly #frames: JsonObject
  readonly #numbers: number[]

  constructor(raw: JsonObject) {
    this.#raw = raw
    this.#frames = isJsonObject(raw.frames) ? raw.frames : {}
    this.#numbers = Object.keys(this.#frames)
      .map(Number)
      .filter((frame) => Number.isInteger(frame) && frame >= 0)
      .sort((a, b) => a - b)
  }

  get last(): number {
    return this.#numbers.at(-1) ?? -1
  }

  /** What it is in a frame, as an annotation of an image; null: it is not seen there. */
  at(frame: number, losses: LossLog, where: string): JsonObject | null {
    const { ranges, hidden_areas: hidden, interpolated, id, properties } = this.#raw
    const isSeen = !Array.isArray(ranges) || ranges.length === 0 || isWithin(ranges, frame)
    if (!isSeen || isWithin(hidden, frame)) return null
    const index = this.#indexAt(frame)
    const before = this.#frameAt(index)
    if (!before) return null
    const next = this.#frameAt(index + 1)
    const from = this.#numbers[index]
    const isMoving = from !== frame && next !== null && interpolated !== false
    const share = isMoving ? (frame - from) / (this.#numbers[index + 1] - from) : 0
    const onHeld = () =>
      losses.add('outlines between two keyframes of a video stay as they are in the first', where)
    const shape = isMoving ? between(before, next, share, onHeld) : before
    const { keyframe: _keyframe, ...own } = shape
    const track = textOfField(id)
    return {
      ...withoutKeys(this.#raw, [
        ...['frames', 'ranges', 'hidden_areas', 'interpolated', 'interpolate_algorithm', 'id'],
        ...['properties', 'only_keyframes', 'segments'],
      ]),
      ...own,
      ...(own.mask !== undefined && track !== null && { id: track }),
      properties: [
        ...propertiesAt(properties, frame),
        ...(track === null ? [] : [{ name: 'track_id', value: track }]),
      ],
    }
  }

  #frameAt(index: number): JsonObject | null {
    const frame = this.#frames[String(this.#numbers[index])]
    return isJsonObject(frame) ? frame : null
  }

  /** The last frame with a shape at or before one; -1: none. */
  #indexAt(frame: number): number {
    let [low, high] = [0, this.#numbers.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.#numbers[middle] <= frame) low = middle + 1
      else high = middle
    }
    return low - 1
  }
}
