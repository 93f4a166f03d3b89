import {
  Brush,
  Eraser,
  Hand,
  type LucideIcon,
  MousePointer2,
  Move,
  PersonStanding,
  Slice,
  Sparkles,
  SquareDashed,
  SquareDashedMousePointer,
  Wand,
} from 'lucide-react'
import { useCallback } from 'react'
import { actionById, takeTool } from '#renderer/actions/actions.ts'
import { keysOf } from '#renderer/actions/shortcuts.ts'
import { choices, type ToolId } from '#renderer/document/choices.ts'
import { editorSettings } from '#renderer/document/editor-settings.ts'
import { keyLabel } from '#renderer/document/key-label.ts'
import { TOOLS } from '#renderer/tools/tools.ts'
import { classNames } from '#renderer/ui/class-names.ts'
import { useStore } from '#renderer/ui/use-store.ts'
import { t } from '#shared/texts/texts.ts'
import { SHAPE_ICONS } from './shape-icons.ts'

const ICONS: Record<ToolId, LucideIcon> = {
  select: MousePointer2,
  pan: Hand,
  extreme_box: Move,
  hole: SquareDashed,
  slice: Slice,
  pose: PersonStanding,
  outline: SquareDashedMousePointer,
  wand: Wand,
  brush: Brush,
  eraser: Eraser,
  assist: Sparkles,
  ...SHAPE_ICONS,
}

/** The short name below the icon. */
const SHORT_LABEL: Partial<Record<ToolId, string>> = {
  oriented_box: t('Rotated'),
  extreme_box: t('Extreme'),
  outline: t('Outline'),
  wand: t('Wand'),
}

/** Of a button with its gap, CSS pixels. */
const BUTTON_HEIGHT = 40
const PADDING = 8

/** As many columns as needed, so that no button is below the window's edge. */
function useColumns(count: number): (element: HTMLElement | null) => (() => void) | undefined {
  return useCallback(
    (element) => {
      if (!element) return
      const fit = () => {
        const rows = Math.max(1, Math.floor((element.clientHeight - PADDING) / BUTTON_HEIGHT))
        const columns = Math.min(2, Math.ceil(count / rows))
        element.style.setProperty('grid-template-columns', `repeat(${columns}, auto)`)
      }
      const observer = new ResizeObserver(fit)
      observer.observe(element)
      return () => observer.disconnect()
    },
    [count],
  )
}

export function ToolRail() {
  const current = useStore(choices, (state) => state.toolId)
  // Rerenders when the shortcuts change.
  useStore(editorSettings, ({ shortcuts }) => shortcuts)
  useStore(editorSettings, ({ shortcutPreset }) => shortcutPreset)
  const rail = useColumns(TOOLS.length)
  return (
    <nav
      data-region=""
      aria-label={t('Tools')}
      ref={rail}
      className="grid shrink-0 content-start gap-0.5 overflow-y-auto border-r border-line bg-surface p-1"
    >
      {TOOLS.map(({ id, label }) => {
        const Icon = ICONS[id]
        const keys = keysOf(actionById(`tool-${id}`))
        // The button shows the shortest key, the tooltip the first.
        const [key] = keys
        const short = [...keys].sort((a, b) => a.length - b.length)[0]
        const badge = short ? keyLabel(short).replace('Shift+', '⇧') : ''
        return (
          <button
            key={id}
            type="button"
            aria-label={label}
            aria-pressed={current === id}
            title={`${label} (${key ? keyLabel(key) : t('hold Space')})`}
            onClick={() => takeTool(id)}
            className={classNames(
              'relative flex h-[38px] w-[60px] flex-col items-center justify-center gap-0.5 rounded-lg transition-colors',
              current === id
                ? 'bg-accent text-on-accent'
                : 'text-muted hover:bg-hover hover:text-text',
            )}
          >
            <Icon
              // A key of several signs needs the room beside it.
              className={classNames('size-[18px]', badge.length > 2 && '-translate-x-3')}
              aria-hidden="true"
            />
            <span aria-hidden="true" className="text-[10px] leading-none">
              {SHORT_LABEL[id] ?? label}
            </span>
            <span aria-hidden="true" className="absolute top-0.5 right-1 text-[9px] leading-none">
              {badge}
            </span>
          </button>
        )
      })}
    </nav>
  )
}
