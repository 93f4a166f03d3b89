import type { Annotation } from '#shared/model/annotation.ts'
import { directoryOf, fileNameOf, joinPath, stemOf } from '#shared/model/paths.ts'
import { type CvatContext, readElements } from './cvat-read.ts'
import { classNameOf, numberOf, shown, sizeOf } from './fields.ts'
import { FormatError } from './format-error.ts'
import { splitOfFolders, splitOfName } from './splits.ts'
import type { LabelEntry, OnFault } from './types.ts'
import { childOf, childText, type XmlNode } from './xml-nodes.ts'

// The layout: https://docs.cvat.ai/docs/other/xml_format, “CVAT for video”. Between keyframes CVAT interpolates:
// `TrackManager.get_interpolated_shapes` of cvat/apps/dataset_manager/annotation.py.

/** One thing through the frames of a video. */
export interface CvatTrack {
  /** The track's number, as the file gives it. */
  id: string
  label: string
  /** Attributes of `<track>` that belong to each of its shapes. */
  shared: XmlNode['attributes']
  /** Its shapes by frame. */
  shapes: { frame: number; node: XmlNode }[]
  field: string
}

/** Throws a FormatError. Faults of single shapes go to `fail`. */
export function readTrack(node: XmlNode, field: string, fail: OnFault): CvatTrack {
  const { id, label, ...shared } = node.attributes
  const found = node.children.flatMap((child, index) => {
    if (child.name === 'attribute') return []
    const frame = numberOf(child.attributes.frame)
    if (frame !== null && Number.isInteger(frame) && frame >= 0) return [{ frame, node: child }]
    const message = `must be the number of a frame, not ${shown(child.attributes.frame)}`
    fail(`${field}.${child.name}[${index}].frame`, new FormatError('', message))
    return []
  })
  return {
    id: id ?? field,
    label: classNameOf(label, 'label'),
    shared,
    shapes: withAttributes(
      node.children.filter(isAttribute),
      found.toSorted((a, b) => a.frame - b.frame),
    ),
    field,
  }
}

const isAttribute = ({ name }: XmlNode) => name === 'attribute'

/** An attribute holds until another keyframe changes it; those of the track hold for all. */
function withAttributes(
  ofTrack: readonly XmlNode[],
  shapes: readonly CvatTrack['shapes'][number][],
): CvatTrack['shapes'] {
  const values = new Map(ofTrack.map((node) => [node.attributes.name, node]))
  return shapes.map(({ frame, node }) => {
    for (const child of node.children.filter(isAttribute)) values.set(child.attributes.name, child)
    const children = [
      ...node.children.filter((child) => !isAttribute(child)),
      ...[...values.values()],
    ]
    return { frame, node: { ...node, children } }
  })
}

/** The frames of a task, from the first to the last. */
export interface FrameRange {
  first: number
  last: number
  step: number
}

/** So many frames are believed: a day at 25 a second. More is a broken number. */
const MOST_FRAMES = 25 * 60 * 60 * 24

/** Which frames the task has, by its meta element, and never fewer than its tracks name. */
export function framesOf(
  meta: XmlNode | undefined,
  tracks: readonly CvatTrack[],
): FrameRange | null {
  const owner = meta?.children.find(
    (child) => childOf(child, 'size') ?? childOf(child, 'stop_frame'),
  )
  const numberIn = (name: string) => {
    const value = owner ? numberOf(childText(owner, name)) : null
    return value !== null && Number.isInteger(value) && value >= 0 ? value : null
  }
  const filter = owner ? /^\s*step\s*=\s*(\d+)\s*$/.exec(childText(owner, 'frame_filter')) : null
  const step = Math.max(1, Number(filter?.[1] ?? 1))
  const named = tracks.flatMap(({ shapes }) => shapes.map(({ frame }) => frame))
  const start = numberIn('start_frame') ?? 0
  const size = numberIn('size')
  const stop = numberIn('stop_frame') ?? (size === null ? null : start + (size - 1) * step)
  const highest = named.reduce((most, frame) => Math.max(most, frame), -1)
  const lowest = named.reduce((least, frame) => Math.min(least, frame), start)
  const last = stop !== null && stop - start < MOST_FRAMES ? Math.max(stop, highest) : highest
  if (last < lowest || last - lowest >= MOST_FRAMES) return null
  return { first: lowest, last, step }
}

/** Attributes that change evenly between keyframes. */
const EVEN = /^(?:[xy](?:tl|br|bl|tr)\d?|[cr][xy])$/

const blend = (a: number, b: number, share: number) => Math.round((a + (b - a) * share) * 100) / 100

/** Points of one keyframe on their way to those of the next; null where they are not equally many. */
function blendPoints(a: string, b: string, share: number): string | null {
  const [from, to] = [a, b].map((text) => text.split(/[;,]/).map(Number))
  if (from.length !== to.length || [...from, ...to].some(Number.isNaN)) return null
  const values = from.map((value, index) => blend(value, to[index], share))
  const pairs = values.flatMap((x, index) => (index % 2 === 0 ? [`${x},${values[index + 1]}`] : []))
  return pairs.join(';')
}

