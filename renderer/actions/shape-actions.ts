import { say } from '#renderer/document/status-line.ts'
import type { Editor } from '#renderer/tools/editor.ts'
import { SHAPE_KIND_LABEL } from '#renderer/tools/shape-kind-label.ts'
import { isInside, movedInside } from '#shared/geometry/clamp-shape.ts'
import { convertShape } from '#shared/geometry/convert-shape.ts'
import {
  intersectPolygons,
  simplifyRing,
  smoothRing,
  subtractPolygons,
  unionPolygons,
} from '#shared/geometry/polygon-ops.ts'
import { asPolygon, shapeVertices } from '#shared/geometry/shape.ts'
import { normaliseAngle } from '#shared/geometry/shapes/oriented-box.ts'
import {
  type Annotation,
  newId,
  type PolygonShape,
  type ShapeKind,
} from '#shared/model/annotation.ts'
import { t } from '#shared/texts/texts.ts'
import type { Action, ImageAction } from './action.ts'
import { updateAnnotations } from './edit-actions.ts'

/** How far a vertex may lie from a straight side and still go, image pixels. */
const SIMPLIFY_TOLERANCE = 1.5

interface Operand {
  annotation: Annotation
  polygon: PolygonShape
}

/** The editable selected shapes with an area, in the order of selection. */
function operands({ selection }: Editor): Operand[] {
  return selection.editable().flatMap((annotation) => {
    const polygon = asPolygon(annotation.shape)
    return polygon ? [{ annotation, polygon }] : []
  })
}

const hasTwo = (editor: Editor) => operands(editor).length >= 2
const hasOne = (editor: Editor) => operands(editor).length >= 1

/** The first keeps its id and class with the first region; more regions are new; the others go. */
function combine(
  editor: Editor,
  label: string,
  operate: (shapes: readonly PolygonShape[]) => PolygonShape[],
  keepOthers: boolean,
): void {
  const [first, ...others] = operands(editor)
  const regions = operate([first, ...others].map(({ polygon }) => polygon))
  if (regions.length === 0) {
    say(t('{label}: nothing would be left', { label }))
    return
  }
  const [shape, ...more] = regions
  const { annotation } = first
  const created = more.map((region) => ({ ...annotation, id: newId(), shape: region }))
  editor.edit(label, {
    created,
    updated: [{ before: annotation, after: { ...annotation, shape } }],
    deleted: keepOthers ? [] : others.map((other) => other.annotation),
  })
  editor.selection.select([annotation.id, ...created.map(({ id }) => id)])
}

function changeRings(
  editor: Editor,
  label: string,
  change: (ring: PolygonShape['rings'][number]) => PolygonShape['rings'][number],
): void {
  const chosen = operands(editor).filter(({ annotation }) => annotation.shape.kind === 'polygon')
  if (chosen.length === 0) {
    say(t('{label}: select an unlocked polygon first', { label }))
    return
  }
  const before = chosen.reduce((sum, { polygon }) => sum + shapeVertices(polygon).length, 0)
  const shapes = new Map(
    chosen.map(({ annotation, polygon }) => [
      annotation.id,
      { ...polygon, rings: polygon.rings.map(change) },
    ]),
  )
  const after = [...shapes.values()].reduce((sum, shape) => sum + shapeVertices(shape).length, 0)
  updateAnnotations(
    editor,
    label,
    chosen.map(({ annotation }) => annotation),
    (annotation) => ({ ...annotation, shape: shapes.get(annotation.id) ?? annotation.shape }),
  )
  say(t('{label}: {before} points became {after}', { label, before, after }))
}

function convertTo(editor: Editor, kind: ShapeKind): void {
  const selected = editor.selection.annotations()
  const results = new Map(
    selected.map((annotation) => [annotation.id, convertShape(annotation.shape, kind)]),
  )
  const possible = selected.filter(({ id }) => results.get(id))
  updateAnnotations(
    editor,
    t('Convert to {kind}', { kind: SHAPE_KIND_LABEL[kind].toLowerCase() }),
    possible,
    (annotation) => ({
      ...annotation,
      shape: results.get(annotation.id)?.shape ?? annotation.shape,
    }),
  )
  const losses = new Set(possible.flatMap(({ id }) => results.get(id)?.loses ?? []))
  const counts = { done: possible.length, total: selected.length }
  say(
    losses.size > 0
      ? t('{done} of {total} converted · lost: {what}', { ...counts, what: [...losses].join(', ') })
      : t('{done} of {total} converted', counts),
  )
}

