import { useVirtualizer } from '@tanstack/react-virtual'
import { Eye, EyeOff, Lock, LockOpen, Trash2, TriangleAlert, Wrench } from 'lucide-react'
import { useEffect, useRef, useState } from 'react'
import { actionById } from '#renderer/actions/actions.ts'
import { focusCanvas } from '#renderer/actions/app-state.ts'
import { deleteAnnotations, nudge, relabel } from '#renderer/actions/edit-actions.ts'
import { repairSelected } from '#renderer/actions/path-actions.ts'
import { shownKey } from '#renderer/actions/shortcuts.ts'
import { classColors } from '#renderer/canvas/palette.ts'
import { datasetState } from '#renderer/document/dataset-state.ts'
import { toggled } from '#renderer/document/selection.ts'
import { SHAPE_ICONS } from '#renderer/editor/shape-icons.ts'
import type { Editor } from '#renderer/tools/editor.ts'
import { SHAPE_KIND_LABEL } from '#renderer/tools/shape-kind-label.ts'
import { IconButton } from '#renderer/ui/button.tsx'
import { classNames } from '#renderer/ui/class-names.ts'
import { EmptyState } from '#renderer/ui/feedback.tsx'
import { useStore, useVersion } from '#renderer/ui/use-store.ts'
import { selfCrossings } from '#shared/geometry/crossings.ts'
import { shapeVertices } from '#shared/geometry/shape.ts'
import type { Annotation } from '#shared/model/annotation.ts'
import { t } from '#shared/texts/texts.ts'
import { problemsOf } from './annotation-problems.ts'

const ROW_HEIGHT = 32

const keyOf = (id: string) => shownKey(actionById(id))

function detail({ shape }: Annotation): string {
  if (shape.kind === 'bbox' || shape.kind === 'oriented_box')
    return `${Math.round(shape.w)} × ${Math.round(shape.h)}`
  if (shape.kind === 'keypoint') return `${Math.round(shape.x)}, ${Math.round(shape.y)}`
  return t('{length} points', { length: shapeVertices(shape).length })
}

/** The class as a list; its choices are made when somebody comes near, as there are many rows and many classes. */
function ClassField({
  editor,
  annotation,
  what,
  names,
  disabled,
}: {
  editor: Editor
  annotation: Annotation
  what: string
  names: readonly string[]
  disabled: boolean
}) {
  const [isNear, setNear] = useState(false)
  const { className } = annotation
  return (
    <select
      aria-label={t('Class of {what}', { what })}
      value={className}
      disabled={disabled}
      onPointerEnter={() => setNear(true)}
      onFocus={() => setNear(true)}
      onChange={(event) => {
        relabel(editor, [annotation], event.target.value)
        focusCanvas()
      }}
      className="h-6 min-w-0 flex-1 appearance-none truncate rounded bg-transparent px-1 text-sm text-text hover:bg-raised"
    >
      {isNear ? (
        names.map((name) => <option key={name}>{name}</option>)
      ) : (
        <option>{className}</option>
      )}
    </select>
  )
}

function crossesItself({ shape }: Annotation): boolean {
  return shape.kind === 'polygon' && selfCrossings(shape).length > 0
}

const ARROWS: Record<string, [number, number]> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
}

