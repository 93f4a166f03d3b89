import { changeSettings } from '#renderer/actions/view-actions.ts'
import { t } from '#renderer/texts/texts.ts'
import { Checkbox, Field, SelectField } from '#renderer/ui/field.tsx'
import type { Settings } from '#shared/contract/settings.ts'
import { formatBytes } from '#shared/model/bytes.ts'

const CONNECTIONS = [8, 32, 64, 128, 256]
const LIMITS = [1e9, 5e9, 10e9, 25e9, 50e9, 100e9]

/** How much of the disk and of the line the service may take. */
export function ServiceSection({ settings }: { settings: Settings }) {
  return (
    <section className="flex flex-col gap-5">
      <Field
        label={t('Images of the service on this disk')}
        hint={t(
          'The ones not looked at for longest go first. What you made available offline, and what was not sent yet, always stays.',
        )}
      >
        {(id) => (
          <SelectField
            id={id}
            className="w-44"
            value={settings.cacheLimitBytes}
            onChange={({ target }) =>
              void changeSettings({ cacheLimitBytes: Number(target.value) })
            }
          >
            {[...new Set([...LIMITS, settings.cacheLimitBytes])]
              .sort((a, b) => a - b)
              .map((limit) => (
                <option key={limit} value={limit}>
                  {formatBytes(limit)}
                </option>
              ))}
          </SelectField>
        )}
      </Field>
      <Field
        label={t('Connections of a transfer, at the most')}
        hint={t('It takes no more than help, and fewer when something goes wrong.')}
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
              .map((connections) => (
                <option key={connections} value={connections}>
                  {connections}
                </option>
              ))}
          </SelectField>
        )}
      </Field>
      <Checkbox
        label={t('Keep the machine awake while something is transferred')}
        hint={t('Its screen may go dark. Only in the desktop app.')}
        checked={settings.keepAwake}
        onChange={({ target }) => void changeSettings({ keepAwake: target.checked })}
      />
    </section>
  )
}
