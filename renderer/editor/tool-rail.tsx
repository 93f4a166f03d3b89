import {
  Hand,
  type LucideIcon,
  MousePointer2,
  Move,
  PersonStanding,
  Slice,
  Sparkles,
  SquareDashed,
} from 'lucide-react'
import { actionById, takeTool } from '#renderer/actions/actions.ts'
import { keyLabel } from '#renderer/actions/keys.ts'
import { keysOf } from '#renderer/actions/shortcuts.ts'
import { choices, type ToolId } from '#renderer/document/choices.ts'
import { cloudState } from '#renderer/document/cloud-state.ts'
import { datasetState } from '#renderer/document/dataset-state.ts'
import { editorSettings } from '#renderer/document/editor-settings.ts'
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
  assist: Sparkles,
  ...SHAPE_ICONS,
}

/** What fits below an icon. */
const SHORT_LABEL: Partial<Record<ToolId, string>> = {
  oriented_box: t('Rotated'),
  extreme_box: t('Extreme'),
}

export function ToolRail() {
  const current = useStore(choices, (state) => state.toolId)
  // Shown anew when the shortcuts change.
  useStore(editorSettings, ({ shortcuts }) => shortcuts)
  useStore(editorSettings, ({ shortcutPreset }) => shortcutPreset)
  const hasAccount = useStore(cloudState, ({ accounts }) => accounts.length > 0)
  const isRemote = useStore(datasetState, ({ dataset }) => dataset?.remote != null)
  return (
    <nav
      data-region=""
      aria-label={t('Tools')}
      className="flex w-[68px] shrink-0 flex-col items-center gap-0.5 overflow-y-auto border-r border-line bg-surface py-1.5"
    >
      {TOOLS.filter(({ needsService }) => isRemote || hasAccount || !needsService).map(
        ({ id, label }) => {
          const Icon = ICONS[id]
          const [key] = keysOf(actionById(`tool-${id}`))
          return (
            <button
              key={id}
              type="button"
              aria-label={label}
              aria-pressed={current === id}
              title={`${label} (${key ? keyLabel(key) : t('hold Space')})`}
              onClick={() => takeTool(id)}
              className={classNames(
                'relative flex h-11 w-[60px] [@media(max-height:800px)]:h-[38px] shrink-0 flex-col items-center justify-center gap-0.5 rounded-lg transition-colors',
                current === id
                  ? 'bg-accent text-on-accent'
                  : 'text-muted hover:bg-hover hover:text-text',
                id === 'bbox' && 'mt-1.5',
              )}
            >
              <Icon className="size-[18px]" aria-hidden="true" />
              <span aria-hidden="true" className="text-[10px] leading-none">
                {SHORT_LABEL[id] ?? label}
              </span>
              <span aria-hidden="true" className="absolute top-0.5 right-1 text-[9px] leading-none">
                {key && /^(?:Shift\+)?.$/.test(key) ? keyLabel(key).replace('Shift+', '⇧') : ''}
              </span>
            </button>
          )
        },
      )}
    </nav>
  )
}
