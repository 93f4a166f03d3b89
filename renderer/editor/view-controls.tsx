import { changeSettings, PLAIN_TONE } from '#renderer/actions/view-actions.ts'
import { keyLabel } from '#renderer/document/key-label.ts'
import { Button } from '#renderer/ui/button.tsx'
import { Checkbox, Field, SelectField } from '#renderer/ui/field.tsx'
import type { Settings } from '#shared/contract/settings.ts'
import { t } from '#shared/texts/texts.ts'

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
    <label className="grid grid-cols-[7.25rem_1fr_3rem] items-center gap-2 text-xs">
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

const percent = (value: number) => `${Math.round(value * 100)}%`

/** Brightness, contrast and gamma of the displayed image; the file does not change. */
export function PictureControls({ settings }: { settings: Settings }) {
  const { brightness, contrast, gamma } = settings
  const isPlain = brightness === 0 && contrast === 0 && gamma === 1
  const tones: SliderProps[] = [
    {
      label: t('Brightness'),
      value: brightness,
      shown: percent(brightness),
      min: -1,
      max: 1,
      step: 0.05,
      onChange: (value) => void changeSettings({ brightness: value }),
    },
    {
      label: t('Contrast'),
      value: contrast,
      shown: percent(contrast),
      min: -1,
      max: 1,
      step: 0.05,
      onChange: (value) => void changeSettings({ contrast: value }),
    },
    {
      label: t('Gamma'),
      // Twice as far to the right is twice the gamma.
      value: Math.log2(gamma),
      shown: gamma.toFixed(2),
      min: -2,
      max: 2,
      step: 0.1,
      onChange: (value) => void changeSettings({ gamma: 2 ** value }),
    },
  ]
  return (
    <section aria-label={t('Image adjustments')} className="flex flex-col gap-2">
      <h3 className="flex h-6 items-center justify-between text-xs font-semibold text-muted">
        {t('Image adjustments')}
        <Button
          variant="ghost"
          className="h-6 px-2 text-xs"
          disabled={isPlain}
          onClick={() => void changeSettings(PLAIN_TONE)}
        >
          {t('Reset')}
        </Button>
      </h3>
      {tones.map((slider) => (
        <Slider key={slider.label} {...slider} />
      ))}
    </section>
  )
}

/** How shapes are drawn. */
export function ShapeControls({ settings }: { settings: Settings }) {
  const { fillOpacity, strokeOpacity, strokeWidth, freehandTolerance } = settings
  const shapes: SliderProps[] = [
    {
      label: t('Fill'),
      value: fillOpacity,
      shown: percent(fillOpacity),
      min: 0,
      max: 1,
      step: 0.05,
      onChange: (value) => void changeSettings({ fillOpacity: value }),
    },
    {
      label: t('Outlines'),
      value: strokeOpacity,
      shown: percent(strokeOpacity),
      min: 0.1,
      max: 1,
      step: 0.05,
      onChange: (value) => void changeSettings({ strokeOpacity: value }),
    },
    {
      label: t('Line width'),
      value: strokeWidth,
      shown: `${strokeWidth} px`,
      min: 1,
      max: 6,
      step: 0.5,
      onChange: (value) => void changeSettings({ strokeWidth: value }),
    },
    {
      label: t('Freehand tolerance'),
      value: freehandTolerance,
      shown: `${freehandTolerance} px`,
      min: 0.5,
      max: 20,
      step: 0.5,
      onChange: (value) => void changeSettings({ freehandTolerance: value }),
    },
  ]
  return (
    <section aria-label={t('Shapes')} className="flex flex-col gap-2">
      <h3 className="text-xs font-semibold text-muted">{t('Shapes')}</h3>
      {shapes.map((slider) => (
        <Slider key={slider.label} {...slider} />
      ))}
    </section>
  )
}

const AIDS = [
  ['showLabels', t('Class names')],
  ['showCrosshair', t('Crosshair')],
  ['showMinimap', t('Map')],
  ['showLoupe', t('Loupe')],
  ['snapping', t('Snapping')],
  ['liveWire', t('Live-wire: follow edges')],
  ['keepInside', t('Draw inside the image')],
] as const

/** What helps to see and to draw. */
export function AidControls({ settings }: { settings: Settings }) {
  return (
    <section className="grid grid-cols-2 gap-2" aria-label={t('Drawing aids')}>
      {AIDS.map(([name, label]) => (
        <Checkbox
          key={name}
          label={label}
          checked={settings[name]}
          onChange={({ target }) => void changeSettings({ [name]: target.checked })}
        />
      ))}
    </section>
  )
}

const WHEEL: readonly { value: Settings['wheel']; label: string }[] = [
  { value: 'auto', label: t('A wheel zooms, a touchpad scrolls') },
  { value: 'zoom', label: t('Zooms') },
  { value: 'pan', label: t('Scrolls, with {key} it zooms', { key: keyLabel('Mod') }) },
]

/** What input devices do on the canvas. */
export function InputControls({ settings }: { settings: Settings }) {
  return (
    <Field label={t('Wheel and touchpad')}>
      {(id) => (
        <SelectField
          id={id}
          value={settings.wheel}
          onChange={({ target }) => {
            const chosen = WHEEL.find(({ value }) => value === target.value)
            if (chosen) void changeSettings({ wheel: chosen.value })
          }}
        >
          {WHEEL.map(({ value, label }) => (
            <option key={value} value={value}>
              {label}
            </option>
          ))}
        </SelectField>
      )}
    </Field>
  )
}
