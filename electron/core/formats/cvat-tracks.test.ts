import { describe, expect, test } from 'vitest'
import type { Annotation } from '#shared/model/annotation.ts'
import { detectFormat } from './detect.ts'
import { LossLog } from './loss-log.ts'
import { atOnce, openLabels } from './read-labels.ts'
import { FORMAT_BY_ID } from './registry.ts'
import { memoryFile } from './text.ts'
import type { KnownImage } from './types.ts'

// As CVAT 2.11 writes “CVAT for video 1.1”.
const META = `<meta>
    <task>
      <id>12</id>
      <name>crossing</name>
      <size>6</size>
      <mode>interpolation</mode>
      <overlap>5</overlap>
      <start_frame>0</start_frame>
      <stop_frame>5</stop_frame>
      <frame_filter></frame_filter>
      <labels>
        <label><name>car</name><color>#33ddff</color><type>any</type><attributes>
          <attribute><name>parked</name><mutable>True</mutable><input_type>checkbox</input_type><default_value>false</default_value><values>false</values></attribute>
        </attributes></label>
        <label><name>person</name><color>#fa3253</color><type>skeleton</type><attributes></attributes></label>
        <label><name>nose</name><color>#d12345</color><type>points</type><attributes></attributes><parent>person</parent></label>
        <label><name>hip</name><color>#d12346</color><type>points</type><attributes></attributes><parent>person</parent></label>
      </labels>
      <original_size><width>640</width><height>480</height></original_size>
      <source>crossing.mp4</source>
    </task>
  </meta>`

const file = (inner: string, meta = META) =>
  `<?xml version="1.0" encoding="utf-8"?>
<annotations>
  <version>1.1</version>
  ${meta}
  ${inner}
</annotations>
`

const box = (frame: number, x: number, more = '', inner = '') =>
  `<box frame="${frame}" keyframe="1" outside="0" occluded="0" xtl="${x}.00" ytl="20.00" xbr="${x + 30}.00" ybr="40.00" z_order="0" ${more}>${inner}</box>`

const frames = (count: number, folder = 'images/'): KnownImage[] =>
  Array.from({ length: count }, (_, frame) => ({
    path: `${folder}frame_${String(frame).padStart(6, '0')}.PNG`,
    width: 640,
    height: 480,
  }))

function read(text: string, images = frames(6)) {
  const format = FORMAT_BY_ID.cvat
  const losses = new LossLog()
  const labels = atOnce(openLabels(format, [memoryFile('annotations.xml', text)], images, losses))
  return { ...labels.readAll(), losses }
}

const xOf = ({ shape }: Annotation) => (shape.kind === 'bbox' ? shape.x : null)

