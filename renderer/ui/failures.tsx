import { type ReactNode, useState } from 'react'
import { t } from '#shared/texts/texts.ts'
import { Button } from './button.tsx'
import { ErrorNote } from './feedback.tsx'

export interface Failure {
  id: string | number
  /** What failed, such as a file. */
  title: string
  problem: ReactNode
}

/** A button that shows what failed. `children` are mounted only while they are shown, so that they load then. */
export function FailureDetails({ label, children }: { label: string; children: ReactNode }) {
  const [isOpen, setOpen] = useState(false)
  return (
    <>
      <Button
        variant="ghost"
        className="h-6 self-start px-1.5 text-xs text-danger"
        aria-expanded={isOpen}
        onClick={() => setOpen(!isOpen)}
      >
        {label}
      </Button>
      {isOpen && children}
    </>
  )
}

/** What failed, each with its reason. `failures` is undefined while they load; `error` says why they did not. */
export function FailureList({
  failures,
  error,
}: {
  failures: readonly Failure[] | undefined
  error: Error | null
}) {
  if (error) return <ErrorNote>{error.message}</ErrorNote>
  if (!failures) return <p className="text-xs text-muted">{t('Loading…')}</p>
  return (
    <ul className="max-h-40 overflow-y-auto rounded-md bg-danger-soft px-3 py-2 text-xs">
      {failures.map(({ id, title, problem }) => (
        <li key={id} className="py-0.5">
          <span className="font-medium break-all">{title}</span>: {problem}
        </li>
      ))}
    </ul>
  )
}
