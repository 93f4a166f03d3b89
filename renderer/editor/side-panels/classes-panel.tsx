import { useQuery } from '@tanstack/react-query'
import { ChevronRight, Eye, EyeOff, Pencil, Plus, Settings2, Trash2 } from 'lucide-react'
import { type KeyboardEvent, useState } from 'react'
import { CLASS_SEARCH_ID, chooseClass as takeClass } from '#renderer/actions/actions.ts'
import { focusCanvas, showDialog } from '#renderer/actions/app-state.ts'
import { editClasses } from '#renderer/actions/class-actions.ts'
import { choices } from '#renderer/document/choices.ts'
import { datasetState } from '#renderer/document/dataset-state.ts'
import { toggled } from '#renderer/document/selection.ts'
import { say } from '#renderer/document/status-line.ts'
import { orpc } from '#renderer/rpc/query.ts'
import { currentClassName } from '#renderer/tools/editor.ts'
import { IconButton } from '#renderer/ui/button.tsx'
import { classNames } from '#renderer/ui/class-names.ts'
import { ConfirmDialog } from '#renderer/ui/confirm-dialog.tsx'
import { Keys } from '#renderer/ui/feedback.tsx'
import { TextField } from '#renderer/ui/field.tsx'
import { useStore } from '#renderer/ui/use-store.ts'
import { type AnnotationClass, nextClassColor } from '#shared/model/annotation-class.ts'
import { hasSkeleton } from '#shared/model/pose.ts'
import { counted, t } from '#shared/texts/texts.ts'

interface RowProps {
  item: AnnotationClass
  index: number
  count: number
  current: boolean
  onDelete: () => void
}

function ClassRow({ item: { name, color }, index, count, current, onDelete }: RowProps) {
  const hidden = useStore(choices, ({ hiddenClasses }) => hiddenClasses.has(name))
  const [renaming, setRenaming] = useState<string | null>(null)
  const rename = () => {
    const to = renaming?.trim() ?? ''
    setRenaming(null)
    if (to !== '' && to !== name) void editClasses({ kind: 'rename', from: name, to })
  }
  const onKey = (event: KeyboardEvent) => {
    if (event.key === 'Enter') rename()
    if (event.key === 'Escape') setRenaming(null)
  }
  return (
    <li
      className={classNames(
        'group flex h-8 items-center gap-1.5 rounded-md pr-1 pl-2',
        current ? 'bg-accent-soft' : 'hover:bg-hover',
      )}
    >
      <input
        type="color"
        aria-label={t('Colour of {name}', { name })}
        title={t('Colour')}
        value={color}
        onChange={(event) => void editClasses({ kind: 'recolor', name, color: event.target.value })}
        className="size-4 shrink-0 rounded border-0 bg-transparent p-0"
      />
      {renaming === null ? (
        <button
          type="button"
          aria-pressed={current}
          onClick={() => takeClass(name)}
          onDoubleClick={() => setRenaming(name)}
          className={classNames(
            'flex h-full min-w-0 flex-1 items-center gap-2 text-left text-sm',
            current && 'font-medium text-accent-text',
          )}
        >
          <span className={classNames('truncate', hidden && 'line-through')}>{name}</span>
          {index < 10 && <Keys>{String((index + 1) % 10)}</Keys>}
        </button>
      ) : (
        <TextField
          autoFocus
          aria-label={t('New name of {name}', { name })}
          className="h-6 flex-1"
          value={renaming}
          onChange={(event) => setRenaming(event.target.value)}
          onBlur={rename}
          onKeyDown={onKey}
        />
      )}
      <span className="text-xs text-muted tabular-nums group-focus-within:hidden group-hover:hidden">
        {count || ''}
      </span>
      <span className="hidden group-focus-within:flex group-hover:flex">
        <IconButton
          label={t('Attributes and skeleton of {name}', { name })}
          onClick={() => showDialog({ kind: 'class', name })}
        >
          <Settings2 />
        </IconButton>
        <IconButton label={t('Rename {name}', { name })} onClick={() => setRenaming(name)}>
          <Pencil />
        </IconButton>
        <IconButton label={t('Delete {name}', { name })} onClick={onDelete}>
          <Trash2 />
        </IconButton>
      </span>
      <IconButton
        label={hidden ? t('Show {name}', { name }) : t('Hide {name}', { name })}
        className={hidden ? '' : 'opacity-0 group-focus-within:opacity-100 group-hover:opacity-100'}
        onClick={() =>
          choices.setState(({ hiddenClasses }) => ({
            hiddenClasses: toggled(hiddenClasses, name),
          }))
        }
      >
        {hidden ? <EyeOff /> : <Eye />}
      </IconButton>
    </li>
  )
}

