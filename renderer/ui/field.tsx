import type { ComponentProps, ReactNode } from 'react'
import { useId } from 'react'
import { classNames } from './class-names.ts'

const CONTROL =
  'h-8 w-full rounded-md border border-line-strong bg-surface px-2.5 text-sm text-text placeholder:text-muted'

export function TextField({ className, ...props }: ComponentProps<'input'>) {
  return <input className={classNames(CONTROL, className)} {...props} />
}

export function SelectField({ className, ...props }: ComponentProps<'select'>) {
  return <select className={classNames(CONTROL, 'pr-7 text-ellipsis', className)} {...props} />
}

/** A label with its control; `hint` says more below it. */
export function Field({
  label,
  hint,
  children,
}: {
  label: string
  hint?: ReactNode
  children: (id: string) => ReactNode
}) {
  const id = useId()
  return (
    <div className="flex flex-col gap-1.5">
      <label htmlFor={id} className="text-xs font-medium text-text">
        {label}
      </label>
      {children(id)}
      {hint && <p className="text-xs text-muted">{hint}</p>}
    </div>
  )
}

export function Checkbox({
  label,
  hint,
  ...props
}: Omit<ComponentProps<'input'>, 'type'> & { label: string; hint?: string }) {
  return (
    <label className="flex items-start gap-2.5 text-sm">
      <input type="checkbox" className="mt-0.5 size-4 accent-accent" {...props} />
      <span>
        {label}
        {hint && <span className="block text-xs text-muted">{hint}</span>}
      </span>
    </label>
  )
}

interface ChoiceProps<T extends string> {
  label: string
  name: string
  value: T
  options: readonly { value: T; label: string }[]
  onChange: (value: T) => void
  /** For screen readers only, where the alternatives explain themselves. */
  isLabelHidden?: boolean
}

/** Radio buttons side by side. */
export function Choice<T extends string>({
  label,
  name,
  value,
  options,
  onChange,
  isLabelHidden = false,
}: ChoiceProps<T>) {
  return (
    <fieldset className="flex flex-col gap-1.5">
      <legend className={isLabelHidden ? 'sr-only' : 'mb-1.5 text-xs font-medium'}>{label}</legend>
      <div className="inline-flex w-fit rounded-md border border-line bg-raised p-0.5">
        {options.map((option) => (
          <label
            key={option.value}
            className="relative rounded px-3 py-1 text-sm text-muted has-checked:bg-accent-soft has-checked:font-medium has-checked:text-accent-text has-focus-visible:outline-2 has-focus-visible:outline-accent"
          >
            <input
              type="radio"
              name={name}
              value={option.value}
              checked={value === option.value}
              onChange={() => onChange(option.value)}
              className="absolute inset-0 opacity-0"
            />
            {option.label}
          </label>
        ))}
      </div>
    </fieldset>
  )
}
