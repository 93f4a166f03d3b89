import { type RefObject, useCallback, useEffect, useRef, useState } from 'react'

interface RowsOptions {
  count: number
  /** Screen pixels of each row, or of each column of a horizontal list. */
  size: number
  /** Screen pixels before the first and after the last. */
  padding: number
  /** Rows that are rendered before and after those in sight. */
  overscan: number
  scroller: RefObject<HTMLElement | null>
  horizontal?: boolean
}

/** Index range that is in sight, with `overscan` on either side: from `first` up to and without `end`. */
export function rowsInSight(
  { count, size, padding, overscan }: Pick<RowsOptions, 'count' | 'size' | 'padding' | 'overscan'>,
  offset: number,
  length: number,
): { first: number; end: number } {
  const first = Math.floor((offset - padding) / size) - overscan
  const end = Math.ceil((offset - padding + length) / size) + overscan
  return { first: Math.min(count, Math.max(0, first)), end: Math.min(count, Math.max(0, end)) }
}

/** Scroll position and size of a scrolled element, in screen pixels; 0 until it is on screen. */
export function useSeen(scroller: RefObject<HTMLElement | null>, horizontal = false) {
  const [seen, setSeen] = useState({ offset: 0, length: 0, across: 0 })
  useEffect(() => {
    const element = scroller.current
    if (!element) return
    const look = () => {
      const offset = horizontal ? element.scrollLeft : element.scrollTop
      const length = horizontal ? element.clientWidth : element.clientHeight
      const across = horizontal ? element.clientHeight : element.clientWidth
      setSeen((before) =>
        before.offset === offset && before.length === length && before.across === across
          ? before
          : { offset, length, across },
      )
    }
    const observer = new ResizeObserver(look)
    observer.observe(element)
    element.addEventListener('scroll', look, { passive: true })
    return () => {
      observer.disconnect()
      element.removeEventListener('scroll', look)
    }
  }, [scroller, horizontal])
  return seen
}

/**
 * Which rows of a scrolled list are to be rendered, where all rows have the same size: nothing is kept for each
 * row, so a list of 100,000 costs what one of ten does.
 */
export function useRows({ count, size, padding, overscan, scroller, horizontal }: RowsOptions) {
  const seen = useSeen(scroller, horizontal)
  const last = useRef({ size, padding })
  last.current = { size, padding }
  const scrollTo = useCallback(
    (index: number) => {
      const element = scroller.current
      if (!element) return
      const { size, padding } = last.current
      const middle = padding + (index + 0.5) * size
      if (horizontal) element.scrollLeft = middle - element.clientWidth / 2
      else element.scrollTop = middle - element.clientHeight / 2
    },
    [scroller, horizontal],
  )
  const { first, end } =
    seen.length === 0
      ? { first: 0, end: 0 }
      : rowsInSight({ count, size, padding, overscan }, seen.offset, seen.length)
  return {
    /** Screen pixels of the whole list. */
    total: 2 * padding + count * size,
    rows: Array.from({ length: end - first }, (_, at) => ({
      index: first + at,
      start: padding + (first + at) * size,
    })),
    /** Screen pixels in sight; 0 until the list is on screen. */
    length: seen.length,
    /** Scrolls so that a row is in the middle. */
    scrollTo,
  }
}
