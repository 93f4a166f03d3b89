import { ChevronRight } from 'lucide-react'
import { ContextMenu } from 'radix-ui'
import { type ReactNode, useRef } from 'react'
import { actionById, chooseClass } from '#renderer/actions/actions.ts'
import { focusCanvas } from '#renderer/actions/app-state.ts'
import { CLASS_SLOTS, classOfSlot, shownSlotKey } from '#renderer/actions/class-keys.ts'
import { isAvailable, perform } from '#renderer/actions/dispatch.ts'
import { keysOf } from '#renderer/actions/shortcuts.ts'
import { datasetState } from '#renderer/document/dataset-state.ts'
import { keyLabel } from '#renderer/document/key-label.ts'
import type { Editor } from '#renderer/tools/editor.ts'
import { Keys } from '#renderer/ui/feedback.tsx'
import { useStore } from '#renderer/ui/use-store.ts'
import type { AnnotationClass } from '#shared/model/annotation-class.ts'
import { t } from '#shared/texts/texts.ts'
import { useEditorState } from './use-editor-state.ts'

/** Actions of a menu, by what they do; a line between the groups. Those with a name open beside it. */
type Group = readonly (string | { label: string; ids: readonly string[] })[]

/** With the list of classes a dozen entries. */
const OF_SHAPES: readonly Group[] = [
  ['edit-attributes', 'duplicate', 'copy', 'cut', 'delete'],
  [
    {
      label: t('Shape'),
      ids: ['group', 'ungroup', 'union', 'subtract', 'simplify', 'smooth'],
    },
    'propagate',
  ],
  ['fit-selection', 'hide-selected', 'isolate', 'lock'],
]
const OF_IMAGE: readonly Group[] = [
  ['paste-at-pointer', 'copy-previous', 'select-all'],
  ['fit', 'actual-size', 'hide-all', 'labels', 'crosshair'],
  ['previous', 'next', 'copy-link'],
]

const NO_CLASSES: readonly AnnotationClass[] = []
const CONTENT =
  'z-30 max-h-[86vh] max-w-96 min-w-56 overflow-y-auto rounded-lg border border-line bg-surface p-1.5 shadow-float'
const ITEM =
  'flex h-7 items-center gap-6 rounded px-2 text-sm outline-none data-[disabled]:opacity-45 data-[highlighted]:bg-accent-soft data-[highlighted]:text-accent-text data-[state=open]:bg-accent-soft'

type Choose = (run: () => void) => void

function Item({ id, onChoose }: { id: string; onChoose: Choose }) {
  const action = actionById(id)
  const [key] = keysOf(action)
  return (
    <ContextMenu.Item
      className={ITEM}
      disabled={!isAvailable(action)}
      onSelect={() => onChoose(() => void perform(action))}
    >
      <span className="min-w-0 flex-1 truncate">{action.label}</span>
      {key && <Keys>{keyLabel(key)}</Keys>}
    </ContextMenu.Item>
  )
}

function Sub({ label, children }: { label: string; children: ReactNode }) {
  return (
    <ContextMenu.Sub>
      <ContextMenu.SubTrigger className={ITEM}>
        <span className="flex-1">{label}</span>
        <ChevronRight className="size-4" aria-hidden="true" />
      </ContextMenu.SubTrigger>
      <ContextMenu.Portal>
        <ContextMenu.SubContent className={CONTENT} collisionPadding={8}>
          {children}
        </ContextMenu.SubContent>
      </ContextMenu.Portal>
    </ContextMenu.Sub>
  )
}

/** Relabeling, the most frequent action, comes first. */
function Classes({ onChoose }: { onChoose: Choose }) {
  const classes = useStore(datasetState, ({ dataset }) => dataset?.classes ?? NO_CLASSES)
  if (classes.length === 0) return null
  const slots = Array.from({ length: CLASS_SLOTS }, (_, slot) => classOfSlot(slot))
  return (
    <Sub label={t('Class')}>
      {classes.map(({ name, color }) => (
        <ContextMenu.Item
          key={name}
          className={ITEM}
          onSelect={() => onChoose(() => chooseClass(name))}
        >
          <span className="size-2.5 shrink-0 rounded-sm" style={{ background: color }} />
          <span className="-ml-4 min-w-0 flex-1 truncate">{name}</span>
          {slots.includes(name) && <Keys>{shownSlotKey(slots.indexOf(name)) ?? ''}</Keys>}
        </ContextMenu.Item>
      ))}
    </Sub>
  )
}

/**
 * A context menu of what can be done with the selected shapes, or with the image. It is made of the same actions as
 * keys and palette. `children`: one element, on which it opens.
 */
export function ShapeMenu({ editor, children }: { editor: Editor | null; children: ReactNode }) {
  // Runs after the menu has closed and returned the focus, because some actions focus a field or need the pointer position.
  const chosen = useRef<(() => void) | null>(null)
  const onChoose: Choose = (run) => {
    chosen.current = run
  }
  const hasSelection = useEditorState(
    editor,
    ({ selection }) => selection.state.getState().selected.size > 0,
    false,
  )
  return (
    <ContextMenu.Root modal={false}>
      <ContextMenu.Trigger asChild>{children}</ContextMenu.Trigger>
      <ContextMenu.Portal>
        <ContextMenu.Content
          aria-label={hasSelection ? t('Selected shapes') : t('Image')}
          collisionPadding={8}
          onCloseAutoFocus={(event) => {
            event.preventDefault()
            focusCanvas()
            chosen.current?.()
            chosen.current = null
            if (editor) editor.menuPlace = null
          }}
          className={CONTENT}
        >
          {hasSelection && <Classes onChoose={onChoose} />}
          {(hasSelection ? OF_SHAPES : OF_IMAGE).map((group, index) => (
            <ContextMenu.Group key={String(group[0])}>
              {(index > 0 || hasSelection) && (
                <ContextMenu.Separator className="my-1.5 h-px bg-line" />
              )}
              {group.map((entry) =>
                typeof entry === 'string' ? (
                  <Item key={entry} id={entry} onChoose={onChoose} />
                ) : (
                  <Sub key={entry.label} label={entry.label}>
                    {entry.ids.map((id) => (
                      <Item key={id} id={id} onChoose={onChoose} />
                    ))}
                  </Sub>
                ),
              )}
            </ContextMenu.Group>
          ))}
        </ContextMenu.Content>
      </ContextMenu.Portal>
    </ContextMenu.Root>
  )
}
