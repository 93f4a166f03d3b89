import { datasetState } from '#renderer/document/dataset-state.ts'
import { actionKey } from '#renderer/document/key-label.ts'
import { toggled } from '#renderer/document/selection.ts'
import { flushEdits, retrySaving } from '#renderer/document/session.ts'
import { say } from '#renderer/document/status-line.ts'
import type { Editor } from '#renderer/tools/editor.ts'
import { translateShape } from '#shared/geometry/shape.ts'
import type { Annotation } from '#shared/model/annotation.ts'
import { isKeypoint, linksOf, type SkeletonClass } from '#shared/model/pose.ts'
import { counted, t } from '#shared/texts/texts.ts'
import type { Action, ImageAction } from './action.ts'

export const hasSelection = ({ selection }: Editor) => selection.state.getState().selected.size > 0

/** Changes each of some annotations in one step; locked ones stay as they are. */
export function updateAnnotations(
  editor: Editor,
  label: string,
  annotations: readonly Annotation[],
  change: (annotation: Annotation) => Annotation,
): void {
  const updated = annotations
    .filter((annotation) => !editor.selection.isLocked(annotation))
    .map((before) => ({ before, after: change(before) }))
  editor.edit(label, { created: [], updated, deleted: [] })
}

export function deleteAnnotations(editor: Editor, annotations: readonly Annotation[]): void {
  const deleted = annotations.filter((annotation) => !editor.selection.isLocked(annotation))
  if (deleted.length < annotations.length) say(t('Locked shapes are not changed'))
  const what = deleted.length === 1 ? deleted[0].className : counted(deleted.length, 'shape')
  editor.edit(t('Delete {what}', { what }), { created: [], updated: [], deleted })
}

export function relabel(
  editor: Editor,
  annotations: readonly Annotation[],
  className: string,
): void {
  const others = annotations.filter((annotation) => annotation.className !== className)
  const joints = others.filter(
    (annotation) => annotation.instanceId !== undefined && poseOf(editor, annotation),
  )
  const changing = others.filter((annotation) => !joints.includes(annotation))
  if (joints.length > 1)
    say(
      t(
        'The joints of a pose keep their names. {ungroup} ungroups the pose, {swap} swaps left and right',
        {
          ungroup: actionKey('ungroup'),
          swap: actionKey('swap-sides'),
        },
      ),
    )
  else changing.push(...joints)
  updateAnnotations(editor, t('Relabel as {className}', { className }), changing, (annotation) => ({
    ...annotation,
    className,
  }))
}

/** Where the attributes of the selection are edited. */
export const ATTRIBUTES_ID = 'attributes'

/** Selects every shape of a class that can be seen. */
export function selectClass({ selection }: Editor, className: string): void {
  const chosen = selection.visible().filter((item) => item.className === className)
  selection.select(chosen.map(({ id }) => id))
  say(t('{length} of class {className} selected', { length: chosen.length, className }))
}

/** The annotations, and of each joint all joints of its pose: a pose has one set of attributes. */
export function wholePoses(editor: Editor, annotations: readonly Annotation[]): Annotation[] {
  const all = annotations.flatMap((annotation) =>
    annotation.instanceId !== undefined && poseOf(editor, annotation)
      ? editor.document.annotations.instance(annotation.instanceId).filter(isKeypoint)
      : [annotation],
  )
  return [...new Map(all.map((annotation) => [annotation.id, annotation])).values()]
}

/** The class whose skeleton has the joints of an annotation's instance; null when it is no pose. */
export function poseOf(
  { document, classes }: Editor,
  annotation: Annotation,
): SkeletonClass | null {
  if (annotation.instanceId === undefined || annotation.shape.kind !== 'keypoint') return null
  return linksOf(document.annotations.instance(annotation.instanceId), classes).owner
}

/** Moves the selection, as far as the image reaches. Image pixels. */
export function nudge(editor: Editor, dx: number, dy: number): void {
  const selected = editor.selection.editable()
  const by = editor.clampMove(selected, { x: dx, y: dy })
  if (by.x === 0 && by.y === 0) return
  const what = selected.length === 1 ? selected[0].className : counted(selected.length, 'shape')
  updateAnnotations(editor, t('Move {what}', { what }), selected, (annotation) => ({
    ...annotation,
    shape: translateShape(annotation.shape, by.x, by.y),
  }))
}

export const ARROWS = [
  { key: 'ArrowLeft', dx: -1, dy: 0 },
  { key: 'ArrowRight', dx: 1, dy: 0 },
  { key: 'ArrowUp', dx: 0, dy: -1 },
  { key: 'ArrowDown', dx: 0, dy: 1 },
] as const

