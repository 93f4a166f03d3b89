import { useVirtualizer } from '@tanstack/react-virtual'
import { type MouseEvent, useEffect, useMemo, useRef, useState } from 'react'
import { actionById } from '#renderer/actions/actions.ts'
import { shownKey } from '#renderer/actions/shortcuts.ts'
import { classColors } from '#renderer/canvas/palette.ts'
import { datasetState } from '#renderer/document/dataset-state.ts'
import { toggled } from '#renderer/document/selection.ts'
import { ShapeMenu } from '#renderer/editor/shape-menu.tsx'
import { problemsOf } from '#renderer/editor/side-panels/annotation-problems.ts'
import type { Editor } from '#renderer/tools/editor.ts'
import { EmptyState } from '#renderer/ui/feedback.tsx'
import { useStore, useVersion } from '#renderer/ui/use-store.ts'
import { counted, t } from '#shared/texts/texts.ts'
import { AnnotationRow } from './annotation-row.tsx'
import { GroupRow } from './group-row.tsx'
import { idsBetween, idsOf, type ListRow, listRows } from './list-rows.ts'

const ROW_HEIGHT = 32

const keyOf = (id: string) => shownKey(actionById(id))

function NoAnnotations() {
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
}

/** The rows of the open image, and how a press on one changes the selection. */
function useRows({ document, selection }: Editor) {
  useVersion(document.annotations)
  const { list } = document.annotations
  const [openGroups, setOpenGroups] = useState<ReadonlySet<number>>(new Set())
  const rows = useMemo(() => listRows(list, openGroups), [list, openGroups])
  /** The row that a range begins at: the last that was pressed without Shift. */
  const anchor = useRef<string | null>(null)
  const pick = (row: ListRow, event: MouseEvent) => {
    if (event.shiftKey) {
      selection.select(idsBetween(rows, anchor.current, row.id))
      return
    }
    anchor.current = row.id
    const ids = idsOf(row)
    if (!event.ctrlKey && !event.metaKey) {
      selection.select(ids)
      return
    }
    const { selected } = selection.state.getState()
    const others = [...selected].filter((id) => !ids.includes(id))
    selection.select(ids.every((id) => selected.has(id)) ? others : [...selected, ...ids])
  }
  const toggleGroup = (instanceId: number) => setOpenGroups((open) => toggled(open, instanceId))
  return { rows, pick, toggleGroup }
}

/** All annotations of the image: a click selects, Shift takes all between, Ctrl one more. */
export function AnnotationsPanel({ editor }: { editor: Editor }) {
  const { document, selection } = editor
  const { rows, pick, toggleGroup } = useRows(editor)
  const classes = useStore(datasetState, (state) => state.dataset?.classes) ?? []
  const colorOf = classColors(classes)
  const names = classes.map(({ name }) => name)
  const scroller = useRef<HTMLDivElement>(null)
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT,
    // Rows are keyed by annotation, so that an open list keeps its annotation when a row above is removed.
    getItemKey: (index) => rows[index]?.id ?? index,
    overscan: 8,
  })
  // biome-ignore lint/correctness/useExhaustiveDependencies: another image begins at its top
  useEffect(() => virtual.scrollToOffset(0), [document])
  // Scrolls to what is selected on the canvas.
  useEffect(
    () =>
      selection.state.subscribe(({ selected }, before) => {
        const [id] = selected
        if (selected === before.selected || id === undefined) return
        const index = rows.findIndex((row) => idsOf(row).includes(id))
        // A selection larger than its row was made in this list, or by selecting all shapes.
        if (index < 0 || selected.size > idsOf(rows[index]).length) return
        // The properties panel may shrink the list first.
        requestAnimationFrame(() => virtual.scrollToIndex(index, { align: 'auto' }))
      }),
    [selection, rows, virtual],
  )
  const { list } = document.annotations
  if (list.length === 0) return <NoAnnotations />
  return (
    <ShapeMenu editor={editor}>
      <div ref={scroller} className="h-full overflow-y-auto px-2 py-1">
        <ul
          className="relative"
          aria-label={counted(list.length, 'annotation')}
          ref={(element) =>
            void element?.style.setProperty('height', `${virtual.getTotalSize()}px`)
          }
        >
          {virtual.getVirtualItems().map((item) => {
            const row = rows[item.index]
            return (
              <li
                key={item.key}
                className="absolute inset-x-0 top-0"
                ref={(element) => {
                  element?.style.setProperty('height', `${item.size}px`)
                  element?.style.setProperty('transform', `translateY(${item.start}px)`)
                }}
              >
                {row.kind === 'group' ? (
                  <GroupRow
                    editor={editor}
                    instanceId={row.instanceId}
                    members={row.members}
                    isOpen={row.isOpen}
                    colorOf={colorOf}
                    onOpen={() => toggleGroup(row.instanceId)}
                    onPick={(event) => pick(row, event)}
                  />
                ) : (
                  <AnnotationRow
                    editor={editor}
                    annotation={row.annotation}
                    isMember={row.isMember}
                    color={colorOf(row.annotation.className)}
                    problems={problemsOf(row.annotation, document, classes)}
                    names={
                      names.includes(row.annotation.className)
                        ? names
                        : [...names, row.annotation.className]
                    }
                    onPick={(event) => pick(row, event)}
                  />
                )}
              </li>
            )
          })}
        </ul>
      </div>
    </ShapeMenu>
  )
}
