import { type RefObject, useEffect } from 'react'
import type { ImageDocument } from '#renderer/document/image-document.ts'
import { CanvasInput } from './input/canvas-input.ts'

/** Listens to pointers, wheel and keys on the canvas for as long as the document is open. */
export function useCanvasInput(
  container: RefObject<HTMLElement | null>,
  document: ImageDocument | null,
  redrawOverlay: () => void,
): void {
  useEffect(() => {
    if (!container.current || !document) return
    const input = new CanvasInput(container.current, document, redrawOverlay)
    return () => input.dispose()
  }, [container, document, redrawOverlay])
}
