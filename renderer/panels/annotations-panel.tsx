import { useVirtualizer } from '@tanstack/react-virtual'
import {
  CircleDot,
  Eye,
  EyeOff,
  Lock,
  LockOpen,
  type LucideIcon,
  Pentagon,
  RectangleHorizontal,
  RotateCwSquare,
  Spline,
  Trash2,
} from 'lucide-react'
import { useEffect, useRef } from 'react'
import { focusCanvas } from '#renderer/actions/app-state.ts'
import { deleteAnnotations, relabel } from '#renderer/actions/edit-actions.ts'
import { classColors } from '#renderer/canvas/palette.ts'
import { datasetState } from '#renderer/document/dataset-state.ts'
import type { ImageDocument } from '#renderer/document/image-document.ts'
import { select, selection, toggled, toggleSelected } from '#renderer/document/selection.ts'
import { IconButton } from '#renderer/ui/button.tsx'
import { classNames } from '#renderer/ui/class-names.ts'
import { EmptyState } from '#renderer/ui/feedback.tsx'
import { useStore, useVersion } from '#renderer/ui/use-store.ts'
import { shapeVertices } from '#shared/geometry/shape.ts'
import { type Annotation, SHAPE_KIND_LABEL, type ShapeKind } from '#shared/model/annotation.ts'

const ROW_HEIGHT = 32

const ICONS: Record<ShapeKind, LucideIcon> = {
  bbox: RectangleHorizontal,
  oriented_box: RotateCwSquare,
  polygon: Pentagon,
  polyline: Spline,
  keypoint: CircleDot,
}

function detail({ shape }: Annotation): string {
  if (shape.kind === 'bbox' || shape.kind === 'oriented_box')
    return `${Math.round(shape.w)} × ${Math.round(shape.h)}`
  if (shape.kind === 'keypoint') return `${Math.round(shape.x)}, ${Math.round(shape.y)}`
  return `${shapeVertices(shape).length} points`
}

function Row({
  annotation,
  color,
  names,
}: {
  annotation: Annotation
  color: string
  names: readonly string[]
}) {
  const { id, className, shape, instanceId } = annotation
  const selected = useStore(selection, (state) => state.selected.has(id))
  const hidden = useStore(selection, (state) => state.hidden.has(id))
  const locked = useStore(selection, (state) => state.locked.has(id))
  const hovered = useStore(selection, (state) => state.hovered === id)
  const Icon = ICONS[shape.kind]
  const what = `${SHAPE_KIND_LABEL[shape.kind]} ${className}`
  const rare = 'opacity-0 group-focus-within:opacity-100 group-hover:opacity-100'
  return (
    <div
      className={classNames(
        'group flex h-full items-center gap-1 rounded-md pr-1 pl-2',
        selected ? 'bg-accent-soft' : hovered ? 'bg-hover' : 'hover:bg-hover',
      )}
      onPointerEnter={() => selection.setState({ hovered: id })}
      onPointerLeave={() => selection.setState({ hovered: null })}
    >
      <button
        type="button"
        aria-label={`Select ${what}, ${detail(annotation)}`}
        aria-pressed={selected}
        onClick={(event) =>
          event.shiftKey || event.ctrlKey || event.metaKey ? toggleSelected(id) : select([id])
        }
        className="flex h-full shrink-0 items-center gap-2"
      >
        <svg viewBox="0 0 10 10" className="size-2.5" aria-hidden="true">
          <rect width="10" height="10" rx="2.5" fill={color} />
        </svg>
        <Icon className="size-4 text-muted" />
      </button>
      <select
        aria-label={`Class of ${what}`}
        value={className}
        disabled={locked}
        onChange={(event) => {
          relabel([annotation], event.target.value)
          focusCanvas()
        }}
        className="h-6 min-w-0 flex-1 appearance-none truncate rounded bg-transparent px-1 text-sm text-text hover:bg-raised"
      >
        {names.map((name) => (
          <option key={name}>{name}</option>
        ))}
      </select>
      {instanceId !== undefined && (
        <span className="text-2xs text-muted" title="Instance">
          #{instanceId}
        </span>
      )}
      <span className="text-2xs text-muted tabular-nums group-focus-within:hidden group-hover:hidden">
        {detail(annotation)}
      </span>
      <span className="flex">
        <IconButton
          label={hidden ? `Show ${what}` : `Hide ${what}`}
          className={classNames(
            'size-6',
            !hidden && rare,
            !hidden && 'w-0 group-focus-within:w-6 group-hover:w-6',
          )}
          onClick={() => selection.setState((state) => ({ hidden: toggled(state.hidden, id) }))}
        >
          {hidden ? <EyeOff /> : <Eye />}
        </IconButton>
        <IconButton
          label={locked ? `Unlock ${what}` : `Lock ${what}`}
          className={classNames(
            'size-6',
            !locked && rare,
            !locked && 'w-0 group-focus-within:w-6 group-hover:w-6',
          )}
          onClick={() => selection.setState((state) => ({ locked: toggled(state.locked, id) }))}
        >
          {locked ? <Lock /> : <LockOpen />}
        </IconButton>
        <IconButton
          label={`Delete ${what}`}
          disabled={locked}
          className={classNames('size-6', rare, 'w-0 group-focus-within:w-6 group-hover:w-6')}
          onClick={() => deleteAnnotations([annotation])}
        >
          <Trash2 />
        </IconButton>
      </span>
    </div>
  )
}

export function AnnotationsPanel({ document }: { document: ImageDocument }) {
  useVersion(document.annotations)
  const list = document.annotations.list
  const classes = useStore(datasetState, (state) => state.dataset?.classes) ?? []
  const colorOf = classColors(classes)
  const names = classes.map(({ name }) => name)
  const scroller = useRef<HTMLDivElement>(null)
  const virtual = useVirtualizer({
    count: list.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT,
    overscan: 8,
    getItemKey: (index) => list[index].id,
  })
  // What is selected on the canvas comes into view here.
  useEffect(
    () =>
      selection.subscribe(({ selected }, before) => {
        if (selected === before.selected || selected.size !== 1) return
        const [id] = selected
        const index = document.annotations.list.findIndex((annotation) => annotation.id === id)
        if (index >= 0) virtual.scrollToIndex(index, { align: 'auto' })
      }),
    [document, virtual],
  )
  if (list.length === 0)
    return (
      <EmptyState title="No annotations on this image">
        Press R for a box, P for a polygon, L for a polyline, K for a keypoint.
      </EmptyState>
    )
  return (
    <div ref={scroller} className="h-full overflow-y-auto px-2 py-1">
      <ul
        className="relative"
        aria-label={`${list.length} annotations`}
        ref={(element) => void element?.style.setProperty('height', `${virtual.getTotalSize()}px`)}
      >
        {virtual.getVirtualItems().map((item) => {
          const annotation = list[item.index]
          return (
            <li
              key={item.key}
              className="absolute inset-x-0 top-0"
              ref={(element) => {
                element?.style.setProperty('height', `${item.size}px`)
                element?.style.setProperty('transform', `translateY(${item.start}px)`)
              }}
            >
              <Row
                annotation={annotation}
                color={colorOf(annotation.className)}
                names={
                  names.includes(annotation.className) ? names : [...names, annotation.className]
                }
              />
            </li>
          )
        })}
      </ul>
    </div>
  )
}
