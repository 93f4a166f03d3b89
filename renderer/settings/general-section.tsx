import { changeSettings } from '#renderer/actions/view-actions.ts'
import { LANGUAGES } from '#renderer/texts/languages.ts'
import { Choice, Field, SelectField } from '#renderer/ui/field.tsx'
import type { Settings } from '#shared/contract/settings.ts'
import { t } from '#shared/texts/texts.ts'

export function GeneralSection({ settings }: { settings: Settings }) {
  return (
    <div className="flex flex-col gap-5">
      <Choice
        label={t('Theme')}
        name="theme"
        value={settings.theme}
        options={[
          { value: 'system', label: t('System') },
          { value: 'light', label: t('Light') },
          { value: 'dark', label: t('Dark') },
        ]}
        onChange={(theme) => void changeSettings({ theme })}
      />
      <Field label={t('Language')}>
        {(id) => (
          <SelectField
            id={id}
            className="w-44"
            value={settings.language}
            onChange={({ target }) => {
              const chosen = LANGUAGES.find(({ id: language }) => language === target.value)
              if (chosen) void changeSettings({ language: chosen.id })
            }}
          >
            {LANGUAGES.filter(
              ({ id: language }) => language !== 'en-XA' || settings.language === language,
            ).map(({ id: language, name }) => (
              <option key={language} value={language} data-name>
                {name}
              </option>
            ))}
          </SelectField>
        )}
      </Field>
    </div>
  )
}
