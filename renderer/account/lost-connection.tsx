import { CloudAlert } from 'lucide-react'
import { t } from '#shared/texts/texts.ts'

/** Shown instead of states that are valid only while the engine answers. */
export function LostConnection() {
  return (
    <output className="flex shrink-0 items-center gap-1.5 text-xs whitespace-nowrap text-warning">
      <CloudAlert className="size-4" /> {t('Engine not responding, reconnecting…')}
    </output>
  )
}
