import { Command } from 'cmdk'
import { useMemo, useState } from 'react'
import { flushSync } from 'react-dom'
import { showDialog } from '#renderer/actions/app-state.ts'
import { Keys } from '#renderer/ui/feedback.tsx'
import type { Dataset } from '#shared/model/dataset.ts'
import { t } from '#shared/texts/texts.ts'
import { paletteEntries } from './palette-entries.ts'

/** Finds commands, settings, classes and images. `first`: what is typed when it opens. */
export function CommandPalette({ first, dataset }: { first: string; dataset: Dataset | null }) {
  const [text, setText] = useState(first)
  const entries = useMemo(() => paletteEntries(text, dataset), [text, dataset])
  return (
    <Command.Dialog
      open
      shouldFilter={false}
      onOpenChange={(open) => !open && showDialog(null)}
      label={t('Commands, images, classes and settings')}
      overlayClassName="fixed inset-0 z-40 bg-black/45"
      contentClassName="fixed top-[14vh] left-1/2 z-50 w-[min(92vw,600px)] -translate-x-1/2 overflow-hidden rounded-xl border border-line bg-surface shadow-float"
    >
      <Command.Input
        value={text}
        onValueChange={setText}
        placeholder={
          dataset ? t('Type a command, an image’s number or name, a class…') : t('Type a command…')
        }
        className="h-12 w-full border-b border-line bg-transparent px-4 text-base text-text outline-none placeholder:text-muted"
      />
      <Command.List label={t('Results')} className="max-h-[50vh] overflow-y-auto p-2">
        <Command.Empty className="p-6 text-center text-sm text-muted">
          {t('Nothing found')}
        </Command.Empty>
        {entries.map(({ id, kind, label, key, isEnabled, run }) => (
          <Command.Item
            key={id}
            value={id}
            disabled={!isEnabled}
            onSelect={() => {
              flushSync(() => showDialog(null))
              // Radix gives the focus back in a task of its own, queued by now: an action that moves the focus comes after.
              setTimeout(run)
            }}
            className="flex h-9 items-center gap-3 rounded-md px-3 text-sm data-[disabled=true]:opacity-45 data-[selected=true]:bg-accent-soft data-[selected=true]:text-accent-text"
          >
            <span className="w-20 shrink-0 truncate text-xs text-muted">{kind}</span>
            <span className="min-w-0 flex-1 truncate" title={label}>
              {label}
            </span>
            {key && <Keys>{key}</Keys>}
          </Command.Item>
        ))}
      </Command.List>
    </Command.Dialog>
  )
}
