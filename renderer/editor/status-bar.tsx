import { pointerPlace } from '#renderer/canvas/pointer-place.ts'
import { viewport } from '#renderer/canvas/viewport.ts'
import { datasetState } from '#renderer/document/dataset-state.ts'
import { selection } from '#renderer/document/selection.ts'
import { session } from '#renderer/document/session.ts'
import { toolState } from '#renderer/tools/tool-state.ts'
import { useStore } from '#renderer/ui/use-store.ts'
import { t } from '#shared/texts/texts.ts'

function Place() {
  const at = useStore(pointerPlace, ({ image }) =>
    image ? `${image.x.toFixed(1)}, ${image.y.toFixed(1)}` : '',
  )
  const zoom = useStore(viewport, ({ scale }) => Math.round(scale * 100))
  return (
    <>
      <span className="w-28 text-right tabular-nums">{at}</span>
      <span className="w-14 text-right tabular-nums">{zoom} %</span>
    </>
  )
}

/** Always says what the next click, Enter and Esc do. */
export function StatusBar() {
  const image = useStore(session, (state) => state.document?.image)
  const hint = useStore(toolState, ({ active, message }) => message ?? active.hint())
  const message = useStore(toolState, (state) => state.message)
  const scan = useStore(datasetState, (state) => state.scan)
  // The hint depends on what is selected and locked.
  useStore(
    selection,
    ({ selected, vertices, locked }) => `${selected.size} ${vertices.size} ${locked.size}`,
  )
  return (
    <footer className="flex h-7 shrink-0 items-center gap-4 border-t border-line bg-surface px-3 text-xs text-muted">
      <output
        className={
          message ? 'min-w-0 flex-1 truncate font-medium text-text' : 'min-w-0 flex-1 truncate'
        }
        data-hint=""
      >
        {image ? hint : ''}
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
      {image?.width && (
        <span className="tabular-nums">
          {image.width} × {image.height}
        </span>
      )}
      {image?.width && <Place />}
    </footer>
  )
}
