import { useState } from 'react'
import { type Action, GROUP_LABEL } from '#renderer/actions/action.ts'
import { ACTIONS } from '#renderer/actions/actions.ts'
import { showDialog } from '#renderer/actions/app-state.ts'
import { keysOf } from '#renderer/actions/shortcuts.ts'
import { keyLabel } from '#renderer/document/key-label.ts'
import { Keys } from '#renderer/ui/feedback.tsx'
import { TextField } from '#renderer/ui/field.tsx'
import { Modal } from '#renderer/ui/modal.tsx'
import { t } from '#shared/texts/texts.ts'

const [MOD, ALT, SHIFT] = ['Mod', 'Alt', 'Shift'].map(keyLabel)

const POINTER: readonly [string, string][] = [
  [t('Mouse wheel'), t('Zoom at the pointer')],
  [t('Space + drag, middle drag'), t('Move the image')],
  [t('{key} + click', { key: SHIFT }), t('Select more')],
  [t('Click again'), t('Next shape below')],
  [t('{key} + click a point', { key: ALT }), t('Remove the point')],
  [t('Drag a midpoint'), t('Add a point')],
  [t('{key} + click a point', { key: SHIFT }), t('Select more points')],
  [t('{key} + drag', { key: MOD }), t('Select points of the shape in a box')],
  [t('{key} + drag', { key: ALT }), t('Lasso selection')],
  [t('Double-click'), t('Select the whole instance')],
  [t('Press and draw'), t('Polygons and lines freehand')],
  [
    t('{key} while clicking borders', { key: SHIFT }),
    t('Follow the border of a neighboring shape'),
  ],
  [t('{key} while drawing', { key: MOD }), t('No snapping')],
  [t('{key} with live-wire', { key: SHIFT }), t('A straight line')],
  [t('{key} + click with outline or wand', { key: SHIFT }), t('Remove a part')],
  [t('{key} with brush or eraser', { key: ALT }), t('Switch between brush and eraser')],
  [
    t('{key} + wheel, or wheel with wand', { key: ALT }),
    t('Size of the brush, tolerance of the wand'),
  ],
  [t('Drag with the pose tool'), t('Place the whole skeleton')],
  [t('Hold B'), t('Image without shapes')],
  [t('Long press'), t('Menu')],
  [t('{key} while drawing a box', { key: SHIFT }), t('Square')],
  [t('{key} while drawing a box', { key: ALT }), t('From the center')],
]

/** Ten keys that do the same share one line. */
function shown(actions: readonly Action[]): { label: string; keys: string[] }[] {
  return actions
    .map((action) => ({ ...action, keys: keysOf(action) }))
    .filter(({ id, keys }) => keys.length > 0 && !/^(class-(?!search)|nudge-|cursor-)/.test(id))
    .map(({ label, keys }) => ({ label, keys: keys.map(keyLabel) }))
}

const EXTRA: Partial<Record<Action['group'], { label: string; keys: string[] }[]>> = {
  Classes: [
    { label: t('Choose a class, or relabel the selection'), keys: ['1 … 9, 0'] },
    { label: t('The next ten classes'), keys: [`${keyLabel('Shift+1').replace('1', '')}1 … 9, 0`] },
  ],
  Tools: [
    {
      label: t('With a drawing tool: move the cursor by 1 px, with Shift by 10'),
      keys: ['← → ↑ ↓'],
    },
    { label: t('Place a point at the cursor, again to finish'), keys: [keyLabel('Enter')] },
  ],
  Edit: [{ label: t('Move the selection by 1 px, with Shift by 10'), keys: ['← → ↑ ↓'] }],
}

/** Every key and gesture, found by its words or by the key. */
export function HelpDialog() {
  const [text, setText] = useState('')
  const words = text.trim().toLowerCase().split(/\s+/)
  const fits = (line: string) => words.every((word) => line.toLowerCase().includes(word))
  const groups = [...Map.groupBy(ACTIONS, ({ group }) => group)]
    .map(([group, actions]) => ({
      group,
      lines: [...shown(actions), ...(EXTRA[group] ?? [])].filter(({ label, keys }) =>
        fits([GROUP_LABEL[group], label, ...keys].join(' ')),
      ),
    }))
    .filter(({ lines }) => lines.length > 0)
  const gestures = POINTER.filter((gesture) => fits(gesture.join(' ')))
  return (
    <Modal
      title={t('Shortcuts')}
      description={t(
        'Change them in Settings → Shortcuts. Presets for labelme, X-AnyLabeling and CVAT are included.',
      )}
      onClose={() => showDialog(null)}
      wide
    >
      <TextField
        aria-label={t('Find a shortcut')}
        placeholder={t('Find a shortcut')}
        className="mb-4"
        value={text}
        onChange={({ target }) => setText(target.value)}
      />
      {groups.length === 0 && gestures.length === 0 && (
        <p className="text-sm text-muted">{t('Nothing found')}</p>
      )}
      <div className="columns-2 gap-8">
        {groups.map(({ group, lines }) => (
          <section key={group} className="mb-5 break-inside-avoid">
            <h3 className="mb-1.5 text-xs font-semibold text-muted">{GROUP_LABEL[group]}</h3>
            <ul className="flex flex-col gap-1">
              {lines.map(({ label, keys }) => (
                <li key={label} className="flex items-baseline justify-between gap-3 text-sm">
                  {label}
                  <span className="flex shrink-0 gap-1">
                    {keys.map((key) => (
                      <Keys key={key}>{key}</Keys>
                    ))}
                  </span>
                </li>
              ))}
            </ul>
          </section>
        ))}
        <section className="mb-5 break-inside-avoid" hidden={gestures.length === 0}>
          <h3 className="mb-1.5 text-xs font-semibold text-muted">{t('Mouse and touch')}</h3>
          <ul className="flex flex-col gap-1">
            {gestures.map(([gesture, what]) => (
              <li key={gesture} className="flex items-baseline justify-between gap-3 text-sm">
                {what}
                <Keys>{gesture}</Keys>
              </li>
            ))}
          </ul>
        </section>
      </div>
    </Modal>
  )
}
