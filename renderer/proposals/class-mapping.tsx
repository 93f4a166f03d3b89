import { ArrowRight } from 'lucide-react'
import { datasetState } from '#renderer/document/dataset-state.ts'
import { SelectField } from '#renderer/ui/field.tsx'
import { useStore } from '#renderer/ui/use-store.ts'
import type { ModelChoice } from '#shared/model/proposal.ts'
import { t } from '#shared/texts/texts.ts'

/** Signs that no class can begin with, for what is no class. */
const SAME = '\u0000same'
const NONE = '\u0000none'

/** Which class of the dataset each of a model's classes is: its own name, another one, or none. */
export function ClassMapping({
  classes,
  chosen,
  onChange,
}: {
  classes: readonly string[]
  chosen: ModelChoice['classes']
  onChange: (chosen: ModelChoice['classes']) => void
}) {
  const known = useStore(datasetState, (state) => state.dataset?.classes) ?? []
  const names = known.map(({ name }) => name)
  const set = (className: string, value: string) => {
    const { [className]: _before, ...others } = chosen
    if (value === SAME) onChange(others)
    else onChange({ ...others, [className]: value === NONE ? null : value })
  }
  return (
    <ul aria-label={t('Classes of the model')} className="flex flex-col gap-1 pt-1">
      {classes.map((className) => {
        const value = chosen[className]
        const isNew = !names.includes(className)
        return (
          <li key={className} className="flex items-center gap-1.5">
            <span className="w-2/5 truncate text-xs" title={className}>
              {className}
            </span>
            <ArrowRight className="size-3 shrink-0 text-muted" aria-hidden="true" />
            <SelectField
              aria-label={t('Class of the dataset for {className}', { className })}
              className="h-6 min-w-0 flex-1 px-1.5 py-0 text-xs"
              value={value === undefined ? SAME : (value ?? NONE)}
              onChange={({ target }) => set(className, target.value)}
            >
              <option value={SAME}>
                {isNew ? t('{className} (new)', { className }) : className}
              </option>
              {names
                .filter((name) => name !== className)
                .map((name) => (
                  <option key={name} value={name}>
                    {name}
                  </option>
                ))}
              <option value={NONE}>{t('Ignore')}</option>
            </SelectField>
          </li>
        )
      })}
    </ul>
  )
}
