import { Copy } from 'lucide-react'
import { t } from '#shared/texts/texts.ts'

/** The service's id of a failed request, to copy into a report. */
export function RequestId({ id }: { id: string }) {
  return (
    <button
      type="button"
      title={t('Copy the request ID for a report')}
      onClick={() => void navigator.clipboard?.writeText(id)}
      className="mt-1 flex max-w-full items-center gap-1.5 rounded text-2xs text-muted hover:text-text"
    >
      <Copy className="size-3 shrink-0" aria-hidden="true" />
      <span className="truncate select-text">{t('Request {id}', { id })}</span>
    </button>
  )
}
