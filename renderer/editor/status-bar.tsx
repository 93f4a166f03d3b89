import { canvasFrame } from '#renderer/document/canvas-frame.ts'
import { datasetState, type ScanState } from '#renderer/document/dataset-state.ts'
import { statusLine } from '#renderer/document/status-line.ts'
import { toImage } from '#renderer/document/viewport.ts'
import type { Editor } from '#renderer/tools/editor.ts'
import { workspace } from '#renderer/tools/workspace.ts'
import { useStore } from '#renderer/ui/use-store.ts'
import { plural, t } from '#shared/texts/texts.ts'
import { useEditorState } from './use-editor-state.ts'

function Place({ editor }: { editor: Editor }) {
  const pointer = useStore(canvasFrame, (frame) => frame.pointer)
  const at = useStore(editor.view, (view) => {
    if (!pointer) return ''
    const { x, y } = toImage(view, pointer)
    return `${x.toFixed(1)}, ${y.toFixed(1)}`
  })
  const zoom = useStore(editor.view, ({ scale }) => Math.round(scale * 100))
  return (
    <>
      <span className="w-28 text-right tabular-nums">{at}</span>
      <span className="w-14 text-right tabular-nums">{`${zoom}%`}</span>
    </>
  )
}

/** Tells which pictures of the folder are not listed. */
function Masks({ count, folders }: ScanState['masks']) {
  return (
    <span
      className="shrink-0 tabular-nums"
      title={t(
        'These pictures look like masks of the images here, so they are not listed: {folders}. To list them, rename their folder.',
        { folders: folders.map((folder) => folder || '.').join(', ') },
      )}
    >
      {plural(count, '{count} mask not listed', '{count} masks not listed')}
    </span>
  )
}

/** Shows what the next click, Enter and Esc do. */
export function StatusBar() {
  const editor = useStore(workspace, (state) => state.editor)
  const image = editor?.document.image
  const hint = useEditorState(editor, ({ tool }) => tool.getState().active.hint(), '')
  const message = useStore(statusLine, (state) => state.message)
  const scan = useStore(datasetState, (state) => state.scan)
  return (
    <footer className="flex h-7 shrink-0 items-center gap-4 border-t border-line bg-surface px-3 text-xs text-muted">
      <output
        className={
          message ? 'min-w-0 flex-1 truncate font-medium text-text' : 'min-w-0 flex-1 truncate'
        }
        data-hint=""
        title={message ?? hint}
      >
        {message ?? hint}
      </output>
      {scan && scan.state !== 'done' && (
        <span className="tabular-nums">
          {scan.state === 'scanning'
            ? t('{count} images found…', { count: scan.found.toLocaleString() })
            : t('{count} of {count2} read', {
                count: scan.read.toLocaleString(),
                count2: scan.found.toLocaleString(),
              })}
        </span>
      )}
      {scan && scan.masks.count > 0 && <Masks {...scan.masks} />}
      {image?.width && (
        <span className="tabular-nums">
          {image.width} × {image.height}
        </span>
      )}
      {editor && image?.width && <Place editor={editor} />}
    </footer>
  )
}