function DeleteDialog({
  isRemote,
  name,
  count,
  onClose,
}: {
  isRemote: boolean
  name: string
  count: number
  onClose: () => void
}) {
  return (
    <ConfirmDialog
      title={t('Delete the class “{name}”?', { name })}
      action={t('Delete class')}
      onConfirm={() =>
        void editClasses({ kind: 'delete', name }).then(
          (done) => done && say(t('Class {name} deleted · Ctrl+Z brings it back', { name })),
        )
      }
      onClose={onClose}
    >
      {count === 0
        ? t('No annotation here uses it.')
        : t(
            '{count} {value} it and will be deleted too, on all images. Undo brings all of it back.',
            {
              count: count.toLocaleString(),
              value: count === 1 ? t('annotation uses') : t('annotations use'),
            },
          )}{' '}
      {isRemote &&
        t(
          'The service deletes it for everybody, with its annotations on images that were not opened on this machine; those cannot be brought back.',
        )}
    </ConfirmDialog>
  )
}

/** Adds what is typed when it is new, takes it when it is there. */
function ClassSearch({
  classes,
  text,
  setText,
}: {
  classes: readonly AnnotationClass[]
  text: string
  setText: (text: string) => void
}) {
  const name = text.trim()
  const matches = classes.filter((item) => item.name.toLowerCase().includes(name.toLowerCase()))
  const exact = classes.some((item) => item.name === name)
  const add = () => {
    if (name === '') return
    setText('')
    focusCanvas()
    void editClasses({ kind: 'add', class: { name, color: nextClassColor(classes) } }).then(
      (done) => {
        if (done) choices.setState({ className: name })
      },
    )
  }
  const onKey = (event: KeyboardEvent<HTMLInputElement>) => {
    if (event.key === 'Escape') {
      setText('')
      focusCanvas()
    }
    if (event.key !== 'Enter' || name === '') return
    if (matches.length === 0) add()
    else {
      takeClass((matches.find((item) => item.name === name) ?? matches[0]).name)
      setText('')
      focusCanvas()
    }
  }
  return (
    <div className="flex gap-1.5">
      <TextField
        id={CLASS_SEARCH_ID}
        aria-label={t('Find or add a class')}
        placeholder={t('Find or add a class (C)')}
        className="h-7 border-line"
        value={text}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={onKey}
      />
      <IconButton label={t('Add class')} disabled={name === '' || exact} onClick={add}>
        <Plus />
      </IconButton>
    </div>
  )
}

export function ClassesPanel({ datasetId }: { datasetId: string }) {
  const isRemote = useStore(datasetState, (state) => state.dataset?.remote != null)
  const classes = useStore(datasetState, (state) => state.dataset?.classes) ?? []
  const counts = useQuery(orpc.datasets.classCounts.queryOptions({ input: { id: datasetId } }))
  useStore(choices, (state) => state.className)
  const [text, setText] = useState('')
  const [deleting, setDeleting] = useState<string | null>(null)
  const count = (name: string) => counts.data?.[name] ?? 0
  const [jointsOpen, setJointsOpen] = useState(false)
  // A skeleton's joints are classes too: they stay out of the way until somebody looks for them.
  const joints = new Set(
    classes.filter(hasSkeleton).flatMap(({ skeleton }) => skeleton.nodes.map(({ name }) => name)),
  )
  const matching = classes
    .map((item, index) => ({ item, index }))
    .filter(({ item }) => item.name.toLowerCase().includes(text.trim().toLowerCase()))
  const showsJoints = jointsOpen || text !== ''
  const shown = matching.filter(({ item }) => showsJoints || !joints.has(item.name))
  const jointCount = classes.filter(({ name }) => joints.has(name)).length
  const current = currentClassName()
  return (
    <section aria-labelledby="classes-title" className="flex min-h-0 flex-1 flex-col gap-2 p-2">
      <h2 id="classes-title" className="px-1 text-xs font-semibold text-muted">
        {t('Classes')}
      </h2>
      <ClassSearch classes={classes} text={text} setText={setText} />
      {classes.length === 0 && (
        <p className="px-1 text-xs text-muted">
          {t(
            'No classes yet. Type a name and press Enter, or just draw: the first shape makes the class “object”, which you can rename.',
          )}
        </p>
      )}
      {shown.length === 0 && text !== '' && (
        <p className="px-1 text-xs text-muted">
          {t('Enter adds “{name}”.', { name: text.trim() })}
        </p>
      )}
      {shown.length > 0 && (
        <ul className="-mx-1 min-h-0 flex-1 overflow-y-auto px-1">
          {shown.map(({ item, index }) => (
            <ClassRow
              key={item.name}
              item={item}
              index={index}
              count={count(item.name)}
              current={item.name === current}
              onDelete={() => setDeleting(item.name)}
            />
          ))}
          {jointCount > 0 && text === '' && (
            <li>
              <button
                type="button"
                aria-expanded={jointsOpen}
                onClick={() => setJointsOpen(!jointsOpen)}
                className="flex h-7 w-full items-center gap-1 rounded-md px-2 text-xs text-muted hover:bg-hover"
              >
                <ChevronRight className={classNames('size-3.5', jointsOpen && 'rotate-90')} />
                {t('{count} of skeletons', { count: counted(jointCount, 'joint') })}
              </button>
            </li>
          )}
        </ul>
      )}
      {deleting !== null && (
        <DeleteDialog
          isRemote={isRemote}
          name={deleting}
          count={count(deleting)}
          onClose={() => setDeleting(null)}
        />
      )}
    </section>
  )
}
