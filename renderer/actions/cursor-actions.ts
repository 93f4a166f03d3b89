import type { Editor } from '#renderer/tools/editor.ts'
import { toolById } from '#renderer/tools/tools.ts'
import { t } from '#shared/texts/texts.ts'
import type { ImageAction } from './action.ts'
import { ARROWS } from './edit-actions.ts'

/** Whether the tool in hand is used by clicks on places: with others arrows move the selection. */
function drawsAtPlaces({ tool }: Editor): boolean {
  const { id } = tool.getState()
  return toolById(id).draws || id === 'slice'
}

const CURSOR_LABELS: Record<(typeof ARROWS)[number]['key'], (step: number) => string> = {
  ArrowLeft: (step) => t('Keyboard cursor: left by {step} px', { step }),
  ArrowRight: (step) => t('Keyboard cursor: right by {step} px', { step }),
  ArrowUp: (step) => t('Keyboard cursor: up by {step} px', { step }),
  ArrowDown: (step) => t('Keyboard cursor: down by {step} px', { step }),
}

const steps = ARROWS.flatMap(({ key, dx, dy }) =>
  (
    [
      ['', 1],
      ['Shift+', 10],
    ] as const
  ).map(
    ([modifier, step]): ImageAction => ({
      id: `cursor-${key.slice(5).toLowerCase()}-${step}`,
      label: CURSOR_LABELS[key](step),
      group: 'Tools',
      context: 'image',
      keys: [`${modifier}${key}`],
      enabled: drawsAtPlaces,
      run: ({ cursor }) => cursor.move(dx * step, dy * step),
    }),
  ),
)

/** Before the actions that have the same keys with other tools. */
export const CURSOR_ACTIONS: readonly ImageAction[] = [
  ...steps,
  {
    id: 'cursor-place',
    label: t('Keyboard cursor: place a point'),
    group: 'Tools',
    context: 'image',
    keys: ['Enter'],
    enabled: (editor) => editor.cursor.at !== null && drawsAtPlaces(editor),
    run: ({ cursor }) => cursor.place(),
  },
]
