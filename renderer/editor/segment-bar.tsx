import { Boxes } from 'lucide-react'
import { focusCanvas, showDialog } from '#renderer/actions/app-state.ts'
import { chooseEngine, chooseOutput } from '#renderer/actions/assist.ts'
import { choices } from '#renderer/document/choices.ts'
import { cloudState } from '#renderer/document/cloud-state.ts'
import { datasetState } from '#renderer/document/dataset-state.ts'
import {
  canAskService,
  currentEngine,
  SERVICE,
  segmentState,
} from '#renderer/document/segment-state.ts'
import { IconButton } from '#renderer/ui/button.tsx'
import { SelectField } from '#renderer/ui/field.tsx'
import { useStore } from '#renderer/ui/use-store.ts'
import type { Settings } from '#shared/contract/settings.ts'
import type { SegmentOutput } from '#shared/model/assist-model.ts'
import { t } from '#shared/texts/texts.ts'

const OUTPUTS: Record<SegmentOutput, string> = {
  polygon: t('Polygon'),
  bbox: t('Box'),
  oriented_box: t('Oriented box'),
}
const isOutput = (value: string): value is SegmentOutput => value in OUTPUTS

/** While the Segment tool is active: which model to use, and which shape to draw. */
export function SegmentBar({ settings }: { settings: Settings }) {
  const isInHand = useStore(choices, ({ toolId }) => toolId === 'assist')
  const engines = useStore(segmentState, (state) => state.engines) ?? []
  // Whether the service is offered depends on these.
  useStore(cloudState, ({ accounts }) => accounts)
  useStore(datasetState, ({ dataset }) => dataset)
  if (!isInHand) return null
  const engine = currentEngine()
  return (
    <div
      role="toolbar"
      aria-label={t('Segment')}
      className="absolute top-3 left-1/2 z-10 flex w-max max-w-[calc(100%-1rem)] -translate-x-1/2 flex-wrap items-center gap-1.5 rounded-lg border border-line bg-surface p-1.5 shadow-float"
    >
      <SelectField
        aria-label={t('Segment with')}
        className="h-7 w-auto max-w-64 min-w-24 text-xs"
        title={engines.find(({ id }) => id === engine)?.family}
        value={engine ?? ''}
        onChange={({ target }) => {
          chooseEngine(target.value)
          focusCanvas()
        }}
      >
        {engines.map(({ id, name, family }) => (
          <option key={id} value={id} title={family} data-name>
            {name}
          </option>
        ))}
        {canAskService() && <option value={SERVICE}>{t('Pictograph’s service')}</option>}
      </SelectField>
      {engine !== SERVICE && (
        <SelectField
          aria-label={t('Draw as')}
          className="h-7 w-auto min-w-20 text-xs"
          value={settings.segmentOutput}
          onChange={({ target }) => {
            if (isOutput(target.value)) chooseOutput(target.value)
            focusCanvas()
          }}
        >
          {Object.entries(OUTPUTS).map(([value, label]) => (
            <option key={value} value={value}>
              {label}
            </option>
          ))}
        </SelectField>
      )}
      <IconButton label={t('Models…')} onClick={() => showDialog({ kind: 'models' })}>
        <Boxes />
      </IconButton>
    </div>
  )
}
