import { useCallback, useSyncExternalStore } from 'react'
import type { Editor } from '#renderer/tools/editor.ts'

/** Subscribes to a value of the open image; `none` while no image is open. The value must stay equal while nothing changes. */
export function useEditorState<T>(editor: Editor | null, read: (editor: Editor) => T, none: T): T {
  const subscribe = useCallback(
    (listener: () => void) => editor?.subscribe(listener) ?? (() => {}),
    [editor],
  )
  return useSyncExternalStore(subscribe, () => (editor ? read(editor) : none))
}
