import { CircleAlert } from 'lucide-react'
import type { ReactNode } from 'react'
import { t } from '#shared/texts/texts.ts'
import { Button } from './button.tsx'

export function EmptyState({
  icon,
  title,
  children,
}: {
  icon?: ReactNode
  title: string
  children?: ReactNode
}) {
  return (
    <div className="flex h-full flex-col items-center justify-center gap-2 p-6 text-center">
      {icon && <div className="text-muted [&_svg]:size-8 [&_svg]:stroke-[1.5]">{icon}</div>}
      <p className="text-sm font-medium">{title}</p>
      {children && <div className="max-w-sm text-xs text-muted">{children}</div>}
    </div>
  )
}

export function ErrorNote({ children }: { children: ReactNode }) {
  return (
    <div
      role="alert"
      className="flex gap-2.5 rounded-md bg-danger-soft px-3 py-2.5 text-sm text-danger"
    >
      <CircleAlert className="mt-0.5 size-4 shrink-0" />
      <div className="min-w-0 break-words">{children}</div>
    </div>
  )
}

/** Something that could not be loaded, in one line, with another try. */
export function RetryLine({
  message,
  detail,
  isTrying,
  onRetry,
}: {
  message: string
  /** Why; shown on hover. */
  detail: string
  isTrying: boolean
  onRetry: () => void
}) {
  return (
    <div role="alert" className="flex min-w-0 items-center gap-2 text-xs text-muted">
      <CircleAlert className="size-4 shrink-0 text-danger" aria-hidden="true" />
      <span className="min-w-0 truncate" title={detail}>
        {message}
      </span>
      <Button
        variant="ghost"
        className="h-6 shrink-0 px-2 text-xs"
        disabled={isTrying}
        onClick={onRetry}
      >
        {t('Try again')}
      </Button>
    </div>
  )
}

/** A bar that fills this percentage of its parent. */
export function Bar({ percent }: { percent: number }) {
  return (
    <svg
      className="block size-full"
      preserveAspectRatio="none"
      viewBox="0 0 100 1"
      aria-hidden="true"
    >
      <rect width={percent} height="1" className="fill-accent" />
    </svg>
  )
}

export function ProgressBar({
  label,
  done,
  total,
  isBare = false,
}: {
  label: string
  done: number
  total: number
  /** Without the label, if it is shown elsewhere. */
  isBare?: boolean
}) {
  const percent = total === 0 ? 0 : Math.round((done / total) * 100)
  return (
    <div className="flex flex-col gap-2">
      <div
        role="progressbar"
        aria-label={label}
        aria-valuenow={percent}
        aria-valuemin={0}
        aria-valuemax={100}
        className="h-1.5 overflow-hidden rounded-full bg-raised"
      >
        <Bar percent={percent} />
      </div>
      {!isBare && (
        <p className="flex justify-between gap-4 text-xs text-muted">
          <span className="truncate">{label}</span>
          <span className="shrink-0 tabular-nums">
            {t('{count} of {count2}', {
              count: done.toLocaleString(),
              count2: total.toLocaleString(),
            })}
          </span>
        </p>
      )}
    </div>
  )
}

/** A shortcut as keys. */
export function Keys({ children }: { children: string }) {
  return (
    <kbd className="rounded border border-line bg-raised px-1.5 py-px font-sans text-2xs font-medium text-muted">
      {children}
    </kbd>
  )
}
