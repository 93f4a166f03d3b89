import { changeSettings } from '#renderer/actions/view-actions.ts'
import { Checkbox, Field, SelectField } from '#renderer/ui/field.tsx'
import type { Settings } from '#shared/contract/settings.ts'
import { formatBytes } from '#shared/model/bytes.ts'
import { t } from '#shared/texts/texts.ts'

const CONNECTIONS = [8, 32, 64, 128, 256]
const LIMITS = [1e9, 5e9, 10e9, 25e9, 50e9, 100e9]

/** One of a few numbers, and the one that is set, if it is none of them. */
function NumberField({
  label,
  hint,
  value,
  choices,
  shown = String,
  onChange,
}: {
  label: string
  hint: string
  value: number
  choices: readonly number[]
  shown?: (value: number) => string
  onChange: (value: number) => void
}) {
  return (
    <Field label={label} hint={hint}>
      {(id) => (
        <SelectField
          id={id}
          className="w-44"
          value={value}
          onChange={({ target }) => onChange(Number(target.value))}
        >
          {[...new Set([...choices, value])]
            .sort((a, b) => a - b)
            .map((choice) => (
              <option key={choice} value={choice}>
                {shown(choice)}
              </option>
            ))}
        </SelectField>
      )}
    </Field>
  )
}

/** How much of the disk and of the line the service may take. */
export function ServiceSection({ settings }: { settings: Settings }) {
  return (
    <section className="flex flex-col gap-5">
      <NumberField
        label={t('Cached images')}
        hint={t(
          'The images viewed longest ago are removed first. Images made available offline and unsent changes are always kept.',
        )}
        value={settings.cacheLimitBytes}
        choices={LIMITS}
        shown={formatBytes}
        onChange={(cacheLimitBytes) => void changeSettings({ cacheLimitBytes })}
      />
      <NumberField
        label={t('Maximum connections')}
        hint={t('Fewer are used when more do not help, or when transfers fail.')}
        value={settings.transferConnections}
        choices={CONNECTIONS}
        onChange={(transferConnections) => void changeSettings({ transferConnections })}
      />
      <Checkbox
        label={t('Keep the computer awake during transfers')}
        hint={t('The screen may still turn off. Desktop app only.')}
        checked={settings.keepAwake}
        onChange={({ target }) => void changeSettings({ keepAwake: target.checked })}
      />
    </section>
  )
}
