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

const steps = ARROWS.flatMap(({ key, dx, dy, word }) =>
  (
    [
      ['', 1],
      ['Shift+', 10],
    ] as const
  ).map(
    ([modifier, step]): ImageAction => ({
      id: `cursor-${key.slice(5).toLowerCase()}-${step}`,
      label: t('Draw by keys: cursor {word} by {step} px', { word, step }),
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
    label: t('Draw by keys: place a point at the cursor'),
    group: 'Tools',
    context: 'image',
    keys: ['Enter'],
    enabled: (editor) => editor.cursor.at !== null && drawsAtPlaces(editor),
    run: ({ cursor }) => cursor.place(),
  },
]
