import { isLocked, select, selection } from '#renderer/document/selection.ts'
import { session } from '#renderer/document/session.ts'
import { say, selectedAnnotations } from '#renderer/tools/tool-state.ts'
import { repairPolygon, selfCrossings } from '#shared/geometry/crossings.ts'
import { holesOf, joinPaths, splitPath, splitRing } from '#shared/geometry/path-ops.ts'
import { parseVertexHandle } from '#shared/geometry/vertex-path.ts'
import { type Annotation, newId, type Shape } from '#shared/model/annotation.ts'
import type { ChangeSet } from '#shared/model/change-set.ts'
import { t } from '#shared/texts/texts.ts'
import type { Action } from './action.ts'

function editable<K extends Shape['kind']>(
  kind: K,
): (Annotation & { shape: Extract<Shape, { kind: K }> })[] {
  return selectedAnnotations().filter(
    (annotation): annotation is Annotation & { shape: Extract<Shape, { kind: K }> } =>
      annotation.shape.kind === kind && !isLocked(annotation),
  )
}

const polygons = () => editable('polygon')
const polylines = () => editable('polyline')

/** The annotation as the first of the shapes, new ones for the others. */
function replaceBy(before: Annotation, [first, ...others]: readonly Shape[]): ChangeSet {
  return {
    created: others.map((shape) => ({ ...before, id: newId(), shape })),
    updated: [{ before, after: { ...before, shape: first } }],
    deleted: [],
  }
}

function commit(label: string, changes: ChangeSet): void {
  session.getState().document?.edit(label, changes)
  select([...changes.updated.map(({ after }) => after.id), ...changes.created.map(({ id }) => id)])
}

/** A polygon along the chord between two selected points, a polyline at one. */
function split(): void {
  const chosen = [...selection.getState().vertices].flatMap((id) => parseVertexHandle(id) ?? [])
  const [polygon] = polygons()
  const [polyline] = polylines()
  if (polyline && chosen.length === 1) {
    const parts = splitPath(polyline.shape.points, chosen[0].index)
    if (parts)
      commit(
        t('Split polyline'),
        replaceBy(
          polyline,
          parts.map((points) => ({ kind: 'polyline', points })),
        ),
      )
    else say(t('A polyline is split at a point between its ends'))
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
      t('Split polygon'),
      replaceBy(
        polygon,
        parts.map((ring) => ({ kind: 'polygon', rings: [ring] })),
      ),
    )
  else say(t('The line between the two points must run inside the polygon, and not along its edge'))
}

/** Two polylines become one; the ends of a single one are joined to a ring. */
function join(): void {
  const [first, second, ...more] = polylines()
  if (more.length > 0) {
    say(t('Two polylines at a time are joined'))
    return
  }
  if (second) {
    const points = joinPaths(first.shape.points, second.shape.points)
    commit(t('Join polylines'), {
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
        ? t('It needs three points to be closed')
        : t('Its ends are joined already'),
    )
    return
  }
  commit(t('Join ends'), replaceBy(first, [{ kind: 'polyline', points: [...points, start] }]))
}

const withHoles = () => polygons().filter(({ shape }) => shape.rings.length > 1)

function splitOffHoles(): void {
  const owners = withHoles()
  const created = owners.flatMap((owner) =>
    holesOf(owner.shape).map((shape) => ({ ...owner, id: newId(), shape })),
  )
  session.getState().document?.edit(t('Split off holes'), { created, updated: [], deleted: [] })
  select(created.map(({ id }) => id))
}

function fillHoles(): void {
  const updated = withHoles().map((before) => ({
    before,
    after: { ...before, shape: { ...before.shape, rings: before.shape.rings.slice(0, 1) } },
  }))
  session.getState().document?.edit(t('Fill holes'), { created: [], updated, deleted: [] })
}

const crossed = () => polygons().filter(({ shape }) => selfCrossings(shape).length > 0)

/** Polygons of the selection that cross themselves become ones that do not. */
export function repairSelected(): void {
  const repaired = crossed().map((annotation) => ({
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
  commit(t('Repair crossing'), {
    created: changes.flatMap(({ created }) => created),
    updated: changes.flatMap(({ updated }) => updated),
    deleted: [],
  })
  const shapes = changes.reduce((sum, { created }) => sum + created.length + 1, 0)
  say(
    t('{length} repaired, as {shapes} polygons that do not cross themselves', {
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
    context: 'canvas',
    keys: ['Alt+X'],
    enabled: () => polygons().length + polylines().length === 1,
    run: split,
  },
  {
    id: 'join',
    label: t('Join two polylines, or the ends of one'),
    group: 'Shapes',
    context: 'canvas',
    keys: ['J'],
    enabled: () => polylines().length > 0,
    run: join,
  },
  {
    id: 'split-off-holes',
    label: t('Split off holes as shapes of their own'),
    group: 'Shapes',
    context: 'canvas',
    keys: [],
    enabled: () => withHoles().length > 0,
    run: splitOffHoles,
  },
  {
    id: 'fill-holes',
    label: t('Fill holes'),
    group: 'Shapes',
    context: 'canvas',
    keys: [],
    enabled: () => withHoles().length > 0,
    run: fillHoles,
  },
  {
    id: 'repair',
    label: t('Repair polygons that cross themselves'),
    group: 'Shapes',
    context: 'canvas',
    keys: [],
    enabled: () => polygons().length > 0,
    run: repairSelected,
  },
]