type Arrow = (typeof ARROWS)[number]['key']

const NUDGE_LABELS: Record<Arrow, (step: number) => string> = {
  ArrowLeft: (step) => t('Move left by {step} px', { step }),
  ArrowRight: (step) => t('Move right by {step} px', { step }),
  ArrowUp: (step) => t('Move up by {step} px', { step }),
  ArrowDown: (step) => t('Move down by {step} px', { step }),
}

const nudges: ImageAction[] = ARROWS.flatMap(({ key, dx, dy }) =>
  (
    [
      ['', 1],
      ['Shift+', 10],
    ] as const
  ).map(
    ([modifier, step]): ImageAction => ({
      id: `nudge-${key.slice(5).toLowerCase()}-${step}`,
      label: NUDGE_LABELS[key](step),
      group: 'Edit',
      context: 'image',
      keys: [`${modifier}${key}`],
      enabled: hasSelection,
      run: (editor) => nudge(editor, dx * step, dy * step),
    }),
  ),
)

/** The shape that Tab selects; null past either end, where Tab moves to the next control. */
function neighbor({ selection }: Editor, step: 1 | -1): string | null {
  const list = selection.visible()
  const [current] = selection.state.getState().selected
  const index = list.findIndex(({ id }) => id === current)
  const next = index < 0 && step < 0 ? list.length - 1 : index + step
  return list[next]?.id ?? null
}

const cycling = (step: 1 | -1) => ({
  enabled: (editor: Editor) => neighbor(editor, step) !== null,
  run: (editor: Editor) => editor.selection.select([neighbor(editor, step) ?? '']),
})

export const EDIT_ACTIONS: readonly Action[] = [
  {
    id: 'finish',
    label: t('Finish the shape'),
    group: 'Edit',
    context: 'image',
    keys: ['Enter'],
    // If nothing is being drawn, Enter focuses the attributes.
    enabled: ({ isDrawing }) => isDrawing,
    run: ({ tool }) => void tool.getState().active.finish(),
  },
  {
    id: 'remove-last',
    label: t('Remove the last or the selected point'),
    group: 'Edit',
    context: 'image',
    keys: ['Backspace'],
    run: (editor) => {
      if (!editor.tool.getState().active.removeLast() && hasSelection(editor))
        deleteAnnotations(editor, editor.selection.annotations())
    },
  },
  {
    id: 'delete',
    label: t('Delete selected shapes'),
    group: 'Edit',
    context: 'image',
    keys: ['Delete'],
    enabled: hasSelection,
    run: (editor) => {
      if (!editor.tool.getState().active.removeLast())
        deleteAnnotations(editor, editor.selection.annotations())
    },
  },
  {
    id: 'select-all',
    label: t('Select all shapes'),
    group: 'Edit',
    context: 'image',
    keys: ['Mod+A'],
    run: ({ selection }) => selection.select(selection.visible().map(({ id }) => id)),
  },
  {
    id: 'next-shape',
    label: t('Next shape'),
    group: 'Edit',
    context: 'image',
    keys: ['Tab'],
    ...cycling(1),
  },
  {
    id: 'previous-shape',
    label: t('Previous shape'),
    group: 'Edit',
    context: 'image',
    keys: ['Shift+Tab'],
    ...cycling(-1),
  },
  {
    id: 'select-class',
    label: t('Select all shapes of this class'),
    group: 'Edit',
    context: 'image',
    keys: ['Alt+A'],
    run: (editor) =>
      selectClass(editor, editor.selection.annotations()[0]?.className ?? editor.className),
  },
  {
    id: 'edit-attributes',
    label: t('Edit the attributes of the selection'),
    group: 'Edit',
    context: 'image',
    keys: ['Mod+E', 'Enter'],
    enabled: hasSelection,
    run: () => document.querySelector<HTMLElement>(`#${ATTRIBUTES_ID} :is(input, select)`)?.focus(),
  },
  {
    id: 'lock',
    label: t('Lock or unlock selected shapes'),
    group: 'Edit',
    context: 'image',
    keys: ['Mod+L'],
    enabled: hasSelection,
    run: ({ selection }) =>
      selection.state.setState(({ selected, locked }) => ({
        locked: [...selected].reduce((set, id) => toggled(set, id), locked),
      })),
  },
  {
    id: 'save',
    label: t('Save now'),
    group: 'File',
    context: 'dataset',
    keys: ['Mod+S'],
    // On a dataset of the service, the key pushes unsent changes.
    enabled: () => datasetState.getState().dataset?.remote == null,
    run: async () => {
      retrySaving()
      await flushEdits()
      say(t('Everything is saved. Edits are saved as you make them'))
    },
  },
  ...nudges,
]
