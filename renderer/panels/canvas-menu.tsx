import { ContextMenu } from 'radix-ui'
import type { ReactNode } from 'react'
import { actionById } from '#renderer/actions/actions.ts'
import { keyLabel } from '#renderer/actions/keys.ts'
import { keysOf } from '#renderer/actions/shortcuts.ts'
import { selection } from '#renderer/document/selection.ts'
import { t } from '#renderer/texts/texts.ts'
import { Keys } from '#renderer/ui/feedback.tsx'
import { useStore } from '#renderer/ui/use-store.ts'

/** By what they do; a line between them. */
const OF_SHAPES = [
  ['edit-attributes', 'duplicate', 'copy', 'cut', 'delete'],
  ['group', 'ungroup', 'union', 'subtract', 'split', 'simplify', 'smooth'],
  ['fit-selection', 'hide-selected', 'isolate', 'lock', 'propagate'],
] as const
const OF_IMAGE = [
  ['paste-at-pointer', 'copy-previous', 'select-all'],
  ['fit', 'actual-size', 'hide-all', 'labels', 'crosshair'],
  ['previous', 'next', 'copy-link'],
] as const

const ITEM =
  'flex h-7 items-center gap-6 rounded px-2 text-sm outline-none data-[disabled]:opacity-45 data-[highlighted]:bg-accent-soft data-[highlighted]:text-accent-text'

function Item({ id }: { id: string }) {
  const action = actionById(id)
  const [key] = keysOf(action)
  return (
    <ContextMenu.Item
      className={ITEM}
      disabled={!(action.enabled?.() ?? true)}
      onSelect={() => void action.run()}
    >
      <span className="min-w-0 flex-1 truncate">{action.label}</span>
      {key && <Keys>{keyLabel(key)}</Keys>}
    </ContextMenu.Item>
  )
}

/** What can be done with the selected shapes, or with the image; made of the same actions as keys and palette. */
export function CanvasMenu({ children }: { children: ReactNode }) {
  const hasSelection = useStore(selection, ({ selected }) => selected.size > 0)
  const groups = hasSelection ? OF_SHAPES : OF_IMAGE
  return (
    <ContextMenu.Root modal={false}>
      <ContextMenu.Trigger asChild>{children}</ContextMenu.Trigger>
      <ContextMenu.Portal>
        <ContextMenu.Content
          aria-label={hasSelection ? t('Selected shapes') : t('Image')}
          className="z-30 max-w-96 min-w-60 rounded-lg border border-line bg-surface p-1.5 shadow-float"
        >
          {groups.map((ids, index) => (
            <ContextMenu.Group key={ids[0]}>
              {index > 0 && <ContextMenu.Separator className="my-1.5 h-px bg-line" />}
              {ids.map((id) => (
                <Item key={id} id={id} />
              ))}
            </ContextMenu.Group>
          ))}
        </ContextMenu.Content>
      </ContextMenu.Portal>
    </ContextMenu.Root>
  )
}