function rotate(editor: Editor, angleDeg: number): void {
  const boxes = editor.selection
    .annotations()
    .filter(({ shape }) => shape.kind === 'bbox' || shape.kind === 'oriented_box')
  if (boxes.length === 0) {
    say(t('Only boxes can be rotated. Convert it to an oriented box first'))
    return
  }
  updateAnnotations(editor, t('Rotate'), boxes, (annotation) => {
    const box = convertShape(annotation.shape, 'oriented_box')?.shape
    if (box?.kind !== 'oriented_box') return annotation
    const turned = { ...box, angleDeg: normaliseAngle(box.angleDeg + angleDeg) }
    const { borders } = editor
    if (!borders || !isInside(annotation.shape, borders)) return { ...annotation, shape: turned }
    return { ...annotation, shape: movedInside(turned, borders) ?? annotation.shape }
  })
}

/** Groups the selection as a new instance, or ungroups it. */
function regroup(editor: Editor, together: boolean): void {
  const next = editor.document.annotations.nextInstanceId()
  updateAnnotations(
    editor,
    together ? t('Group as instance {instance}', { instance: next }) : t('Ungroup'),
    editor.selection.annotations(),
    (annotation) => {
      const { instanceId: _old, ...others } = annotation
      return together ? { ...others, instanceId: next } : others
    },
  )
}

const hasVisible = ({ selection }: Editor) => selection.annotations().length > 0
const hasPolygon = (editor: Editor) =>
  operands(editor).some(({ annotation }) => annotation.shape.kind === 'polygon')
const hasGroup = ({ selection }: Editor) =>
  selection.editable().some(({ instanceId }) => instanceId !== undefined)

const CONVERSIONS: readonly ShapeKind[] = ['bbox', 'oriented_box', 'polygon', 'polyline']

export const SHAPE_ACTIONS: readonly Action[] = [
  {
    id: 'union',
    label: t('Union of the selected shapes'),
    group: 'Shapes',
    context: 'image',
    keys: ['M'],
    enabled: hasTwo,
    run: (editor) => combine(editor, t('Union'), unionPolygons, false),
  },
  {
    id: 'subtract',
    label: t('Subtract the others from the first selected shape'),
    group: 'Shapes',
    context: 'image',
    keys: ['Shift+M'],
    enabled: hasTwo,
    run: (editor) =>
      combine(editor, t('Subtract'), ([first, ...others]) => subtractPolygons(first, others), true),
  },
  {
    id: 'intersect',
    label: t('Intersection of the selected shapes'),
    group: 'Shapes',
    context: 'image',
    keys: [],
    enabled: hasTwo,
    run: (editor) => combine(editor, t('Intersect'), intersectPolygons, false),
  },
  {
    id: 'simplify',
    label: t('Simplify: remove points that change little'),
    group: 'Shapes',
    context: 'image',
    keys: [],
    enabled: hasPolygon,
    run: (editor) =>
      changeRings(editor, t('Simplify'), (ring) => simplifyRing(ring, SIMPLIFY_TOLERANCE)),
  },
  {
    id: 'smooth',
    label: t('Smooth: round the corners'),
    group: 'Shapes',
    context: 'image',
    keys: [],
    enabled: hasPolygon,
    run: (editor) => changeRings(editor, t('Smooth'), smoothRing),
  },
  ...CONVERSIONS.map(
    (kind): ImageAction => ({
      id: `convert-${kind}`,
      label: t('Convert to {kind}', { kind: SHAPE_KIND_LABEL[kind].toLowerCase() }),
      group: 'Shapes',
      context: 'image',
      keys: [],
      enabled: hasVisible,
      run: (editor) => convertTo(editor, kind),
    }),
  ),
  {
    id: 'rotate-left',
    label: t('Rotate boxes by 1° to the left'),
    group: 'Shapes',
    context: 'image',
    keys: [','],
    enabled: hasOne,
    run: (editor) => rotate(editor, -1),
  },
  {
    id: 'rotate-right',
    label: t('Rotate boxes by 1° to the right'),
    group: 'Shapes',
    context: 'image',
    keys: ['.'],
    enabled: hasOne,
    run: (editor) => rotate(editor, 1),
  },
  {
    id: 'group',
    label: t('Group the selected shapes as one instance'),
    group: 'Shapes',
    context: 'image',
    keys: ['G'],
    enabled: hasVisible,
    run: (editor) => regroup(editor, true),
  },
  {
    id: 'ungroup',
    label: t('Ungroup the selected shapes'),
    group: 'Shapes',
    context: 'image',
    keys: ['U'],
    enabled: hasGroup,
    run: (editor) => regroup(editor, false),
  },
]
