import { Eye, EyeOff, Lock, LockOpen, Trash2 } from 'lucide-react'
import { deleteAnnotations } from '#renderer/actions/edit-actions.ts'
import type { Editor } from '#renderer/tools/editor.ts'
import { IconButton } from '#renderer/ui/button.tsx'
import { classNames } from '#renderer/ui/class-names.ts'
import type { Annotation } from '#shared/model/annotation.ts'
import { t } from '#shared/texts/texts.ts'

const RARE =
  'w-0 opacity-0 group-focus-within:w-6 group-focus-within:opacity-100 group-hover:w-6 group-hover:opacity-100'

/** The set with all of the ids, or without them. */
function withAll(set: ReadonlySet<string>, ids: readonly string[], has: boolean) {
  const next = new Set(set)
  for (const id of ids)
    if (has) next.add(id)
    else next.delete(id)
  return next
}

/** Hide, lock and delete: visible on hover or focus, or if one of them is on. */
export function RowTools({
  editor,
  annotations,
  what,
  hidden,
  locked,
}: {
  editor: Editor
  annotations: readonly Annotation[]
  what: string
  hidden: boolean
  locked: boolean
}) {
  const ids = annotations.map(({ id }) => id)
  const { state } = editor.selection
  return (
    <span className="flex shrink-0">
      <IconButton
        label={hidden ? t('Show {what}', { what }) : t('Hide {what}', { what })}
        className={classNames('size-6', !hidden && RARE)}
        onClick={() => state.setState((now) => ({ hidden: withAll(now.hidden, ids, !hidden) }))}
      >
        {hidden ? <EyeOff /> : <Eye />}
      </IconButton>
      <IconButton
        label={locked ? t('Unlock {what}', { what }) : t('Lock {what}', { what })}
        className={classNames('size-6', !locked && RARE)}
        onClick={() => state.setState((now) => ({ locked: withAll(now.locked, ids, !locked) }))}
      >
        {locked ? <Lock /> : <LockOpen />}
      </IconButton>
      <IconButton
        label={t('Delete {what}', { what })}
        disabled={locked}
        className={classNames('size-6', RARE)}
        onClick={() => deleteAnnotations(editor, annotations)}
      >
        <Trash2 />
      </IconButton>
    </span>
  )
}
