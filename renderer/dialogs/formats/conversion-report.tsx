import type { ImportFailure, Loss } from '#shared/model/format.ts'
import { plural, t } from '#shared/texts/texts.ts'

export function Losses({ title, losses }: { title: string; losses: readonly Loss[] }) {
  if (losses.length === 0) return null
  return (
    <section className="rounded-md bg-warning-soft px-3 py-2.5">
      <h3 className="mb-1 text-xs font-semibold text-warning">{title}</h3>
      <ul className="flex flex-col gap-1 text-sm">
        {losses.map(({ message, count, examples }) => (
          <li key={message} className="flex gap-2">
            <span className="shrink-0 font-medium tabular-nums">{count.toLocaleString()}×</span>
            <span className="min-w-0">
              {message}
              <span className="block truncate text-xs text-muted" title={examples.join('\n')}>
                e.g. {examples[0]}
              </span>
            </span>
          </li>
        ))}
      </ul>
    </section>
  )
}

/** More than these are counted, not listed. */
const MOST_SHOWN = 50

export function Failures({ failed }: { failed: readonly ImportFailure[] }) {
  if (failed.length === 0) return null
  return (
    <section className="rounded-md bg-danger-soft px-3 py-2.5">
      <h3 className="mb-1 text-xs font-semibold text-danger">
        {plural(
          failed.length,
          '{count} entry can’t be read and is skipped',
          '{count} entries can’t be read and are skipped',
        )}
      </h3>
      <ul className="max-h-40 overflow-y-auto text-xs">
        {failed.slice(0, MOST_SHOWN).map(({ file, field, message }) => (
          <li key={`${file} ${field}`} className="break-words">
            <span className="font-medium">{file}</span>, {field}: {message}
          </li>
        ))}
        {failed.length > MOST_SHOWN && (
          <li>{t('… and {value} more', { value: failed.length - MOST_SHOWN })}</li>
        )}
      </ul>
    </section>
  )
}

export function Figure({ label, value, tone }: { label: string; value: number; tone?: 'warning' }) {
  return (
    <div className="rounded-md border border-line px-3 py-2">
      <dt className="text-xs text-muted">{label}</dt>
      <dd
        className={
          tone && value > 0
            ? 'text-xl font-semibold text-warning tabular-nums'
            : 'text-xl font-semibold tabular-nums'
        }
      >
        {value.toLocaleString()}
      </dd>
    </div>
  )
}