function Row({
  editor,
  annotation,
  color,
  names,
  problems,
}: {
  editor: Editor
  annotation: Annotation
  color: string
  names: readonly string[]
  problems: readonly string[]
}) {
  const { id, className, shape, instanceId } = annotation
  const { selection } = editor
  const selected = useStore(selection.state, (state) => state.selected.has(id))
  const hidden = useStore(selection.state, (state) => state.hidden.has(id))
  const locked = useStore(selection.state, (state) => state.locked.has(id))
  const hovered = useStore(selection.state, (state) => state.hovered === id)
  const Icon = SHAPE_ICONS[shape.kind]
  const what = `${SHAPE_KIND_LABEL[shape.kind]} ${className}`
  const rare = 'opacity-0 group-focus-within:opacity-100 group-hover:opacity-100'
  return (
    <div
      className={classNames(
        'group flex h-full items-center gap-1 rounded-md pr-1 pl-2',
        selected ? 'bg-accent-soft' : hovered ? 'bg-hover' : 'hover:bg-hover',
      )}
      onPointerEnter={() => selection.state.setState({ hovered: id })}
      onPointerLeave={() => selection.state.setState({ hovered: null })}
    >
      <button
        type="button"
        aria-label={t('Select {what}, {detail}', { what, detail: detail(annotation) })}
        aria-pressed={selected}
        onClick={(event) =>
          event.shiftKey || event.ctrlKey || event.metaKey
            ? selection.toggle(id)
            : selection.select([id])
        }
        onKeyDown={(event) => {
          // Arrows move the shape here too, for whoever works in the list.
          const arrow = ARROWS[event.key]
          if (!arrow) return
          event.preventDefault()
          if (!selected) selection.select([id])
          const step = event.shiftKey ? 10 : 1
          nudge(editor, arrow[0] * step, arrow[1] * step)
        }}
        className="flex h-full shrink-0 items-center gap-2"
      >
        <svg viewBox="0 0 10 10" className="size-2.5" aria-hidden="true">
          <rect width="10" height="10" rx="2.5" fill={color} />
        </svg>
        <Icon className="size-4 text-muted" />
      </button>
      <ClassField
        editor={editor}
        annotation={annotation}
        what={what}
        names={names}
        disabled={locked}
      />
      {crossesItself(annotation) && (
        <IconButton
          label={t('Repair {what}: it crosses itself', { what })}
          className="size-6 text-warning"
          onClick={() => {
            selection.select([id])
            repairSelected(editor)
          }}
        >
          <Wrench />
        </IconButton>
      )}
      {problems.length > 0 && (
        <TriangleAlert
          role="img"
          aria-label={`${what}: ${problems.join(', ')}`}
          className="size-3.5 shrink-0 text-warning"
        >
          <title>{problems.join('\n')}</title>
        </TriangleAlert>
      )}
      {instanceId !== undefined && (
        <span className="text-2xs text-muted" title={t('Instance')}>
          #{instanceId}
        </span>
      )}
      <span className="text-2xs text-muted tabular-nums group-focus-within:hidden group-hover:hidden">
        {detail(annotation)}
      </span>
      <span className="flex">
        <IconButton
          label={hidden ? t('Show {what}', { what }) : t('Hide {what}', { what })}
          className={classNames(
            'size-6',
            !hidden && rare,
            !hidden && 'w-0 group-focus-within:w-6 group-hover:w-6',
          )}
          onClick={() =>
            selection.state.setState((state) => ({ hidden: toggled(state.hidden, id) }))
          }
        >
          {hidden ? <EyeOff /> : <Eye />}
        </IconButton>
        <IconButton
          label={locked ? t('Unlock {what}', { what }) : t('Lock {what}', { what })}
          className={classNames(
            'size-6',
            !locked && rare,
            !locked && 'w-0 group-focus-within:w-6 group-hover:w-6',
          )}
          onClick={() =>
            selection.state.setState((state) => ({ locked: toggled(state.locked, id) }))
          }
        >
          {locked ? <Lock /> : <LockOpen />}
        </IconButton>
        <IconButton
          label={t('Delete {what}', { what })}
          disabled={locked}
          className={classNames('size-6', rare, 'w-0 group-focus-within:w-6 group-hover:w-6')}
          onClick={() => deleteAnnotations(editor, [annotation])}
        >
          <Trash2 />
        </IconButton>
      </span>
    </div>
  )
}

export function AnnotationsPanel({ editor }: { editor: Editor }) {
  const { document, selection } = editor
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
    // A row stays the annotation's: a list that is open in it relabels no other after one above went.
    getItemKey: (index) => list[index]?.id ?? index,
    overscan: 8,
  })
  // biome-ignore lint/correctness/useExhaustiveDependencies: another image begins at its top
  useEffect(() => virtual.scrollToOffset(0), [document])
  // What is selected on the canvas comes into view here.
  useEffect(
    () =>
      selection.state.subscribe(({ selected }, before) => {
        if (selected === before.selected || selected.size !== 1) return
        const [id] = selected
        const index = document.annotations.list.findIndex((annotation) => annotation.id === id)
        // The panel of its properties may take room from the list first.
        if (index >= 0) requestAnimationFrame(() => virtual.scrollToIndex(index, { align: 'auto' }))
      }),
    [document, selection, virtual],
  )
  if (list.length === 0)
    return (
      <EmptyState title={t('No annotations on this image')}>
        {t(
          'Press {box} for a box, {polygon} for a polygon, {polyline} for a polyline, {keypoint} for a keypoint.',
          {
            box: keyOf('tool-bbox'),
            polygon: keyOf('tool-polygon'),
            polyline: keyOf('tool-polyline'),
            keypoint: keyOf('tool-keypoint'),
          },
        )}
      </EmptyState>
    )
  return (
    <div ref={scroller} className="h-full overflow-y-auto px-2 py-1">
      <ul
        className="relative"
        aria-label={t('{length} annotations', { length: list.length })}
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
                editor={editor}
                annotation={annotation}
                color={colorOf(annotation.className)}
                problems={problemsOf(annotation, document, classes)}
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