describe('CVAT for video', () => {
  test('a track is a shape in each of its frames; between keyframes it moves evenly', () => {
    const track = `<track id="3" label="car" source="manual">${box(0, 10)}${box(4, 50, '', '<attribute name="parked">true</attribute>')}</track>`
    const { images, failed, classes } = read(file(track))
    expect(failed).toEqual([])
    expect(images.map(({ path, matched }) => [path, matched])).toEqual(
      frames(6).map(({ path }) => [path, true]),
    )
    const all = images.map(({ annotations }) => annotations[0])
    expect(all.map(xOf)).toEqual([10, 20, 30, 40, 50, 50])
    expect(all.map(({ attributes }) => attributes)).toEqual([
      { track_id: '3', keyframe: 'true' },
      ...[1, 2, 3].map(() => ({ track_id: '3', keyframe: 'false' })),
      { parked: true, track_id: '3', keyframe: 'true' },
      { parked: true, track_id: '3', keyframe: 'false' },
    ])
    expect(classes.find(({ name }) => name === 'person')?.skeleton?.nodes).toHaveLength(2)
  })

  test('outside ends a track until the next keyframe; before it the shape stays', () => {
    const gone = box(2, 90).replace('outside="0"', 'outside="1"')
    const track = `<track id="0" label="car">${box(0, 10)}${gone}${box(4, 50).replace('occluded="0"', 'occluded="1"')}</track>`
    const { images } = read(file(track))
    expect(images.map(({ annotations }) => annotations.map(xOf))).toEqual([
      [10],
      [10],
      [],
      [],
      [50],
      [50],
    ])
    expect(images[4].annotations[0].attributes.occluded).toBe('true')
    // Somebody looked at the frame: nothing is in it.
    expect(images[2]).toMatchObject({ isLabelled: true })
  })

  test('turned boxes take the shorter way, ellipses and points of equal number move, others stay', () => {
    const turned = `<track id="0" label="car">${box(0, 10, 'rotation="350.00"')}${box(2, 10, 'rotation="10.00"')}</track>`
    expect(read(file(turned)).images[1].annotations[0].shape).toMatchObject({ kind: 'bbox' })
    const quarter = `<track id="0" label="car">${box(0, 10, 'rotation="350.00"')}${box(4, 10, 'rotation="10.00"')}</track>`
    expect(read(file(quarter)).images[1].annotations[0].shape).toMatchObject({ angleDeg: 355 })
    const polygon = (frame: number, points: string) =>
      `<polygon frame="${frame}" keyframe="1" outside="0" occluded="0" points="${points}" z_order="0"></polygon>`
    const even = `<track id="0" label="car">${polygon(0, '0,0;10,0;10,10')}${polygon(2, '4,2;14,2;14,12')}${polygon(4, '0,0;9,0;9,9;0,9')}</track>`
    const rings = read(file(even)).images.map(({ annotations: [{ shape }] }) =>
      shape.kind === 'polygon' ? shape.rings[0] : [],
    )
    expect(rings[1][0]).toEqual({ x: 2, y: 1 })
    expect(rings[3]).toEqual(rings[2])
  })

  test('skeletons: joints move each by itself, those outside are none', () => {
    const skeleton = (frame: number, x: number, hip = '0') =>
      `<skeleton frame="${frame}" keyframe="1" z_order="0">
        <points label="nose" keyframe="1" outside="0" occluded="0" points="${x}.00,10.00"></points>
        <points label="hip" keyframe="1" outside="${hip}" occluded="1" points="${x}.00,50.00"></points>
      </skeleton>`
    const track = `<track id="1" label="person" source="manual">${skeleton(0, 10)}${skeleton(2, 20, '1')}</track>`
    const { images, failed } = read(file(track))
    expect(failed).toEqual([])
    const joints = images.map(({ annotations }) =>
      annotations.map(({ className, shape }) => [className, shape.kind === 'keypoint' && shape.x]),
    )
    expect(joints[1]).toEqual([
      ['nose', 15],
      ['hip', 10],
    ])
    expect(joints[2]).toEqual([['nose', 20]])
  })

  test('images and tracks in one file are both read', () => {
    const text = file(
      `<image id="0" name="a.jpg" width="640" height="480"><box label="car" occluded="0" xtl="1" ytl="2" xbr="3" ybr="4"/></image>
       <track id="0" label="car">${box(1, 10)}</track>`,
    )
    const { images, failed } = read(text, [
      { path: 'a.jpg', width: 640, height: 480 },
      ...frames(6),
    ])
    expect(failed).toEqual([])
    const counts = Object.fromEntries(
      images.map(({ path, annotations }) => [path, annotations.length]),
    )
    expect(counts['a.jpg']).toBe(1)
    expect(counts['images/frame_000001.PNG']).toBe(1)
    expect(counts['images/frame_000000.PNG']).toBe(0)
  })

  test('which image is a frame: by number only where the folder counts from 0', () => {
    const text = file(`<track id="0" label="car">${box(0, 10)}</track>`)
    const called = (first: number) =>
      Array.from({ length: 6 }, (_, index) => ({
        path: `${String(first + index).padStart(4, '0')}.jpg`,
        width: 640,
        height: 480,
      }))
    expect(read(text, called(0)).images.map(({ matched }) => matched)).toEqual(Array(6).fill(true))
    expect(read(text, called(1)).images.map(({ matched }) => matched)).toEqual(Array(6).fill(false))
    expect(read(text, called(1)).images[0]).toMatchObject({
      path: 'frame_000000.jpg',
      width: 640,
      height: 480,
    })
  })

  test('faults: a frame that is no number, a track without a label, broken XML, a stop that cannot be', () => {
    const broken = `<track id="0"><box frame="0"/></track><track id="1" label="car"><box frame="x"/>${box(0, 1)}</track><track id="2" label="car"><box frame="1" outside="0" xtl="a" ytl="1" xbr="2" ybr="3"/></track>`
    const { failed } = read(file(broken))
    expect(failed.map(({ field }) => field)).toContain('track[0].label')
    expect(failed.map(({ field }) => field)).toContain('track[1].box[0].frame')
    expect(failed.filter(({ field }) => field.startsWith('track[2]'))).not.toEqual([])
    const endless = file(
      `<track id="0" label="car">${box(0, 1)}</track>`,
      META.replace('<stop_frame>5', '<stop_frame>99999999999'),
    )
    expect(read(endless).images).toHaveLength(1)
    expect(read(file('<track id="0" label="car"></track>', '')).images).toEqual([])
  })

  test('a step leaves out the frames between', () => {
    const text = file(
      `<track id="0" label="car">${box(0, 10)}${box(4, 50)}</track>`,
      META.replace('<frame_filter></frame_filter>', '<frame_filter>step=2</frame_filter>'),
    )
    expect(read(text).images.map(({ path }) => path)).toEqual([
      'images/frame_000000.PNG',
      'images/frame_000002.PNG',
      'images/frame_000004.PNG',
    ])
  })

  test('is told for what it is', () => {
    expect(detectFormat([memoryFile('x.xml', file('<track id="0" label="car"></track>'))])).toBe(
      'cvat',
    )
  })
})
