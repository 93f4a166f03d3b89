import type { Action } from '#renderer/actions/action.ts'
import { ACTIONS } from '#renderer/actions/actions.ts'
import { showDialog } from '#renderer/actions/app-state.ts'
import { keyLabel } from '#renderer/actions/keys.ts'
import { keysOf } from '#renderer/actions/shortcuts.ts'
import { Keys } from '#renderer/ui/feedback.tsx'
import { Modal } from '#renderer/ui/modal.tsx'

const POINTER: readonly [string, string][] = [
  ['Wheel', 'Zoom about the pointer'],
  ['Space + drag, middle drag', 'Move the picture'],
  ['Shift + click', 'Select more'],
  ['Click again', 'Next shape below'],
  ['Alt + click a point', 'Remove the point'],
  ['Drag a ghost point', 'Add a point'],
  ['Shift + click a point', 'Select more points'],
  ['Ctrl + drag', 'Select points of the shape in a box'],
  ['Alt + drag', 'Select shapes by going round them'],
  ['Double-click', 'Select the whole instance'],
  ['Press and draw', 'Polygons and lines freehand'],
  ['Shift while clicking borders', 'Follow the border of the neighbour'],
  ['Ctrl while drawing', 'No snapping'],
  ['Drag with the pose tool', 'Place the whole skeleton'],
  ['B held', 'The bare image'],
  ['Shift while drawing a box', 'Square'],
  ['Alt while drawing a box', 'From the centre'],
]

/** Ten keys that do the same are one line. */
function shown(actions: readonly Action[]): { label: string; keys: string[] }[] {
  return actions
    .map((action) => ({ ...action, keys: keysOf(action) }))
    .filter(({ id, keys }) => keys.length > 0 && !/^(class-(?!search)|nudge-)/.test(id))
    .map(({ label, keys }) => ({ label, keys: keys.map(keyLabel) }))
}

const EXTRA: Partial<Record<Action['group'], { label: string; keys: string[] }[]>> = {
  Classes: [{ label: 'Choose a class, or relabel the selection', keys: ['1 … 9, 0'] }],
  Edit: [{ label: 'Move the selection by 1 px, with Shift by 10', keys: ['← → ↑ ↓'] }],
}

export function HelpDialog() {
  const groups = Map.groupBy(ACTIONS, ({ group }) => group)
  return (
    <Modal
      title="Shortcuts"
      description="Settings, Shortcuts changes them, and has those of labelme, X-AnyLabeling and CVAT."
      onClose={() => showDialog(null)}
      wide
    >
      <div className="columns-2 gap-8">
        {[...groups].map(([group, actions]) => (
          <section key={group} className="mb-5 break-inside-avoid">
            <h3 className="mb-1.5 text-xs font-semibold text-muted">{group}</h3>
            <ul className="flex flex-col gap-1">
              {[...shown(actions), ...(EXTRA[group] ?? [])].map(({ label, keys }) => (
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
        <section className="mb-5 break-inside-avoid">
          <h3 className="mb-1.5 text-xs font-semibold text-muted">Pointer</h3>
          <ul className="flex flex-col gap-1">
            {POINTER.map(([gesture, what]) => (
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