/** The shape at `share` of the way to the next keyframe. Joints of a skeleton move each by itself. */
function between(a: XmlNode, b: XmlNode, share: number): XmlNode {
  if (b.attributes.outside === '1' || a.name !== b.name) return a
  const attributes = { ...a.attributes }
  for (const [name, text] of Object.entries(a.attributes)) {
    const [from, to] = [numberOf(text), numberOf(b.attributes[name])]
    if (name === 'points')
      attributes.points = blendPoints(text, b.attributes.points ?? '', share) ?? text
    else if (name === 'rotation' || EVEN.test(name)) {
      if (from === null || to === null) continue
      // The shorter way around.
      const turn = name === 'rotation' ? ((((to - from) % 360) + 540) % 360) - 180 : to - from
      attributes[name] = String(blend(from, from + turn, share))
    }
  }
  const children = a.children.map((child) => {
    const same = b.children.find(
      (one) => one.name === child.name && one.attributes.label === child.attributes.label,
    )
    return same && child.name !== 'attribute' ? between(child, same, share) : child
  })
  return { ...a, attributes, children }
}

/** The last shape at or before a frame; -1: none. */
function indexAt({ shapes }: CvatTrack, frame: number): number {
  let [low, high] = [0, shapes.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (shapes[middle].frame <= frame) low = middle + 1
    else high = middle
  }
  return low - 1
}

/** The track's shape in a frame: a keyframe's own, or one between two; null where it is not in the picture. */
function shapeAt(track: CvatTrack, frame: number): XmlNode | null {
  const index = indexAt(track, frame)
  if (index < 0) return null
  const before = track.shapes[index]
  if (before.node.attributes.outside === '1') return null
  if (before.frame === frame) return before.node
  const after = track.shapes[index + 1]
  const node = after
    ? between(before.node, after.node, (frame - before.frame) / (after.frame - before.frame))
    : before.node
  return { ...node, attributes: { ...node.attributes, keyframe: '0' } }
}

/** An element as CVAT for images writes it, with the track and whether it is a keyframe as attributes, as CVAT's own exports have them. */
function imageElement(node: XmlNode, { id, label, shared }: CvatTrack): XmlNode {
  const { frame: _frame, outside: _outside, keyframe, ...attributes } = node.attributes
  const attribute = (name: string, text: string): XmlNode => ({
    name: 'attribute',
    attributes: { name },
    children: [],
    text,
  })
  const children = node.children.map((child) => {
    const { keyframe: _keyframe, ...own } = child.attributes
    return { ...child, attributes: own }
  })
  return {
    ...node,
    attributes: { ...shared, label, ...attributes },
    children: [
      ...children,
      attribute('track_id', id),
      attribute('keyframe', keyframe === '0' ? 'false' : 'true'),
    ],
  }
}

/** The annotations of one frame. */
export function readFrame(
  tracks: readonly CvatTrack[],
  frame: number,
  context: CvatContext,
  fail: OnFault,
): Annotation[] {
  return tracks.flatMap((track) => {
    const node = shapeAt(track, frame)
    if (!node) return []
    return readElements([imageElement(node, track)], context, (_field, error) =>
      fail(`${track.field}, frame ${frame}`, error),
    )
  })
}

/** The frames that have an image each: those of the task. */
export function* frameNumbers({ first, last, step }: FrameRange): Generator<number> {
  for (let frame = first; frame <= last; frame += step) yield frame
}

const DIGITS = /^(?:frame_)?(\d+)$/i

/**
 * Images that are called by the numbers of frames, by folder: `frame_000012.png` as CVAT writes them, or a bare number where
 * the folder has a number 0: others count their frames from 1.
 */
export function numberedImages(paths: readonly string[]): Map<string, Map<number, string>> {
  const folders = new Map<string, { called: Map<number, string>; bare: Map<number, string> }>()
  for (const path of paths) {
    const stem = fileNameOf(stemOf(path))
    const number = DIGITS.exec(stem)?.[1]
    if (number === undefined) continue
    const folder = directoryOf(path)
    const there = folders.get(folder) ?? { called: new Map(), bare: new Map() }
    folders.set(folder, there)
    const isBare = stem === number
    const list = isBare ? there.bare : there.called
    list.set(Number(number), path)
  }
  return new Map(
    [...folders].map(([folder, { called, bare }]) => [
      folder,
      called.size === 0 && bare.has(0) ? bare : called,
    ]),
  )
}

export interface FrameEntry extends LabelEntry {
  frame: number
}

/** A name and the places of one frame's image: `images/` beside the file, as CVAT's archives have it, or beside the file. */
export function frameEntry(
  file: string,
  frame: number,
  meta: XmlNode | undefined,
  images: ReadonlyMap<string, ReadonlyMap<number, string>>,
): FrameEntry {
  const name = `frame_${String(frame).padStart(6, '0')}.*`
  const own = directoryOf(file)
  const folders = [joinPath(own, 'images'), own]
  const found = folders.flatMap((folder) => images.get(folder)?.get(frame) ?? [])
  const size = meta?.children.flatMap((child) => childOf(child, 'original_size') ?? [])[0]
  const split = splitOfName(file) ?? splitOfFolders(file)
  return {
    file,
    frame,
    name,
    places: [...found, ...folders.map((folder) => joinPath(folder, name))],
    size: size ? sizeOf(childText(size, 'width'), childText(size, 'height')) : null,
    context: stemOf(file),
    ...(split && { split }),
  }
}
