import { choices } from '#renderer/document/choices.ts'
import { editorSettings } from '#renderer/document/editor-settings.ts'
import { say } from '#renderer/document/status-line.ts'
import { fitBox, type Viewport, zoomBy } from '#renderer/document/viewport.ts'
import { client } from '#renderer/rpc/connection.ts'
import { orpc, queryClient } from '#renderer/rpc/query.ts'
import type { Editor } from '#renderer/tools/editor.ts'
import { openEditor } from '#renderer/tools/workspace.ts'
import type { Settings } from '#shared/contract/settings.ts'
import { boundsOfPoints } from '#shared/geometry/box.ts'
import { shapeVertices } from '#shared/geometry/shape.ts'
import { t } from '#shared/texts/texts.ts'
import type { Action } from './action.ts'
import { notifyError } from './app-state.ts'
import { hasSelection } from './edit-actions.ts'

/** Zooms about a place on the canvas, its middle when none is given. Screen pixels. */
export function zoom(
  { size, view: store }: Editor,
  factor: number,
  about?: { x: number; y: number },
): void {
  if (!size) return
  store.setState((view) =>
    zoomBy(view, factor, about ?? { x: view.width / 2, y: view.height / 2 }, size),
  )
}

export function fitImage({ size, view: store }: Editor): void {
  if (size) store.setState((view) => fitBox(view, { x: 0, y: 0, w: size.width, h: size.height }))
}

function fitSelection(editor: Editor): void {
  const points = editor.selection.annotations().flatMap(({ shape }) => shapeVertices(shape))
  if (points.length === 0) {
    fitImage(editor)
    return
  }
  const { x, y, w, h } = boundsOfPoints(points)
  // Half as much around it, and never closer than a hundred pixels.
  const margin = Math.max(50, Math.max(w, h) / 4)
  editor.view.setState((view) =>
    fitBox(view, { x: x - margin, y: y - margin, w: w + 2 * margin, h: h + 2 * margin }),
  )
}

function actualSize({ view: store }: Editor): void {
  store.setState((view: Viewport) => {
    const centre = {
      x: (view.width / 2 - view.x) / view.scale,
      y: (view.height / 2 - view.y) / view.scale,
    }
    return { ...view, scale: 1, x: view.width / 2 - centre.x, y: view.height / 2 - centre.y }
  })
}

/** Number of changes in flight: only the answer to the last one is shown. */
let changesUnderWay = 0

/** Keeps a setting and shows it at once. */
export async function changeSettings(change: Partial<Settings>): Promise<void> {
  const key = orpc.settings.get.queryKey()
  const before = editorSettings.getState()
  const show = (settings: Settings) => {
    queryClient.setQueryData(key, settings)
    editorSettings.setState(settings)
  }
  show({ ...before, ...change })
  changesUnderWay++
  try {
    const kept = await client.settings.set(change)
    if (changesUnderWay === 1) show(kept)
  } catch (error) {
    if (changesUnderWay === 1) show(before)
    notifyError(error)
  } finally {
    changesUnderWay--
  }
}

/** Saves settings that may be rejected, and applies them after they are saved. Rejects with the reason. */
export async function keepSettings(change: Partial<Settings>): Promise<void> {
  const kept = await client.settings.set(change)
  // Other settings may have changed since, and their answers are still to come.
  const saved = Object.fromEntries(Object.entries(kept).filter(([name]) => name in change))
  const settings: Settings = { ...editorSettings.getState(), ...saved }
  queryClient.setQueryData(orpc.settings.get.queryKey(), settings)
  editorSettings.setState(settings)
}

type Switch = { [K in keyof Settings]: Settings[K] extends boolean ? K : never }[keyof Settings]

function toggleSetting(name: Switch): void {
  void changeSettings({ [name]: !editorSettings.getState()[name] })
}

/** The steps of the freehand tolerance, screen pixels. */
const TOLERANCES = [0.5, 1, 2, 3, 5, 8, 12, 20]

function stepTolerance(direction: 1 | -1): void {
  const { freehandTolerance: now } = editorSettings.getState()
  const next =
    direction > 0
      ? TOLERANCES.find((value) => value > now)
      : TOLERANCES.findLast((value) => value < now)
  if (next !== undefined) void changeSettings({ freehandTolerance: next })
  say(t('Freehand lines are simplified to {value} px', { value: next ?? now }))
}

/** Changes the size of the active tool, or else the freehand tolerance. */
function resizeTool(direction: 1 | -1): void {
  const active = openEditor()?.tool.getState().active
  if (active?.resize) active.resize(direction)
  else stepTolerance(direction)
}

