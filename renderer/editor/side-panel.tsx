import { Tabs } from 'radix-ui'
import { useCallback } from 'react'
import { logFault } from '#renderer/actions/faults.ts'
import { ProposalsPanel } from '#renderer/proposals/proposals-panel.tsx'
import { useProposals } from '#renderer/proposals/use-proposals.ts'
import type { Editor } from '#renderer/tools/editor.ts'
import { ErrorBoundary } from '#renderer/ui/error-boundary.tsx'
import { Splitter } from '#renderer/ui/splitter.tsx'
import { useVersion } from '#renderer/ui/use-store.ts'
import type { Settings } from '#shared/contract/settings.ts'
import { t } from '#shared/texts/texts.ts'
import { AnnotationsPanel } from './side-panels/annotations/annotations-panel.tsx'
import { ClassesPanel } from './side-panels/classes/classes-panel.tsx'
import { HistoryPanel } from './side-panels/history-panel.tsx'
import { PropertiesPanel } from './side-panels/properties-panel.tsx'
import { useSize } from './use-sizes.ts'

const TAB =
  'h-8 border-b-2 border-transparent px-2 text-xs font-semibold text-muted data-[state=active]:border-accent data-[state=active]:text-text'

function ImageTabs({ editor }: { editor: Editor }) {
  const { document } = editor
  useVersion(document.annotations)
  const { shown } = useProposals(editor)
  return (
    <Tabs.Root defaultValue="annotations" className="flex min-h-28 flex-1 flex-col">
      <Tabs.List
        aria-label={t('This image')}
        className="flex shrink-0 gap-1 border-b border-line px-1"
      >
        <Tabs.Trigger value="annotations" className={TAB}>
          {t('Annotations')}{' '}
          <span className="tabular-nums">{document.annotations.list.length || ''}</span>
        </Tabs.Trigger>
        <Tabs.Trigger value="proposals" className={TAB}>
          {t('Proposals')} <span className="tabular-nums">{shown.length || ''}</span>
        </Tabs.Trigger>
        <Tabs.Trigger value="history" className={TAB}>
          {t('History')}
        </Tabs.Trigger>
      </Tabs.List>
      <Tabs.Content value="annotations" className="min-h-0 flex-1">
        <AnnotationsPanel editor={editor} />
      </Tabs.Content>
      <Tabs.Content value="proposals" className="min-h-0 flex-1">
        <ProposalsPanel editor={editor} />
      </Tabs.Content>
      <Tabs.Content value="history" className="min-h-0 flex-1">
        <HistoryPanel document={document} />
      </Tabs.Content>
    </Tabs.Root>
  )
}

/** Classes above, the labels of the open image below. `editor`: of the image that the panel is about. */
export function SidePanel({
  datasetId,
  editor,
  settings,
}: {
  datasetId: string
  editor: Editor | null
  settings: Settings
}) {
  const width = useSize('panelWidth', settings)
  const classes = useSize('classesHeight', settings)
  const panelRef = useCallback(
    (element: HTMLElement | null) => element?.style.setProperty('width', `${width.size}px`),
    [width.size],
  )
  const classesRef = useCallback(
    (element: HTMLElement | null) => element?.style.setProperty('height', `${classes.size}px`),
    [classes.size],
  )
  return (
    <>
      <Splitter
        label={t('Width of the side panel')}
        orientation="vertical"
        direction={-1}
        {...width.splitter}
      />
      <aside
        ref={panelRef}
        data-region=""
        aria-label={t('Classes and annotations')}
        // The panel may be wide from a larger window; here the image keeps most of the width.
        className="flex max-w-[45vw] shrink-0 flex-col overflow-y-auto bg-surface"
      >
        <div ref={classesRef} className="flex max-h-[50%] min-h-24 flex-col">
          <ErrorBoundary region={t('The list of classes')} onError={logFault}>
            <ClassesPanel datasetId={datasetId} />
          </ErrorBoundary>
        </div>
        <Splitter
          label={t('Height of the list of classes')}
          orientation="horizontal"
          direction={1}
          {...classes.splitter}
        />
        {editor && (
          <ErrorBoundary
            key={editor.document.image.id}
            region={t('The list of annotations')}
            onError={logFault}
          >
            <ImageTabs editor={editor} />
          </ErrorBoundary>
        )}
        {editor && (
          <ErrorBoundary
            key={`properties ${editor.document.image.id}`}
            region={t('The properties')}
            onError={logFault}
          >
            <PropertiesPanel editor={editor} />
          </ErrorBoundary>
        )}
      </aside>
    </>
  )
}
