import { Check, ChevronRight, Ellipsis } from 'lucide-react'
import { DropdownMenu } from 'radix-ui'
import { useRef } from 'react'
import { showDialog } from '#renderer/actions/app-state.ts'
import { editClasses } from '#renderer/actions/class-actions.ts'
import {
  assignSlot,
  CLASS_SLOTS,
  shownSlotKey,
  slotActionId,
} from '#renderer/actions/class-keys.ts'
import { selectClass } from '#renderer/actions/edit-actions.ts'
import { datasetState } from '#renderer/document/dataset-state.ts'
import { openEditor } from '#renderer/tools/workspace.ts'
import { IconButton } from '#renderer/ui/button.tsx'
import { t } from '#shared/texts/texts.ts'

const CONTENT =
  'z-30 max-h-[70vh] min-w-48 overflow-y-auto rounded-lg border border-line bg-surface p-1.5 shadow-float'
const ITEM =
  'flex h-7 items-center gap-3 rounded px-2 text-sm outline-none data-[disabled]:opacity-45 data-[highlighted]:bg-accent-soft data-[highlighted]:text-accent-text data-[state=open]:bg-accent-soft'

/** Moves a class by one place; the digits follow. */
export function moveClass(name: string, step: 1 | -1): void {
  const names = (datasetState.getState().dataset?.classes ?? []).map((item) => item.name)
  const from = names.indexOf(name)
  const to = from + step
  if (from < 0 || to < 0 || to >= names.length) return
  void editClasses({ kind: 'reorder', names: names.toSpliced(from, 1).toSpliced(to, 0, name) })
}

/** What else can be done with a class. `slot`: of the key that chooses it; -1 when it has none. */
export function ClassMenu({
  name,
  slot,
  onRename,
  onMerge,
}: {
  name: string
  slot: number
  onRename: () => void
  onMerge: () => void
}) {
  // Actions that move the focus run after the menu has returned it.
  const chosen = useRef<(() => void) | null>(null)
  const later = (run: () => void) => () => {
    chosen.current = run
  }
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger asChild>
        <IconButton label={t('More for {name}', { name })}>
          <Ellipsis />
        </IconButton>
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content
          align="end"
          className={CONTENT}
          onCloseAutoFocus={(event) => {
            if (!chosen.current) return
            event.preventDefault()
            chosen.current()
            chosen.current = null
          }}
        >
          <DropdownMenu.Item className={ITEM} onSelect={later(onRename)}>
            {t('Rename…')}
          </DropdownMenu.Item>
          <DropdownMenu.Sub>
            <DropdownMenu.SubTrigger className={ITEM}>
              <span className="flex-1">{t('Key')}</span>
              <ChevronRight className="size-4" aria-hidden="true" />
            </DropdownMenu.SubTrigger>
            <DropdownMenu.Portal>
              <DropdownMenu.SubContent className={CONTENT}>
                {Array.from({ length: CLASS_SLOTS }, (_, index) => (
                  <DropdownMenu.Item
                    key={slotActionId(index)}
                    className={ITEM}
                    onSelect={() => assignSlot(name, index)}
                  >
                    <span className="flex-1">{shownSlotKey(index) ?? '–'}</span>
                    {index === slot && <Check className="size-4" aria-label={t('Now')} />}
                  </DropdownMenu.Item>
                ))}
                <DropdownMenu.Item className={ITEM} onSelect={() => assignSlot(name, null)}>
                  {t('By position in the list')}
                </DropdownMenu.Item>
              </DropdownMenu.SubContent>
            </DropdownMenu.Portal>
          </DropdownMenu.Sub>
          <DropdownMenu.Item className={ITEM} onSelect={() => moveClass(name, -1)}>
            {t('Move up')}
          </DropdownMenu.Item>
          <DropdownMenu.Item className={ITEM} onSelect={() => moveClass(name, 1)}>
            {t('Move down')}
          </DropdownMenu.Item>
          <DropdownMenu.Item
            className={ITEM}
            onSelect={() => {
              const editor = openEditor()
              if (editor) selectClass(editor, name)
            }}
          >
            {t('Select all of this class')}
          </DropdownMenu.Item>
          <DropdownMenu.Item className={ITEM} onSelect={later(onMerge)}>
            {t('Merge into…')}
          </DropdownMenu.Item>
          <DropdownMenu.Item
            className={ITEM}
            onSelect={later(() => showDialog({ kind: 'instructions', className: name }))}
          >
            {t('Instructions…')}
          </DropdownMenu.Item>
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  )
}