/** The picture as it is in the file. */
export const PLAIN_TONE = { brightness: 0, contrast: 0, gamma: 1 }

export const VIEW_ACTIONS: readonly Action[] = [
  {
    id: 'fit',
    label: t('Fit the image'),
    group: 'View',
    context: 'image',
    keys: ['F'],
    run: fitImage,
  },
  {
    id: 'fit-selection',
    label: t('Fit the selection'),
    group: 'View',
    context: 'image',
    keys: ['Shift+F'],
    run: fitSelection,
  },
  {
    id: 'actual-size',
    label: t('Zoom to 100%'),
    group: 'View',
    context: 'image',
    keys: ['Mod+0'],
    run: actualSize,
  },
  {
    id: 'zoom-in',
    label: t('Zoom in'),
    group: 'View',
    context: 'image',
    keys: ['Mod+=', 'Mod++', '+', '='],
    run: (editor) => zoom(editor, 1.25),
  },
  {
    id: 'zoom-out',
    label: t('Zoom out'),
    group: 'View',
    context: 'image',
    keys: ['Mod+-', '-'],
    run: (editor) => zoom(editor, 0.8),
  },
  {
    id: 'hide-all',
    label: t('Hide or show all shapes'),
    group: 'View',
    context: 'canvas',
    keys: ['T'],
    run: () => choices.setState(({ allHidden }) => ({ allHidden: !allHidden })),
  },
  {
    id: 'hide-selected',
    label: t('Hide selected shapes, or show all hidden ones'),
    group: 'View',
    context: 'image',
    keys: ['H'],
    run: ({ selection }) =>
      selection.state.setState(({ selected, hidden }) =>
        selected.size > 0
          ? { hidden: new Set([...hidden, ...selected]), selected: new Set() }
          : { hidden: new Set() },
      ),
  },
  {
    id: 'isolate',
    label: t('Show only selected shapes'),
    group: 'View',
    context: 'image',
    keys: ['Shift+H'],
    enabled: hasSelection,
    run: ({ document, selection }) =>
      selection.state.setState(({ selected }) => {
        const { list } = document.annotations
        return { hidden: new Set(list.map(({ id }) => id).filter((id) => !selected.has(id))) }
      }),
  },
  {
    id: 'labels',
    label: t('Show class names on the canvas'),
    group: 'View',
    context: 'canvas',
    keys: ['Shift+L'],
    run: () => toggleSetting('showLabels'),
  },
  {
    id: 'crosshair',
    label: t('Show a crosshair'),
    group: 'View',
    context: 'canvas',
    keys: [],
    run: () => toggleSetting('showCrosshair'),
  },
  {
    id: 'minimap',
    label: t('Show a map of the whole image'),
    group: 'View',
    context: 'canvas',
    keys: ['F9'],
    run: () => toggleSetting('showMinimap'),
  },
  {
    id: 'loupe',
    label: t('Show a loupe beside the pointer'),
    group: 'View',
    context: 'canvas',
    keys: ['Z'],
    run: () => toggleSetting('showLoupe'),
  },
  {
    id: 'plain-tone',
    label: t('Reset brightness, contrast and gamma'),
    group: 'View',
    context: 'canvas',
    keys: [],
    run: () => changeSettings(PLAIN_TONE),
  },
  {
    id: 'snapping',
    label: t('Turn snapping to other shapes on or off'),
    group: 'Tools',
    context: 'canvas',
    keys: ['Mod+Shift+S'],
    run: () => {
      say(editorSettings.getState().snapping ? t('Snapping is off') : t('Snapping is on'))
      toggleSetting('snapping')
    },
  },
  {
    id: 'live-wire',
    label: t('Turn live-wire on or off'),
    group: 'Tools',
    context: 'canvas',
    keys: ['E'],
    run: () => {
      say(
        editorSettings.getState().liveWire
          ? t('Live-wire is off: lines are straight')
          : t('Live-wire is on: polygons and polylines follow edges between clicks'),
      )
      toggleSetting('liveWire')
    },
  },
  {
    id: 'freehand-finer',
    label: t('Smaller brush or tolerance, more precise freehand lines'),
    group: 'Tools',
    context: 'canvas',
    keys: ['['],
    run: () => resizeTool(-1),
  },
  {
    id: 'freehand-coarser',
    label: t('Larger brush or tolerance, freehand lines with fewer points'),
    group: 'Tools',
    context: 'canvas',
    keys: [']'],
    run: () => resizeTool(1),
  },
]
