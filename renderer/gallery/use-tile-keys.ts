import { type KeyboardEvent, type RefObject, useEffect, useRef, useState } from 'react'
import type { OrderedImages } from './gallery-sort.ts'

/** Where a key leads from an index in a grid; null for keys that lead nowhere. `rows`: that are seen at once. */
export function indexAfterKey(
  key: string,
  index: number,
  { count, columns, rows }: { count: number; columns: number; rows: number },
): number | null {
  const steps: Record<string, number> = {
    ArrowLeft: -1,
    ArrowRight: 1,
    ArrowUp: -columns,
    ArrowDown: columns,
    PageUp: -columns * rows,
    PageDown: columns * rows,
    Home: -count,
    End: count,
  }
  const step = steps[key]
  if (step === undefined || count === 0) return null
  const next = index + step
  // Up from the first row and down from the last lead nowhere; pages and ends stop at the last image.
  if (key.startsWith('Arrow') && (next < 0 || next >= count)) return index
  return Math.max(0, Math.min(count - 1, next))
}

/** One tile takes the focus; arrow keys, pages and ends move it, also to tiles that are not rendered yet. */
export function useTileKeys({
  images,
  columns,
  rowHeight,
  scroller,
  first,
}: {
  images: OrderedImages
  columns: number
  /** Screen pixels. */
  rowHeight: number
  scroller: RefObject<HTMLElement | null>
  /** The image that has the focus at first; null: the first one. */
  first: string | null
}) {
  const [activeId, setActiveId] = useState(first)
  const wanted = useRef<string | null>(null)
  const active = activeId !== null && images.indexOf(activeId) >= 0 ? activeId : images.at(0)?.id
  // The tile is rendered once it was scrolled to.
  useEffect(() => {
    if (wanted.current === null) return
    const tile = scroller.current?.querySelector<HTMLElement>(
      `[data-image-id="${CSS.escape(wanted.current)}"]`,
    )
    if (!tile) return
    wanted.current = null
    tile.focus({ preventScroll: true })
  })
  /** The image that a key leads to; null when it is no such key. */
  const move = (event: KeyboardEvent): string | null => {
    const element = scroller.current
    if (!element || event.altKey || event.ctrlKey || event.metaKey) return null
    const from = active === undefined ? 0 : images.indexOf(active)
    const rows = Math.max(1, Math.floor(element.clientHeight / rowHeight))
    const index = indexAfterKey(event.key, from, { count: images.length, columns, rows })
    const image = index === null ? undefined : images.at(index)
    if (index === null || !image) return null
    wanted.current = image.id
    setActiveId(image.id)
    const top = Math.floor(index / columns) * rowHeight
    if (top < element.scrollTop) element.scrollTop = top
    else if (top + 2 * rowHeight > element.scrollTop + element.clientHeight)
      element.scrollTop = top + 2 * rowHeight - element.clientHeight
    return image.id
  }
  return { active, move, setActive: setActiveId }
}
