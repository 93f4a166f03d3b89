import { changeSettings } from '#renderer/actions/view-actions.ts'
import { Checkbox, Field, SelectField } from '#renderer/ui/field.tsx'
import type { Settings } from '#shared/contract/settings.ts'
import { t } from '#shared/texts/texts.ts'

const CONNECTIONS = [8, 32, 64, 128, 256]

/** Connections of transfers, and whether the computer stays awake. */
export function ServiceSection({ settings }: { settings: Settings }) {
  return (
    <section className="flex flex-col gap-5">
      <Field
        label={t('Maximum connections')}
        hint={t('Fewer are used if more don’t help or if transfers fail.')}
      >
        {(id) => (
          <SelectField
            id={id}
            className="w-44"
            value={settings.transferConnections}
            onChange={({ target }) =>
              void changeSettings({ transferConnections: Number(target.value) })
            }
          >
            {[...new Set([...CONNECTIONS, settings.transferConnections])]
              .sort((a, b) => a - b)
              .map((choice) => (
                <option key={choice} value={choice}>
                  {choice}
                </option>
              ))}
          </SelectField>
        )}
      </Field>
      <Checkbox
        label={t('Keep the computer awake during transfers')}
        hint={t('The screen may still turn off. Desktop app only.')}
        checked={settings.keepAwake}
        onChange={({ target }) => void changeSettings({ keepAwake: target.checked })}
      />
    </section>
  )
}
