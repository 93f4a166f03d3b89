import { SlidersHorizontal } from 'lucide-react'
import { Popover } from 'radix-ui'
import { IconButton } from '#renderer/ui/button.tsx'
import type { Settings } from '#shared/contract/settings.ts'
import { t } from '#shared/texts/texts.ts'
import { LayoutControls } from './layout-controls.tsx'
import { AidControls, PictureControls, ShapeControls } from './view-controls.tsx'

/** How the image and shapes are displayed; changes no file or label. */
export function ViewMenu({ settings }: { settings: Settings }) {
  const { brightness, contrast, gamma } = settings
  const isPlain = brightness === 0 && contrast === 0 && gamma === 1
  return (
    <Popover.Root>
      <Popover.Trigger asChild>
        <IconButton label={t('View: image and shapes')} pressed={!isPlain}>
          <SlidersHorizontal />
        </IconButton>
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Content
          align="end"
          sideOffset={8}
          aria-label={t('View')}
          className="z-30 flex max-h-[var(--radix-popover-content-available-height)] w-80 flex-col gap-3 divide-y divide-line rounded-lg border border-line bg-surface p-3.5 overflow-y-auto shadow-float *:not-last:pb-3"
        >
          <PictureControls settings={settings} />
          <ShapeControls settings={settings} />
          <AidControls settings={settings} />
          <LayoutControls settings={settings} />
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  )
}
