import { RotateCcw } from 'lucide-react'
import { useState } from 'react'
import { type Action, GROUP_LABEL } from '#renderer/actions/action.ts'
import { ACTIONS } from '#renderer/actions/actions.ts'
import { keyLabel, shortcutOf } from '#renderer/actions/keys.ts'
import { holderOf, keysOf, PRESETS } from '#renderer/actions/shortcuts.ts'
import { changeSettings } from '#renderer/actions/view-actions.ts'
import { t } from '#renderer/texts/texts.ts'
import { Button, IconButton } from '#renderer/ui/button.tsx'
import { Keys } from '#renderer/ui/feedback.tsx'
import { Field, SelectField, TextField } from '#renderer/ui/field.tsx'
import type { Settings } from '#shared/contract/settings.ts'

interface Wanted {
  action: Action
  key: string
  holder: Action
}

function setKeys(settings: Settings, changes: Record<string, string[]>): void {
  void changeSettings({ shortcuts: { ...settings.shortcuts, ...changes } })
}

function Row({
  action,
  settings,
  onConflict,
}: {
  action: Action
  settings: Settings
  onConflict: (wanted: Wanted | null) => void
}) {
  const [isRecording, setRecording] = useState(false)
  const keys = keysOf(action, settings)
  const isOwn = settings.shortcuts[action.id] !== undefined
  const reset = () => {
    const { [action.id]: _own, ...shortcuts } = settings.shortcuts
    void changeSettings({ shortcuts })
  }
  const take = (key: string) => {
    setRecording(false)
    const holder = holderOf(key, action, ACTIONS, settings)
    onConflict(holder ? { action, key, holder } : null)
    if (!holder) setKeys(settings, { [action.id]: [key] })
  }
  return (
    <li className="flex h-8 items-center gap-2 text-sm">
      <span className="min-w-0 flex-1 truncate" title={action.label}>
        {action.label}
      </span>
      {isOwn && (
        <IconButton label={t('Usual keys for “{label}”', { label: action.label })} onClick={reset}>
          <RotateCcw />
        </IconButton>
      )}
      <button
        type="button"
        aria-label={t('Keys of “{label}”: {value}', {
          label: action.label,
          value: keys.map(keyLabel).join(', ') || 'none',
        })}
        className="flex h-7 min-w-28 items-center justify-end gap-1 rounded-md border border-line px-1.5 hover:bg-hover"
        onClick={() => setRecording(true)}
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
        ) : keys.length === 0 ? (
          <span className="text-xs text-muted">{t('none')}</span>
        ) : (
          keys.map((key) => <Keys key={key}>{keyLabel(key)}</Keys>)
        )}
      </button>
    </li>
  )
}

/** Two actions want one key: one of them has to do without. */
function Conflict({
  wanted: { action, key, holder },
  settings,
  onClose,
}: {
  wanted: Wanted
  settings: Settings
  onClose: () => void
}) {
  const giveTo = () => {
    setKeys(settings, {
      [action.id]: [key],
      [holder.id]: keysOf(holder, settings).filter((other) => other !== key),
    })
    onClose()
  }
  return (
    <div
      role="alert"
      className="flex items-center gap-3 rounded-md bg-warning-soft px-3 py-2 text-sm text-warning"
    >
      <span className="min-w-0 flex-1">
        {t('{key} is “{label}” already.', { key: keyLabel(key), label: holder.label })}
      </span>
      <Button className="h-7 px-2.5" onClick={giveTo}>
        {t('Take it from there')}
      </Button>
      <Button variant="ghost" className="h-7 px-2.5" onClick={onClose}>
        {t('Leave it')}
      </Button>
    </div>
  )
}

/** All actions with their keys, which can be changed one by one, or for those of another tool. */
export function ShortcutsSection({ settings }: { settings: Settings }) {
  const [search, setSearch] = useState('')
  const [wanted, setWanted] = useState<Wanted | null>(null)
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
      <div className="flex items-end gap-3">
        <Field label={t('As in')}>
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
          aria-label={t('Find an action or a key')}
          placeholder={t('Find an action or a key')}
          className="flex-1"
          value={search}
          onChange={({ target }) => setSearch(target.value)}
        />
        <Button
          className="h-8 px-2.5"
          disabled={own === 0}
          onClick={() => void changeSettings({ shortcuts: {} })}
        >
          {t('Undo my changes')}
        </Button>
      </div>
      {wanted && <Conflict wanted={wanted} settings={settings} onClose={() => setWanted(null)} />}
      {shown.length === 0 && <p className="text-sm text-muted">{t('No action of that name.')}</p>}
      {[...Map.groupBy(shown, ({ group }) => group)].map(([group, actions]) => (
        <section key={group}>
          <h3 className="mb-1 text-xs font-semibold text-muted">{GROUP_LABEL[group]}</h3>
          <ul className="flex flex-col gap-0.5">
            {actions.map((action) => (
              <Row key={action.id} action={action} settings={settings} onConflict={setWanted} />
            ))}
          </ul>
        </section>
      ))}
    </div>
  )
}
