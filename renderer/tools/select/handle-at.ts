import type { Pointer } from '#renderer/tools/tool.ts'
import { distance } from '#shared/geometry/point.ts'
import type { Handle } from '#shared/geometry/shape-geometry.ts'

/** A press this close to a handle grabs it. Screen pixels. */
const HANDLE_RADIUS = 8

/** The handle that a press grabs: the nearest within reach; null if there is none. */
export function handleAt(
  handles: readonly Handle[],
  { at, pixel }: Pick<Pointer, 'at' | 'pixel'>,
): Handle | null {
  let nearest: Handle | null = null
  let best = HANDLE_RADIUS * pixel
  for (const handle of handles) {
    const { x = 0, y = 0 } = handle.offset ?? {}
    const place = { x: handle.at.x + x * pixel, y: handle.at.y + y * pixel }
    // A vertex wins over a midpoint at the same distance.
    const away = distance(place, at) + (handle.role === 'midpoint' ? pixel : 0)
    if (away < best) {
      best = away
      nearest = handle
    }
  }
  return nearest
}
