import type { Point } from '#shared/model/annotation.ts'
import { distance, midpoint, translatePoint } from './point.ts'
import type { Handle } from './shape-geometry.ts'

/**
 * The handles of a path: one on each vertex (`v:<path>:<index>`), and a ghost in the middle of each edge
 * (`m:<path>:<index>`, the edge that begins at that vertex), which becomes a vertex when dragged.
 */
export function pathHandles(path: readonly Point[], pathIndex: number, closed: boolean): Handle[] {
  const handles: Handle[] = path.map((at, index) => ({
    id: vertexHandleId(pathIndex, index),
    role: 'vertex',
    at,
    cursor: 'move',
  }))
  const edges = closed ? path.length : path.length - 1
  for (let index = 0; index < edges; index++) {
    const from = path[index]
    const to = path[(index + 1) % path.length]
    handles.push({
      id: `m:${pathIndex}:${index}`,
      role: 'midpoint',
      at: midpoint(from, to),
      cursor: 'copy',
      span: distance(from, to),
    })
  }
  return handles
}

export function vertexHandleId(pathIndex: number, index: number): string {
  return `v:${pathIndex}:${index}`
}

export function parseVertexHandle(
  handleId: string,
): { ghost: boolean; pathIndex: number; index: number } | null {
  const match = /^([vm]):(\d+):(\d+)$/.exec(handleId)
  return match && { ghost: match[1] === 'm', pathIndex: Number(match[2]), index: Number(match[3]) }
}

/** The path with the handle's vertex at `to`; inserts the vertex of a ghost. */
export function withVertexAt(
  path: readonly Point[],
  handle: { ghost: boolean; index: number },
  to: Point,
): Point[] {
  return handle.ghost
    ? [...path.slice(0, handle.index + 1), to, ...path.slice(handle.index + 1)]
    : path.with(handle.index, to)
}

/** The path with the given vertices moved. */
export function withVerticesMoved(
  path: readonly Point[],
  pathIndex: number,
  handleIds: ReadonlySet<string>,
  dx: number,
  dy: number,
): Point[] {
  return path.map((point, index) =>
    handleIds.has(vertexHandleId(pathIndex, index)) ? translatePoint(point, dx, dy) : point,
  )
}

/** The path without the given vertices. */
export function withoutVertices(
  path: readonly Point[],
  pathIndex: number,
  handleIds: ReadonlySet<string>,
): Point[] {
  return path.filter((_, index) => !handleIds.has(vertexHandleId(pathIndex, index)))
}
