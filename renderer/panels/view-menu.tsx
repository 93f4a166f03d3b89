import { SlidersHorizontal } from 'lucide-react'
import { Popover } from 'radix-ui'
import { changeSettings, PLAIN_TONE } from '#renderer/actions/view-actions.ts'
import { Button, IconButton } from '#renderer/ui/button.tsx'
import { Checkbox } from '#renderer/ui/field.tsx'
import type { Settings } from '#shared/contract/settings.ts'

interface SliderProps {
  label: string
  value: number
  shown: string
  min: number
  max: number
  step: number
  onChange: (value: number) => void
}

function Slider({ label, value, shown, min, max, step, onChange }: SliderProps) {
  return (
    <label className="grid grid-cols-[84px_1fr_48px] items-center gap-2 text-xs">
      {label}
      <input
        type="range"
        min={min}
        max={max}
        step={step}
        value={value}
        onChange={({ target }) => onChange(Number(target.value))}
        className="w-full accent-accent"
      />
      <output className="text-right text-muted tabular-nums">{shown}</output>
    </label>
  )
}

const percent = (value: number) => `${Math.round(value * 100)} %`

/** How picture and shapes are shown; nothing of it changes a file or a label. */
export function ViewMenu({ settings }: { settings: Settings }) {
  const { brightness, contrast, gamma, fillOpacity, strokeOpacity, freehandTolerance } = settings
  const isPlain = brightness === 0 && contrast === 0 && gamma === 1
  const tones: SliderProps[] = [
    {
      label: 'Brightness',
      value: brightness,
      shown: percent(brightness),
      min: -1,
      max: 1,
      step: 0.05,
      onChange: (value) => void changeSettings({ brightness: value }),
    },
    {
      label: 'Contrast',
      value: contrast,
      shown: percent(contrast),
      min: -1,
      max: 1,
      step: 0.05,
      onChange: (value) => void changeSettings({ contrast: value }),
    },
    {
      label: 'Gamma',
      // Twice as far to the right is twice the gamma.
      value: Math.log2(gamma),
      shown: gamma.toFixed(2),
      min: -2,
      max: 2,
      step: 0.1,
      onChange: (value) => void changeSettings({ gamma: 2 ** value }),
    },
  ]
  const shapes: SliderProps[] = [
    {
      label: 'Fill',
      value: fillOpacity,
      shown: percent(fillOpacity),
      min: 0,
      max: 1,
      step: 0.05,
      onChange: (value) => void changeSettings({ fillOpacity: value }),
    },
    {
      label: 'Outlines',
      value: strokeOpacity,
      shown: percent(strokeOpacity),
      min: 0.1,
      max: 1,
      step: 0.05,
      onChange: (value) => void changeSettings({ strokeOpacity: value }),
    },
    {
      label: 'Freehand to',
      value: freehandTolerance,
      shown: `${freehandTolerance} px`,
      min: 0.5,
      max: 20,
      step: 0.5,
      onChange: (value) => void changeSettings({ freehandTolerance: value }),
    },
  ]
  return (
    <Popover.Root>
      <Popover.Trigger asChild>
        <IconButton label="View: picture and shapes" pressed={!isPlain}>
          <SlidersHorizontal />
        </IconButton>
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Content
          align="end"
          sideOffset={8}
          aria-label="View"
          className="z-30 flex w-80 flex-col gap-3 rounded-lg border border-line bg-surface p-3.5 shadow-float"
        >
          <section aria-label="Picture" className="flex flex-col gap-2">
            <h2 className="flex h-6 items-center justify-between text-xs font-semibold text-muted">
              Picture
              <Button
                variant="ghost"
                className="h-6 px-2 text-xs"
                disabled={isPlain}
                onClick={() => void changeSettings(PLAIN_TONE)}
              >
                As it is
              </Button>
            </h2>
            {tones.map((slider) => (
              <Slider key={slider.label} {...slider} />
            ))}
          </section>
          <section aria-label="Shapes" className="flex flex-col gap-2 border-t border-line pt-3">
            <h2 className="text-xs font-semibold text-muted">Shapes</h2>
            {shapes.map((slider) => (
              <Slider key={slider.label} {...slider} />
            ))}
          </section>
          <section className="grid grid-cols-2 gap-2 border-t border-line pt-3" aria-label="Aids">
            <Checkbox
              label="Class names"
              checked={settings.showLabels}
              onChange={({ target }) => void changeSettings({ showLabels: target.checked })}
            />
            <Checkbox
              label="Crosshair"
              checked={settings.showCrosshair}
              onChange={({ target }) => void changeSettings({ showCrosshair: target.checked })}
            />
            <Checkbox
              label="Map"
              checked={settings.showMinimap}
              onChange={({ target }) => void changeSettings({ showMinimap: target.checked })}
            />
            <Checkbox
              label="Loupe"
              checked={settings.showLoupe}
              onChange={({ target }) => void changeSettings({ showLoupe: target.checked })}
            />
            <Checkbox
              label="Snapping"
              checked={settings.snapping}
              onChange={({ target }) => void changeSettings({ snapping: target.checked })}
            />
          </section>
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  )
}
