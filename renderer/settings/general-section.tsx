import { changeSettings } from '#renderer/actions/view-actions.ts'
import { Choice, Field, SelectField } from '#renderer/ui/field.tsx'
import type { Settings } from '#shared/contract/settings.ts'

/** In their own words, so that whoever needs one can find it. */
const LANGUAGES: readonly { value: Settings['language']; label: string }[] = [
  { value: 'en', label: 'English' },
]

export function GeneralSection({ settings }: { settings: Settings }) {
  return (
    <div className="flex flex-col gap-5">
      <Choice
        label="Theme"
        name="theme"
        value={settings.theme}
        options={[
          { value: 'system', label: 'Like the system' },
          { value: 'light', label: 'Light' },
          { value: 'dark', label: 'Dark' },
        ]}
        onChange={(theme) => void changeSettings({ theme })}
      />
      <Field label="Language">
        {(id) => (
          <SelectField
            id={id}
            className="w-44"
            value={settings.language}
            onChange={({ target }) => {
              const chosen = LANGUAGES.find(({ value }) => value === target.value)
              if (chosen) void changeSettings({ language: chosen.value })
            }}
          >
            {LANGUAGES.map(({ value, label }) => (
              <option key={value} value={value}>
                {label}
              </option>
            ))}
          </SelectField>
        )}
      </Field>
    </div>
  )
}
