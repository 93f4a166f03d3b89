import { Plus, RotateCcw } from 'lucide-react'
import { useRef, useState } from 'react'
import { type Action, GROUP_LABEL } from '#renderer/actions/action.ts'
import { ACTIONS } from '#renderer/actions/actions.ts'
import { shortcutOf } from '#renderer/actions/keys.ts'
import { holderOf, keysOf, PRESETS } from '#renderer/actions/shortcuts.ts'
import { changeSettings } from '#renderer/actions/view-actions.ts'
import { keyLabel } from '#renderer/document/key-label.ts'
import { Button, IconButton } from '#renderer/ui/button.tsx'
import { Keys } from '#renderer/ui/feedback.tsx'
import { Field, SelectField, TextField } from '#renderer/ui/field.tsx'
import type { Settings } from '#shared/contract/settings.ts'
import { t } from '#shared/texts/texts.ts'

/** Keys that the browser or the system takes before a page sees them, and those that everything closes with. */
const RESERVED: ReadonlySet<string> = new Set([
  ...['F5', 'F11', 'F12', 'Mod+W', 'Mod+T', 'Mod+Q', 'Mod+F5', 'Mod+Shift+R', 'Alt+F4'],
  ...[' ', 'Tab', 'Shift+Tab'],
])

function setKeys(settings: Settings, changes: Record<string, string[]>): void {
  void changeSettings({ shortcuts: { ...settings.shortcuts, ...changes } })
}

/** Why a key cannot be assigned: it belongs to another action, or is reserved. */
type Trouble = { key: string; holder: Action | null }

function Row({ action, settings }: { action: Action; settings: Settings }) {
  const [isRecording, setRecording] = useState(false)
  const [trouble, setTrouble] = useState<Trouble | null>(null)
  const button = useRef<HTMLButtonElement>(null)
  const keys = keysOf(action, settings)
  const isOwn = settings.shortcuts[action.id] !== undefined
  const { label } = action
  const reset = () => {
    const { [action.id]: _own, ...shortcuts } = settings.shortcuts
    void changeSettings({ shortcuts })
  }
  const take = (key: string) => {
    setRecording(false)
    const holder = holderOf(key, action, ACTIONS, settings) ?? null
    if (RESERVED.has(key) || holder) setTrouble({ key, holder: RESERVED.has(key) ? null : holder })
    else if (!keys.includes(key)) setKeys(settings, { [action.id]: [...keys, key] })
  }
  const leave = () => {
    setTrouble(null)
    button.current?.focus()
  }
  const takeFrom = (key: string, holder: Action) => {
    setKeys(settings, {
      [action.id]: [...keys, key],
      [holder.id]: keysOf(holder, settings).filter((other) => other !== key),
    })
    leave()
  }
  return (
    <li className="flex flex-col gap-1.5 text-sm" {...(isRecording && { 'data-keeps-escape': '' })}>
      <span className="flex min-h-8 items-center gap-1">
        <span className="min-w-0 flex-1 truncate" title={label}>
          {label}
        </span>
        {isOwn && (
          <IconButton label={t('Reset the shortcuts of “{label}”', { label })} onClick={reset}>
            <RotateCcw />
          </IconButton>
        )}
        {keys.map((key) => (
          <button
            key={key}
            type="button"
            title={t('Remove this shortcut')}
            aria-label={t('Remove {key} from “{label}”', { key: keyLabel(key), label })}
            className="group flex items-center rounded hover:opacity-70"
            onClick={() => setKeys(settings, { [action.id]: keys.filter((one) => one !== key) })}
          >
            <Keys>{keyLabel(key)}</Keys>
          </button>
        ))}
        <button
          ref={button}
          type="button"
          aria-label={t('Add a shortcut for “{label}”', { label })}
          className="flex h-7 min-w-7 items-center justify-center rounded-md border border-line px-1.5 text-muted hover:bg-hover [&_svg]:size-4"
          onClick={() => {
            setTrouble(null)
            setRecording(true)
          }}
          onBlur={() => setRecording(false)}
          onKeyDown={(event) => {
            if (!isRecording) return
            event.preventDefault()
            event.stopPropagation()
            if (event.key === 'Escape') {
              setRecording(false)
              return
            }
            const key = shortcutOf(event.nativeEvent)
            if (key !== null) take(key)
          }}
        >
          {isRecording ? (
            <span className="text-xs text-accent-text">{t('Press keys, or Esc')}</span>
          ) : (
            <Plus />
          )}
        </button>
      </span>
      {trouble && (
        <div
          role="alert"
          className="flex items-center gap-3 rounded-md bg-warning-soft px-3 py-2 text-warning"
        >
          <span className="min-w-0 flex-1">
            {trouble.holder
              ? t('{key} is already used for “{label}”.', {
                  key: keyLabel(trouble.key),
                  label: trouble.holder.label,
                })
              : t('{key} is reserved by the browser or the system.', {
                  key: keyLabel(trouble.key),
                })}
          </span>
          {trouble.holder && (
            <Button
              className="h-7 px-2.5"
              autoFocus
              onClick={() => trouble.holder && takeFrom(trouble.key, trouble.holder)}
            >
              {t('Reassign')}
            </Button>
          )}
          <Button
            variant="ghost"
            className="h-7 px-2.5"
            autoFocus={!trouble.holder}
            onClick={leave}
          >
            {t('Cancel')}
          </Button>
        </div>
      )}
    </li>
  )
}

/** All actions with their keys, which can be changed one by one, or for those of another tool. */
export function ShortcutsSection({ settings }: { settings: Settings }) {
  const [search, setSearch] = useState('')
  const words = search.trim().toLowerCase()
  const shown = ACTIONS.filter(
    (action) =>
      words === '' ||
      action.label.toLowerCase().includes(words) ||
      keysOf(action, settings).some((key) => keyLabel(key).toLowerCase() === words),
  )
  const own = Object.keys(settings.shortcuts).length
  return (
    <div className="flex flex-col gap-4">
      <div className="sticky top-0 z-10 flex items-end gap-3 bg-surface pb-2">
        <Field label={t('Preset')}>
          {(id) => (
            <SelectField
              id={id}
              className="w-40"
              value={settings.shortcutPreset}
              onChange={({ target }) => {
                const preset = PRESETS.find((one) => one.id === target.value)
                if (preset) void changeSettings({ shortcutPreset: preset.id })
              }}
            >
              {PRESETS.map(({ id: value, label }) => (
                <option key={value} value={value}>
                  {label}
                </option>
              ))}
            </SelectField>
          )}
        </Field>
        <TextField
          type="search"
          aria-label={t('Search actions and keys')}
          placeholder={t('Search actions and keys')}
          className="flex-1"
          value={search}
          onChange={({ target }) => setSearch(target.value)}
        />
        <Button
          className="h-8 px-2.5"
          disabled={own === 0}
          onClick={() => void changeSettings({ shortcuts: {} })}
        >
          {t('Reset to preset')}
        </Button>
      </div>
      {shown.length === 0 && <p className="text-sm text-muted">{t('No matching commands.')}</p>}
      {[...Map.groupBy(shown, ({ group }) => group)].map(([group, actions]) => (
        <section key={group}>
          <h3 className="mb-1 text-xs font-semibold text-muted">{GROUP_LABEL[group]}</h3>
          <ul className="flex flex-col gap-0.5">
            {actions.map((action) => (
              <Row key={action.id} action={action} settings={settings} />
            ))}
          </ul>
        </section>
      ))}
    </div>
  )
}
