import { type RefObject, useLayoutEffect } from 'react'

/** Publishes the canvas position as CSS variables, so that notices cover only the image. */
export function useImagePlace(place: RefObject<HTMLElement | null>): void {
  useLayoutEffect(() => {
    const element = place.current
    if (!element) return
    const { style } = document.documentElement
    const tell = () => {
      const { left, bottom } = element.getBoundingClientRect()
      style.setProperty('--left-of-image', `${Math.round(left)}px`)
      style.setProperty('--below-image', `${Math.round(window.innerHeight - bottom)}px`)
    }
    const observer = new ResizeObserver(tell)
    observer.observe(element)
    return () => {
      observer.disconnect()
      style.removeProperty('--left-of-image')
      style.removeProperty('--below-image')
    }
  }, [place])
}
