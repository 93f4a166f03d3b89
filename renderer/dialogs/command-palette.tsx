import { Command } from 'cmdk'
import { flushSync } from 'react-dom'
import { GROUP_LABEL } from '#renderer/actions/action.ts'
import { ACTIONS } from '#renderer/actions/actions.ts'
import { showDialog } from '#renderer/actions/app-state.ts'
import { isAvailable, perform } from '#renderer/actions/dispatch.ts'
import { keyLabel } from '#renderer/actions/keys.ts'
import { keysOf } from '#renderer/actions/shortcuts.ts'
import { Keys } from '#renderer/ui/feedback.tsx'
import { t } from '#shared/texts/texts.ts'

/** Every action by name, with its shortcut. */
export function CommandPalette() {
  const actions = ACTIONS.filter(({ id }) => id !== 'palette')
    .map((action) => ({
      ...action,
      key: keysOf(action)[0],
      isEnabled: isAvailable(action),
    }))
    .sort((a, b) => Number(b.isEnabled) - Number(a.isEnabled))
  return (
    <Command.Dialog
      open
      onOpenChange={(open) => !open && showDialog(null)}
      label={t('All commands')}
      overlayClassName="fixed inset-0 z-40 bg-black/45"
      contentClassName="fixed top-[14vh] left-1/2 z-50 w-[min(92vw,560px)] -translate-x-1/2 overflow-hidden rounded-xl border border-line bg-surface shadow-float"
    >
      <Command.Input
        placeholder={t('Type a command…')}
        className="h-12 w-full border-b border-line bg-transparent px-4 text-base text-text outline-none placeholder:text-muted"
      />
      <Command.List label={t('Actions')} className="max-h-[50vh] overflow-y-auto p-2">
        <Command.Empty className="p-6 text-center text-sm text-muted">
          {t('No command of that name')}
        </Command.Empty>
        {actions.map(({ key, isEnabled, ...action }) => (
          <Command.Item
            key={action.id}
            value={`${action.group} ${action.label}`}
            disabled={!isEnabled}
            onSelect={() => {
              flushSync(() => showDialog(null))
              // Radix gives the focus back in a task of its own, queued by now: an action that moves the focus comes after.
              setTimeout(() => void perform(action))
            }}
            className="flex h-9 items-center gap-3 rounded-md px-3 text-sm data-[selected=true]:bg-accent-soft data-[disabled=true]:opacity-45 data-[selected=true]:text-accent-text"
          >
            <span className="w-16 shrink-0 text-xs text-muted">{GROUP_LABEL[action.group]}</span>
            <span className="min-w-0 flex-1 truncate">{action.label}</span>
            {key && <Keys>{keyLabel(key)}</Keys>}
          </Command.Item>
        ))}
      </Command.List>
    </Command.Dialog>
  )
}
