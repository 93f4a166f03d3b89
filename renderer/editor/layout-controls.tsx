import { actionById } from '#renderer/actions/actions.ts'
import { perform } from '#renderer/actions/dispatch.ts'
import { shownKey } from '#renderer/actions/shortcuts.ts'
import { changeSettings } from '#renderer/actions/view-actions.ts'
import { Button } from '#renderer/ui/button.tsx'
import { Keys } from '#renderer/ui/feedback.tsx'
import { Checkbox } from '#renderer/ui/field.tsx'
import type { Settings } from '#shared/contract/settings.ts'
import { t } from '#shared/texts/texts.ts'

const PARTS = [
  ['showPanel', t('Side panel')],
  ['showFilmstrip', t('Filmstrip')],
] as const

/** Which parts of the window stand around the image. */
export function LayoutControls({ settings }: { settings: Settings }) {
  const imageOnly = actionById('image-only')
  return (
    <section className="flex flex-col gap-2" aria-label={t('Window')}>
      <div className="grid grid-cols-2 gap-2">
        {PARTS.map(([name, label]) => (
          <Checkbox
            key={name}
            label={label}
            checked={settings[name]}
            onChange={({ target }) => void changeSettings({ [name]: target.checked })}
          />
        ))}
      </div>
      <Button className="justify-between" onClick={() => void perform(imageOnly)}>
        {t('Image only')} <Keys>{shownKey(imageOnly)}</Keys>
      </Button>
    </section>
  )
}
