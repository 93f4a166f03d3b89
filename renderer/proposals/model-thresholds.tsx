import { ChevronDown } from 'lucide-react'
import { useId, useState } from 'react'
import { choose } from '#renderer/actions/proposals.ts'
import { classNames } from '#renderer/ui/class-names.ts'
import { type ModelChoice, USUAL_CHOICE } from '#shared/model/proposal.ts'
import { t } from '#shared/texts/texts.ts'
import { ClassMapping } from './class-mapping.tsx'

function Threshold({
  label,
  value,
  onChange,
}: {
  label: string
  value: number
  onChange: (value: number) => void
}) {
  const id = useId()
  const percent = Math.round(value * 100)
  return (
    <div className="flex items-center gap-2">
      <label htmlFor={id} className="w-20 shrink-0 text-xs text-muted">
        {label}
      </label>
      <input
        id={id}
        type="range"
        min={0}
        max={100}
        value={percent}
        onChange={({ target }) => onChange(Number(target.value) / 100)}
        className="min-w-0 flex-1 accent-accent"
      />
      <output htmlFor={id} className="w-9 shrink-0 text-right text-xs tabular-nums">
        {`${percent}%`}
      </output>
    </div>
  )
}

/** How sure a model has to be, how much its boxes may overlap, and which of its classes are which. Counts at once. */
export function ModelThresholds({
  model,
  choice = USUAL_CHOICE,
  classes,
}: {
  model: string
  choice: ModelChoice | undefined
  /** The model's classes that were found here. */
  classes: readonly string[]
}) {
  const [isOpen, setOpen] = useState(false)
  return (
    <section
      aria-label={t('Thresholds of {model}', { model })}
      className="flex shrink-0 flex-col gap-1 border-b border-line px-2.5 py-2"
    >
      <button
        type="button"
        aria-expanded={isOpen}
        title={t('Overlaps and classes')}
        onClick={() => setOpen(!isOpen)}
        className="flex items-center gap-1 text-left text-xs font-semibold"
      >
        <span className="min-w-0 flex-1 truncate">{model}</span>
        <ChevronDown
          className={classNames('size-4 shrink-0 text-muted', isOpen && 'rotate-180')}
          aria-hidden="true"
        />
      </button>
      <Threshold
        label={t('Confidence')}
        value={choice.confidence}
        onChange={(confidence) => choose(model, { confidence })}
      />
      {isOpen && (
        <>
          <Threshold
            label={t('Overlap')}
            value={choice.overlap}
            onChange={(overlap) => choose(model, { overlap })}
          />
          <ClassMapping
            classes={classes}
            chosen={choice.classes}
            onChange={(mapping) => choose(model, { classes: mapping })}
          />
        </>
      )}
    </section>
  )
}
