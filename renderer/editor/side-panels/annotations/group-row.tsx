import { ChevronRight, Group, PersonStanding } from 'lucide-react'
import type { Editor } from '#renderer/tools/editor.ts'
import { IconButton } from '#renderer/ui/button.tsx'
import { classNames } from '#renderer/ui/class-names.ts'
import { useStore } from '#renderer/ui/use-store.ts'
import type { Annotation } from '#shared/model/annotation.ts'
import { linksOf } from '#shared/model/pose.ts'
import { counted, t } from '#shared/texts/texts.ts'
import { type Pick, RowButton, Swatch } from './row-button.tsx'
import { RowTools } from './row-tools.tsx'

/** A pose, or shapes that were grouped: one row, which opens. */
export function GroupRow({
  editor,
  instanceId,
  members,
  isOpen,
  colorOf,
  onOpen,
  onPick,
}: {
  editor: Editor
  instanceId: number
  members: readonly Annotation[]
  isOpen: boolean
  colorOf: (className: string) => string
  onOpen: () => void
  onPick: Pick
}) {
  const { selection, classes } = editor
  const ids = members.map(({ id }) => id)
  const all = (set: ReadonlySet<string>) => ids.every((id) => set.has(id))
  const selected = useStore(selection.state, (state) => all(state.selected))
  const isPartly = useStore(selection.state, (state) => ids.some((id) => state.selected.has(id)))
  const hidden = useStore(selection.state, (state) => all(state.hidden))
  const locked = useStore(selection.state, (state) => all(state.locked))
  const { owner } = linksOf(members, classes)
  const name = owner?.name ?? members[0].className
  const count = owner ? counted(members.length, 'joint') : counted(members.length, 'shape')
  const what = owner
    ? t('pose {name} {instanceId}', { name, instanceId })
    : t('group {instanceId}', { instanceId })
  const Icon = owner ? PersonStanding : Group
  return (
    <div
      className={classNames(
        'group flex h-full items-center rounded-md pr-1',
        selected ? 'bg-accent-soft' : isPartly ? 'bg-hover' : 'hover:bg-hover',
      )}
    >
      <IconButton
        label={isOpen ? t('Close {what}', { what }) : t('Open {what}', { what })}
        aria-expanded={isOpen}
        className="size-6"
        onClick={onOpen}
      >
        <ChevronRight className={classNames(isOpen && 'rotate-90')} />
      </IconButton>
      <RowButton
        editor={editor}
        ids={ids}
        label={t('Select {what}, {detail}', { what, detail: count })}
        selected={selected}
        isPartly={isPartly}
        onPick={onPick}
      >
        <Swatch color={colorOf(name)} />
        <Icon className="size-4 shrink-0 text-muted" />
        <span className="min-w-0 flex-1 truncate" title={name}>
          {name}
        </span>
        <span className="shrink-0 text-2xs font-normal text-muted" title={t('Instance')}>
          #{instanceId}
        </span>
        <span className="shrink-0 pr-1 text-2xs font-normal text-muted tabular-nums group-focus-within:hidden group-hover:hidden">
          {count}
        </span>
      </RowButton>
      <RowTools editor={editor} annotations={members} what={what} hidden={hidden} locked={locked} />
    </div>
  )
}
