import { TriangleAlert, Wrench } from 'lucide-react'
import { repairSelected } from '#renderer/actions/path-actions.ts'
import { SHAPE_ICONS } from '#renderer/editor/shape-icons.ts'
import type { Editor } from '#renderer/tools/editor.ts'
import { SHAPE_KIND_LABEL } from '#renderer/tools/shape-kind-label.ts'
import { IconButton } from '#renderer/ui/button.tsx'
import { classNames } from '#renderer/ui/class-names.ts'
import { useStore } from '#renderer/ui/use-store.ts'
import { selfCrossings } from '#shared/geometry/crossings.ts'
import { shapeVertices } from '#shared/geometry/shape.ts'
import type { Annotation } from '#shared/model/annotation.ts'
import { counted, t } from '#shared/texts/texts.ts'
import { ClassPicker } from './class-picker.tsx'
import { type Pick, RowButton, Swatch } from './row-button.tsx'
import { RowTools } from './row-tools.tsx'

function detail({ shape }: Annotation): string {
  if (shape.kind === 'bbox' || shape.kind === 'oriented_box')
    return `${Math.round(shape.w)} × ${Math.round(shape.h)}`
  if (shape.kind === 'keypoint') return `${Math.round(shape.x)}, ${Math.round(shape.y)}`
  return counted(shapeVertices(shape).length, 'point')
}

function crossesItself({ shape }: Annotation): boolean {
  return shape.kind === 'polygon' && selfCrossings(shape).length > 0
}

export function AnnotationRow({
  editor,
  annotation,
  isMember,
  color,
  names,
  problems,
  onPick,
}: {
  editor: Editor
  annotation: Annotation
  /** True in an open group: the row is indented below the group's row. */
  isMember: boolean
  color: string
  names: readonly string[]
  problems: readonly string[]
  onPick: Pick
}) {
  const { id, className, shape } = annotation
  const { selection } = editor
  const selected = useStore(selection.state, (state) => state.selected.has(id))
  const hidden = useStore(selection.state, (state) => state.hidden.has(id))
  const locked = useStore(selection.state, (state) => state.locked.has(id))
  const hovered = useStore(selection.state, (state) => state.hovered === id)
  const Icon = SHAPE_ICONS[shape.kind]
  const what = `${SHAPE_KIND_LABEL[shape.kind]} ${className}`
  return (
    <div
      className={classNames(
        'group flex h-full items-center rounded-md pr-1 pl-2',
        isMember && 'ml-5',
        selected ? 'bg-accent-soft' : hovered ? 'bg-hover' : 'hover:bg-hover',
      )}
      onPointerEnter={() => selection.state.setState({ hovered: id })}
      onPointerLeave={() => selection.state.setState({ hovered: null })}
    >
      <RowButton
        editor={editor}
        ids={[id]}
        label={t('Select {what}, {detail}', { what, detail: detail(annotation) })}
        selected={selected}
        onPick={onPick}
      >
        <Swatch color={color} />
        <Icon className="size-4 shrink-0 text-muted" />
        <span className="min-w-0 flex-1 truncate" title={className}>
          {className}
        </span>
        <span className="shrink-0 pr-1 text-2xs font-normal text-muted tabular-nums group-focus-within:hidden group-hover:hidden">
          {detail(annotation)}
        </span>
      </RowButton>
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
      <ClassPicker
        editor={editor}
        annotation={annotation}
        what={what}
        names={names}
        disabled={locked}
      />
      <RowTools
        editor={editor}
        annotations={[annotation]}
        what={what}
        hidden={hidden}
        locked={locked}
      />
    </div>
  )
}
