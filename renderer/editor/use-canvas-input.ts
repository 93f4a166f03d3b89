import { type RefObject, useEffect } from 'react'
import type { Editor } from '#renderer/tools/editor.ts'
import { CanvasInput } from './input/canvas-input.ts'

/** Listens to pointers, wheel and keys on the canvas for as long as the image is open. */
export function useCanvasInput(
  container: RefObject<HTMLElement | null>,
  editor: Editor | null,
  redrawOverlay: () => void,
): void {
  useEffect(() => {
    if (!container.current || !editor) return
    const input = new CanvasInput(container.current, editor, redrawOverlay)
    return () => input.dispose()
  }, [container, editor, redrawOverlay])
}
