import { say } from '#renderer/document/status-line.ts'
import type { Editor } from '#renderer/tools/editor.ts'
import { repairPolygon, selfCrossings } from '#shared/geometry/crossings.ts'
import { holesOf, joinPaths, splitPath, splitRing } from '#shared/geometry/path-ops.ts'
import { parseVertexHandle } from '#shared/geometry/vertex-path.ts'
import { type Annotation, newId, type Shape } from '#shared/model/annotation.ts'
import type { ChangeSet } from '#shared/model/change-set.ts'
import { t } from '#shared/texts/texts.ts'
import type { Action } from './action.ts'

function editable<K extends Shape['kind']>(
  { selection }: Editor,
  kind: K,
): (Annotation & { shape: Extract<Shape, { kind: K }> })[] {
  return selection
    .editable()
    .filter(
      (annotation): annotation is Annotation & { shape: Extract<Shape, { kind: K }> } =>
        annotation.shape.kind === kind,
    )
}

const polygons = (editor: Editor) => editable(editor, 'polygon')
const polylines = (editor: Editor) => editable(editor, 'polyline')

/** The annotation keeps the first shape; the others become new annotations. */
function replaceBy(before: Annotation, [first, ...others]: readonly Shape[]): ChangeSet {
  return {
    created: others.map((shape) => ({ ...before, id: newId(), shape })),
    updated: [{ before, after: { ...before, shape: first } }],
    deleted: [],
  }
}

function commit(editor: Editor, label: string, changes: ChangeSet): void {
  editor.edit(label, changes)
  editor.selection.select([
    ...changes.updated.map(({ after }) => after.id),
    ...changes.created.map(({ id }) => id),
  ])
}

/** A polygon along the chord between two selected points, a polyline at one. */
function split(editor: Editor): void {
  const chosen = [...editor.selection.state.getState().vertices].flatMap(
    (id) => parseVertexHandle(id) ?? [],
  )
  const [polygon] = polygons(editor)
  const [polyline] = polylines(editor)
  if (polyline && chosen.length === 1) {
    const parts = splitPath(polyline.shape.points, chosen[0].index)
    if (parts)
      commit(
        editor,
        t('Split polyline'),
        replaceBy(
          polyline,
          parts.map((points) => ({ kind: 'polyline', points })),
        ),
      )
    else say(t('Select a point between the ends of the polyline to split it there'))
    return
  }
  const [first, second] = chosen
  if (!polygon || chosen.length !== 2 || first.pathIndex !== 0 || second.pathIndex !== 0) {
    say(t('Select two points of a polygon’s outline (Shift+click), or one point of a polyline'))
    return
  }
  if (polygon.shape.rings.length > 1) {
    say(t('A polygon with holes is cut with the slice tool (X)'))
    return
  }
  const parts = splitRing(polygon.shape.rings[0], first.index, second.index)
  if (parts)
    commit(
      editor,
      t('Split polygon'),
      replaceBy(
        polygon,
        parts.map((ring) => ({ kind: 'polygon', rings: [ring] })),
      ),
    )
  else say(t('The line between the two points must run inside the polygon, and not along its edge'))
}

/** Joins two polylines, or closes a single one to a polygon. */
function join(editor: Editor): void {
  const [first, second, ...more] = polylines(editor)
  if (more.length > 0) {
    say(t('Select two polylines to join'))
    return
  }
  if (second) {
    const points = joinPaths(first.shape.points, second.shape.points)
    commit(editor, t('Join polylines'), {
      created: [],
      updated: [{ before: first, after: { ...first, shape: { kind: 'polyline', points } } }],
      deleted: [second],
    })
    return
  }
  const { points } = first.shape
  const [start] = points
  const end = points[points.length - 1]
  if (points.length < 3 || (start.x === end.x && start.y === end.y)) {
    say(
      points.length < 3
        ? t('It needs at least three points to close')
        : t('Its ends are already joined'),
    )
    return
  }
  commit(
    editor,
    t('Join ends'),
    replaceBy(first, [{ kind: 'polyline', points: [...points, start] }]),
  )
}

const withHoles = (editor: Editor) => polygons(editor).filter(({ shape }) => shape.rings.length > 1)

function splitOffHoles(editor: Editor): void {
  const owners = withHoles(editor)
  const created = owners.flatMap((owner) =>
    holesOf(owner.shape).map((shape) => ({ ...owner, id: newId(), shape })),
  )
  editor.edit(t('Split off holes'), { created, updated: [], deleted: [] })
  editor.selection.select(created.map(({ id }) => id))
}

function fillHoles(editor: Editor): void {
  const updated = withHoles(editor).map((before) => ({
    before,
    after: { ...before, shape: { ...before.shape, rings: before.shape.rings.slice(0, 1) } },
  }))
  editor.edit(t('Fill holes'), { created: [], updated, deleted: [] })
}

const crossed = (editor: Editor) =>
  polygons(editor).filter(({ shape }) => selfCrossings(shape).length > 0)

/** Repairs selected polygons that cross themselves. */
export function repairSelected(editor: Editor): void {
  const repaired = crossed(editor).map((annotation) => ({
    annotation,
    shapes: repairPolygon(annotation.shape),
  }))
  const changes = repaired
    .filter(({ shapes }) => shapes.length > 0)
    .map(({ annotation, shapes }) => replaceBy(annotation, shapes))
  if (changes.length === 0) {
    say(t('No selected polygon crosses itself'))
    return
  }
  commit(editor, t('Repair crossing'), {
    created: changes.flatMap(({ created }) => created),
    updated: changes.flatMap(({ updated }) => updated),
    deleted: [],
  })
  const shapes = changes.reduce((sum, { created }) => sum + created.length + 1, 0)
  say(
    t('{length} repaired: now {shapes} polygons without crossings', {
      length: changes.length,
      shapes,
    }),
  )
}

export const PATH_ACTIONS: readonly Action[] = [
  {
    id: 'split',
    label: t('Split the shape at the selected points'),
    group: 'Shapes',
    context: 'image',
    keys: ['Alt+X'],
    enabled: (editor) => polygons(editor).length + polylines(editor).length === 1,
    run: split,
  },
  {
    id: 'join',
    label: t('Join two polylines, or the ends of one'),
    group: 'Shapes',
    context: 'image',
    keys: ['J'],
    enabled: (editor) => polylines(editor).length > 0,
    run: join,
  },
  {
    id: 'split-off-holes',
    label: t('Split off holes as shapes of their own'),
    group: 'Shapes',
    context: 'image',
    keys: [],
    enabled: (editor) => withHoles(editor).length > 0,
    run: splitOffHoles,
  },
  {
    id: 'fill-holes',
    label: t('Fill holes'),
    group: 'Shapes',
    context: 'image',
    keys: [],
    enabled: (editor) => withHoles(editor).length > 0,
    run: fillHoles,
  },
  {
    id: 'repair',
    label: t('Repair polygons that cross themselves'),
    group: 'Shapes',
    context: 'image',
    keys: [],
    enabled: (editor) => polygons(editor).length > 0,
    run: repairSelected,
  },
]
