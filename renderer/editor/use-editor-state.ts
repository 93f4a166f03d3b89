import { useCallback, useSyncExternalStore } from 'react'
import type { Editor } from '#renderer/tools/editor.ts'

/** Something of the open image that may change at any time; `none` while no image is open. It must stay equal while nothing changes. */
export function useEditorState<T>(editor: Editor | null, read: (editor: Editor) => T, none: T): T {
  const subscribe = useCallback(
    (listener: () => void) => editor?.subscribe(listener) ?? (() => {}),
    [editor],
  )
  return useSyncExternalStore(subscribe, () => (editor ? read(editor) : none))
}
