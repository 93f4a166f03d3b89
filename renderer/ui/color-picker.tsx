import { Check } from 'lucide-react'
import { Popover } from 'radix-ui'
import { useState } from 'react'
import { CLASS_COLORS } from '#shared/model/annotation-class.ts'
import { t } from '#shared/texts/texts.ts'
import { TextField } from './field.tsx'

const HEX = /^#?([0-9a-f]{6})$/i

/** A swatch that opens the palette. Any other colour is typed. */
export function ColorPicker({
  label,
  value,
  onChange,
}: {
  label: string
  /** #rrggbb */
  value: string
  onChange: (color: string) => void
}) {
  const [isOpen, setOpen] = useState(false)
  const [text, setText] = useState(value)
  const choose = (color: string) => {
    setOpen(false)
    if (color.toLowerCase() !== value.toLowerCase()) onChange(color.toLowerCase())
  }
  const typed = HEX.exec(text.trim())?.[1]
  return (
    <Popover.Root
      open={isOpen}
      onOpenChange={(open) => {
        setText(value)
        setOpen(open)
      }}
    >
      <Popover.Trigger
        aria-label={label}
        title={label}
        className="size-4 shrink-0 rounded border border-line"
        style={{ background: value }}
      />
      <Popover.Portal>
        <Popover.Content
          align="start"
          sideOffset={6}
          aria-label={label}
          className="z-60 flex flex-col gap-2 rounded-lg border border-line bg-surface p-2.5 shadow-float"
        >
          <div className="grid grid-cols-8 gap-1">
            {CLASS_COLORS.map((color) => (
              <button
                key={color}
                type="button"
                aria-label={color}
                aria-pressed={color === value.toLowerCase()}
                title={color}
                style={{ background: color }}
                onClick={() => choose(color)}
                className="flex size-6 items-center justify-center rounded text-black"
              >
                {color === value.toLowerCase() && <Check className="size-3.5" />}
              </button>
            ))}
          </div>
          <form
            className="flex items-center gap-2"
            onSubmit={(event) => {
              event.preventDefault()
              event.stopPropagation()
              if (typed) choose(`#${typed}`)
            }}
          >
            <span
              className="size-6 shrink-0 rounded border border-line"
              style={{ background: typed ? `#${typed}` : 'transparent' }}
            />
            <TextField
              aria-label={t('Hex color')}
              aria-invalid={!typed}
              className="h-7 w-28 font-mono text-xs"
              value={text}
              onChange={({ target }) => setText(target.value)}
            />
          </form>
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  )
}
