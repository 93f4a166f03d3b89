/** The baseline: each annotation is one react-konva element, as Label Studio does it. */
import { memo, useCallback, useState } from 'react'
import { createRoot } from 'react-dom/client'
import { Circle, Image as KonvaImage, Layer, Line, Rect, Stage } from 'react-konva'
import { shapeOutlines } from '#shared/geometry/shape.ts'
import type { Annotation, Point } from '#shared/model/annotation.ts'
import { colorOf, PHOTO, scenario } from '#tests/bench/scenario.ts'

interface ElementProps {
  annotation: Annotation
  scale: number
  onSelect: (id: string) => void
}

const flat = (points: readonly Point[]) => points.flatMap(({ x, y }) => [x, y])

const Element = memo(({ annotation, scale, onSelect }: ElementProps) => {
  const { shape, className, id } = annotation
  const color = colorOf(className)
  const props = {
    stroke: color,
    strokeWidth: 2 / scale,
    fill: `${color}33`,
    onClick: () => onSelect(id),
  }
  if (shape.kind === 'bbox')
    return <Rect x={shape.x} y={shape.y} width={shape.w} height={shape.h} {...props} />
  if (shape.kind === 'keypoint')
    return <Circle x={shape.x} y={shape.y} radius={4.5 / scale} {...props} fill={color} />
  const [outline] = shapeOutlines(shape)
  return <Line points={flat(outline.points)} closed={outline.closed} {...props} />
})

function Editor({ photo, count }: { photo: ImageBitmap; count: number }) {
  const [annotations, setAnnotations] = useState(() => scenario(count))
  const [selected, setSelected] = useState<string | null>(null)
  const fit = Math.min(innerWidth / PHOTO.width, innerHeight / PHOTO.height)
  const [view, setView] = useState({ scale: fit, x: 0, y: 0 })
  const only = annotations.find(({ id }) => id === selected)
  const onWheel = useCallback(({ evt }: { evt: WheelEvent }) => {
    evt.preventDefault()
    setView(({ scale, x, y }) => {
      const next = scale * Math.exp(-evt.deltaY * 0.0015)
      return {
        scale: next,
        x: evt.clientX - ((evt.clientX - x) / scale) * next,
        y: evt.clientY - ((evt.clientY - y) / scale) * next,
      }
    })
  }, [])
  const moveVertex = (index: number, to: Point) =>
    setAnnotations((before) =>
      before.map((annotation) => {
        const { shape, id } = annotation
        if (id !== selected || shape.kind !== 'polygon') return annotation
        return {
          ...annotation,
          shape: { ...shape, rings: [shape.rings[0].with(index, to)] },
        }
      }),
    )
  return (
    <Stage
      width={innerWidth}
      height={innerHeight}
      scaleX={view.scale}
      scaleY={view.scale}
      x={view.x}
      y={view.y}
      draggable
      onWheel={onWheel}
    >
      <Layer>
        <KonvaImage image={photo} listening={false} />
      </Layer>
      <Layer>
        {annotations.map((annotation) => (
          <Element key={annotation.id} annotation={annotation} scale={fit} onSelect={setSelected} />
        ))}
        {only?.shape.kind === 'polygon' &&
          only.shape.rings[0].map((point, index) => (
            <Circle
              // biome-ignore lint/suspicious/noArrayIndexKey: vertices have no other name
              key={index}
              {...point}
              radius={4 / view.scale}
              fill="white"
              draggable
              onDragMove={({ target, ...event }) => {
                event.cancelBubble = true
                moveVertex(index, target.position())
              }}
            />
          ))}
      </Layer>
    </Stage>
  )
}

const count = Number(new URLSearchParams(location.search).get('count'))
const photo = await createImageBitmap(await (await fetch('/photo.jpg')).blob())
/** Called by the bench when everything else is in memory. */
Object.assign(window, {
  openScenario: () =>
    createRoot(document.getElementById('root') ?? document.body).render(
      <Editor photo={photo} count={count} />,
    ),
})
