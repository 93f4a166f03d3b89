import { useQuery } from '@tanstack/react-query'
import { ChevronRight } from 'lucide-react'
import { useState } from 'react'
import { editClasses } from '#renderer/actions/class-actions.ts'
import { classesBySlot } from '#renderer/actions/class-keys.ts'
import { choices } from '#renderer/document/choices.ts'
import { datasetState } from '#renderer/document/dataset-state.ts'
import { editorSettings } from '#renderer/document/editor-settings.ts'
import { orpc } from '#renderer/rpc/query.ts'
import { currentClassName } from '#renderer/tools/editor.ts'
import { classNames } from '#renderer/ui/class-names.ts'
import { useStore } from '#renderer/ui/use-store.ts'
import type { AnnotationClass } from '#shared/model/annotation-class.ts'
import { hasSkeleton } from '#shared/model/pose.ts'
import { counted, t } from '#shared/texts/texts.ts'
import { ClassRow } from './class-row.tsx'
import { ClassSearch, pickOf } from './class-search.tsx'
import { DeleteClassDialog } from './delete-class-dialog.tsx'
import { MergeClassDialog } from './merge-class-dialog.tsx'

const NO_KEYS: Readonly<Record<string, string>> = {}

/** The classes that are shown: those that match the text; joints of skeletons only when somebody looks for them. */
function useShown(classes: readonly AnnotationClass[], text: string) {
  const [jointsOpen, setJointsOpen] = useState(false)
  const joints = new Set(
    classes.filter(hasSkeleton).flatMap(({ skeleton }) => skeleton.nodes.map(({ name }) => name)),
  )
  const wanted = text.trim().toLowerCase()
  const shown = classes.filter(
    ({ name }) =>
      name.toLowerCase().includes(wanted) && (jointsOpen || text !== '' || !joints.has(name)),
  )
  const jointCount = classes.filter(({ name }) => joints.has(name)).length
  return { shown, jointCount, jointsOpen, setJointsOpen }
}

function ClassList({
  classes,
  shown,
  marked,
  counts,
  onDelete,
  onMerge,
  children,
}: {
  classes: readonly AnnotationClass[]
  shown: readonly AnnotationClass[]
  /** The class that Enter chooses; null while nothing is searched. */
  marked: AnnotationClass | null
  counts: Readonly<Record<string, number>>
  onDelete: (name: string) => void
  onMerge: (name: string) => void
  children: React.ReactNode
}) {
  const datasetId = useStore(datasetState, ({ dataset }) => dataset?.id ?? '')
  const assigned = useStore(editorSettings, ({ classKeys }) => classKeys[datasetId] ?? NO_KEYS)
  useStore(choices, (state) => state.className)
  const names = classes.map(({ name }) => name)
  const slots = classesBySlot(names, assigned)
  const current = currentClassName()
  const drop = (name: string, before: string) => {
    const others = names.filter((other) => other !== name)
    if (name === before || others.length === names.length) return
    // Dragged down, it goes behind the target row; dragged up, before it.
    const at = others.indexOf(before) + (names.indexOf(name) < names.indexOf(before) ? 1 : 0)
    void editClasses({ kind: 'reorder', names: others.toSpliced(at, 0, name) })
  }
  return (
    <ul className="-mx-1 min-h-0 flex-1 overflow-y-auto px-1">
      {shown.map((item) => (
        <ClassRow
          key={item.name}
          item={item}
          slot={slots.indexOf(item.name)}
          count={counts[item.name] ?? 0}
          current={item.name === current}
          isMarked={item === marked}
          onDelete={() => onDelete(item.name)}
          onMerge={() => onMerge(item.name)}
          onDropClass={(name) => drop(name, item.name)}
        />
      ))}
      {children}
    </ul>
  )
}

export function ClassesPanel({ datasetId }: { datasetId: string }) {
  const isRemote = useStore(datasetState, (state) => state.dataset?.remote != null)
  const classes = useStore(datasetState, (state) => state.dataset?.classes) ?? []
  const counts = useQuery(orpc.datasets.classCounts.queryOptions({ input: { id: datasetId } }))
  const [text, setText] = useState('')
  const [marked, setMarked] = useState(0)
  const [asked, setAsked] = useState<{ kind: 'delete' | 'merge'; name: string } | null>(null)
  const { shown, jointCount, jointsOpen, setJointsOpen } = useShown(classes, text)
  const count = (name: string) => counts.data?.[name] ?? 0
  const pick = text.trim() === '' ? null : pickOf(text, shown, marked)
  return (
    <section
      aria-labelledby="classes-title"
      className="flex min-h-0 flex-1 flex-col gap-2 overflow-y-auto p-2"
    >
      <h2 id="classes-title" className="px-1 text-xs font-semibold text-muted">
        {t('Classes')}
      </h2>
      <ClassSearch
        classes={classes}
        text={text}
        pick={pick}
        onText={(next) => {
          setText(next)
          setMarked(0)
        }}
        onMove={(step) => setMarked((now) => Math.max(0, Math.min(shown.length - 1, now + step)))}
      />
      {classes.length === 0 && (
        <p className="px-1 text-xs text-muted">
          {t(
            'No classes yet. Type a name and press Enter, or just draw: the first shape creates the class “object”, which you can rename.',
          )}
        </p>
      )}
      {shown.length === 0 && text !== '' && (
        <p className="px-1 text-xs text-muted">
          {t('Enter adds “{name}”.', { name: text.trim() })}
        </p>
      )}
      {shown.length > 0 && (
        <ClassList
          classes={classes}
          shown={shown}
          marked={pick}
          counts={counts.data ?? {}}
          onDelete={(name) => setAsked({ kind: 'delete', name })}
          onMerge={(name) => setAsked({ kind: 'merge', name })}
        >
          {jointCount > 0 && text === '' && (
            <li>
              <button
                type="button"
                aria-expanded={jointsOpen}
                onClick={() => setJointsOpen(!jointsOpen)}
                className="flex h-7 w-full items-center gap-1 rounded-md px-2 text-xs text-muted hover:bg-hover"
              >
                <ChevronRight className={classNames('size-3.5', jointsOpen && 'rotate-90')} />
                {counted(jointCount, 'skeleton joint')}
              </button>
            </li>
          )}
        </ClassList>
      )}
      {asked?.kind === 'delete' && (
        <DeleteClassDialog
          isRemote={isRemote}
          name={asked.name}
          count={count(asked.name)}
          onClose={() => setAsked(null)}
        />
      )}
      {asked?.kind === 'merge' && (
        <MergeClassDialog
          name={asked.name}
          count={count(asked.name)}
          names={classes.map(({ name }) => name).filter((name) => name !== asked.name)}
          onClose={() => setAsked(null)}
        />
      )}
    </section>
  )
}
