import { ChevronLeft, ChevronRight, GitMerge } from 'lucide-react'
import { resolveConflicts, stepConflict } from '#renderer/actions/cloud.ts'
import { actionKey } from '#renderer/document/key-label.ts'
import type { Editor } from '#renderer/tools/editor.ts'
import { Button, IconButton } from '#renderer/ui/button.tsx'
import { useStore } from '#renderer/ui/use-store.ts'
import type { Conflict } from '#shared/model/sync.ts'
import { t } from '#shared/texts/texts.ts'

const FIELD: Record<Conflict['fields'][number], string> = {
  existence: '',
  class: t('class'),
  shape: t('shape'),
  attributes: t('attributes'),
  confidence: t('confidence'),
  instance: t('instance'),
}

function describe({ fields, base, mine, theirs }: Conflict): string {
  if (!mine)
    return t('You deleted this {value}. They changed it.', {
      value: theirs?.className ?? t('shape'),
    })
  if (!theirs)
    return t('You changed this {className}. They deleted it.', { className: mine.className })
  if (!base) return t('You both drew a shape with the same ID.')
  const changed = fields.map((field) => FIELD[field]).join(', ')
  return fields.includes('class')
    ? t('You both changed it: {changed} (yours: {mine}, theirs: {theirs})', {
        changed,
        mine: mine.className,
        theirs: theirs.className,
      })
    : t('You both changed it: {changed}', { changed })
}

/** Resolves conflicts one by one or all at once. The slider blends my shapes and theirs. */
export function ConflictBar({ editor }: { editor: Editor }) {
  const { conflicts, index, blend } = useStore(editor.conflicts)
  const conflict = conflicts[index]
  if (!conflict) return null
  return (
    <section
      aria-label={t('Conflicts with the service')}
      className="flex shrink-0 flex-wrap items-center gap-x-4 gap-y-2 border-b border-line bg-surface px-3 py-2 text-sm"
    >
      <span className="flex items-center gap-1.5 font-medium text-danger">
        <GitMerge className="size-4" aria-hidden="true" />
        {t('Conflict {value} of {length}', { value: index + 1, length: conflicts.length })}
      </span>
      <span className="flex">
        <IconButton
          label={t('Previous conflict')}
          disabled={conflicts.length < 2}
          onClick={() => stepConflict(editor, -1)}
        >
          <ChevronLeft />
        </IconButton>
        <IconButton
          label={t('Next conflict ({key})', { key: actionKey('next-conflict') })}
          disabled={conflicts.length < 2}
          onClick={() => stepConflict(editor, 1)}
        >
          <ChevronRight />
        </IconButton>
      </span>
      <span className="min-w-0 flex-1 truncate text-muted" title={describe(conflict)}>
        {describe(conflict)}
      </span>
      <label className="flex items-center gap-2 text-xs text-muted">
        {t('Mine')}
        <input
          type="range"
          aria-label={t('Blend mine and theirs on the canvas')}
          min={0}
          max={1}
          step={0.05}
          value={blend}
          onChange={({ target }) => editor.conflicts.setState({ blend: Number(target.value) })}
          className="w-28 accent-accent"
        />
        {t('Theirs')}
      </label>
      <span className="flex gap-1">
        <Button
          className="h-7 px-2.5"
          title={actionKey('take-mine')}
          onClick={() => void resolveConflicts(editor, 'mine', 'current')}
        >
          {t('Keep mine')}
        </Button>
        <Button
          className="h-7 px-2.5"
          title={actionKey('take-theirs')}
          onClick={() => void resolveConflicts(editor, 'theirs', 'current')}
        >
          {t('Keep theirs')}
        </Button>
        <Button
          className="h-7 px-2.5"
          title={actionKey('take-both')}
          disabled={!conflict.mine || !conflict.theirs}
          onClick={() => void resolveConflicts(editor, 'both', 'current')}
        >
          {t('Both')}
        </Button>
      </span>
      {conflicts.length > 1 && (
        <span className="flex gap-1 border-l border-line pl-3">
          <Button
            variant="ghost"
            className="h-7 px-2"
            onClick={() => void resolveConflicts(editor, 'mine', 'all')}
          >
            {t('All mine')}
          </Button>
          <Button
            variant="ghost"
            className="h-7 px-2"
            onClick={() => void resolveConflicts(editor, 'theirs', 'all')}
          >
            {t('All theirs')}
          </Button>
        </span>
      )}
    </section>
  )
}
