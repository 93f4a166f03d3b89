import { FolderSearch, ImageOff, Images, LoaderCircle } from 'lucide-react'
import { useDeferredValue, useEffect, useRef } from 'react'
import { AccountBanner } from '#renderer/account/account-state.tsx'
import { ColdBanner } from '#renderer/account/cold-banner.tsx'
import { actionById } from '#renderer/actions/actions.ts'
import { appState, showDialog } from '#renderer/actions/app-state.ts'
import { perform } from '#renderer/actions/dispatch.ts'
import { logFault } from '#renderer/actions/faults.ts'
import { releaseImages } from '#renderer/canvas/image-loader.ts'
import { cloudState } from '#renderer/document/cloud-state.ts'
import { datasetState } from '#renderer/document/dataset-state.ts'
import { Filmstrip } from '#renderer/gallery/filmstrip.tsx'
import { Gallery } from '#renderer/gallery/gallery.tsx'
import { workspace } from '#renderer/tools/workspace.ts'
import { Button } from '#renderer/ui/button.tsx'
import { ErrorBoundary } from '#renderer/ui/error-boundary.tsx'
import { EmptyState, ErrorNote } from '#renderer/ui/feedback.tsx'
import { Splitter } from '#renderer/ui/splitter.tsx'
import { useStore } from '#renderer/ui/use-store.ts'
import type { Settings } from '#shared/contract/settings.ts'
import type { Dataset } from '#shared/model/dataset.ts'
import { t } from '#shared/texts/texts.ts'
import { CanvasPanel } from './canvas-panel.tsx'
import { ConflictBar } from './conflict-bar.tsx'
import { DraftBanner } from './draft-banner.tsx'
import { InstructionsCard } from './instructions-card.tsx'
import { LabelFilesNotice } from './label-files-notice.tsx'
import { SidePanel } from './side-panel.tsx'
import { StatusBar } from './status-bar.tsx'
import { ToolRail } from './tool-rail.tsx'
import { TopBar } from './top-bar.tsx'
import { useImagePlace } from './use-image-place.ts'
import { useSize } from './use-sizes.ts'

/** Instead of the canvas while there is no image. */
function NoImages({ dataset }: { dataset: Dataset }) {
  const scan = useStore(datasetState, (state) => state.scan)
  const loaded = useStore(datasetState, (state) => state.loaded)
  if (dataset.missing)
    return (
      <EmptyState icon={<FolderSearch />} title={t('Folder not found')}>
        <p className="mb-3 break-all">{dataset.root}</p>
        <Button onClick={() => showDialog({ kind: 'relocate', datasetId: dataset.id })}>
          {t('Locate…')}
        </Button>
      </EmptyState>
    )
  if (!loaded || (scan && scan.state === 'scanning'))
    return (
      <EmptyState
        icon={<LoaderCircle className="animate-spin" />}
        title={dataset.remote ? t('Loading the list of images…') : t('Scanning the folder…')}
      />
    )
  if (scan?.problems.length)
    return (
      <EmptyState
        icon={<ImageOff />}
        title={dataset.remote ? t('Couldn’t list the images') : t('Couldn’t read the folder')}
      >
        {scan.problems[0]}
      </EmptyState>
    )
  if (dataset.remote)
    return (
      <EmptyState icon={<Images />} title={t('No images in this dataset yet')}>
        <p className="mb-3">{t('Drop a folder, images or a ZIP on this window to upload them.')}</p>
        <Button variant="primary" onClick={() => void perform(actionById('upload'))}>
          {t('Upload…')}
        </Button>
      </EmptyState>
    )
  return (
    <EmptyState icon={<Images />} title={t('No images in this folder')}>
      {t('Add JPEG, PNG, GIF, BMP, WebP, TIFF or HEIC files, and they appear here.')}
    </EmptyState>
  )
}

/** Lists folders that could not be read. */
function ScanProblems() {
  const problems = useStore(datasetState, (state) => state.scan?.problems) ?? []
  const images = useStore(datasetState, (state) => state.images.length)
  if (problems.length === 0 || images === 0) return null
  return (
    <div className="absolute right-3 bottom-3 z-10 max-w-md">
      <ErrorNote>
        {problems.length > 1
          ? t('{problem} (and {count} more)', {
              problem: problems[0],
              count: problems.length - 1,
            })
          : problems[0]}
      </ErrorNote>
    </div>
  )
}

export function DatasetScreen({ dataset, settings }: { dataset: Dataset; settings: Settings }) {
  // Decoded images are released with their dataset.
  // biome-ignore lint/correctness/useExhaustiveDependencies: another dataset may take the place of this one
  useEffect(() => releaseImages, [dataset.id])
  const hasImages = useStore(datasetState, (state) => state.images.length > 0)
  const isGallery = useStore(appState, (state) => state.isGallery)
  const editor = useStore(workspace, (state) => state.editor)
  return (
    <div className="flex h-full flex-col">
      <ErrorBoundary region={t('The top bar')} onError={logFault}>
        <TopBar settings={settings} />
      </ErrorBoundary>
      {dataset.remote && <RemoteBanner remote={dataset.remote} />}
      {dataset.remote?.isCold && <ColdBanner remote={dataset.remote} name={dataset.name} />}
      <LabelFilesNotice dataset={dataset} settings={settings} />
      {dataset.remote && !isGallery && editor && <ConflictBar editor={editor} />}
      {isGallery && hasImages ? (
        <ErrorBoundary region={t('The gallery')} onError={logFault}>
          <Gallery dataset={dataset} />
        </ErrorBoundary>
      ) : (
        <OneImage dataset={dataset} settings={settings} />
      )}
    </div>
  )
}

function RemoteBanner({ remote }: { remote: NonNullable<Dataset['remote']> }) {
  const account = useStore(cloudState, ({ accounts }) =>
    accounts.find(({ id }) => id === remote.accountId),
  )
  const waiting = useStore(cloudState, ({ sync }) => sync[remote.accountId]?.waiting)
  return account ? <AccountBanner account={account} waiting={waiting ?? remote.waiting} /> : null
}

/** One image on the canvas, with tools, classes and labels around it. */
function OneImage({ dataset, settings }: { dataset: Dataset; settings: Settings }) {
  // Paints the next image first, and the panels one frame later.
  const editor = useStore(workspace, (state) => state.editor)
  const beside = useDeferredValue(editor)
  const place = useRef<HTMLDivElement>(null)
  useImagePlace(place)
  const strip = useSize('filmstripHeight', settings)
  const isImageOnly = useStore(appState, (state) => state.isImageOnly)
  const hasImages = useStore(datasetState, (state) => state.images.length > 0)
  return (
    <>
      <main className="flex min-h-0 flex-1">
        {!isImageOnly && (
          <ErrorBoundary region={t('The toolbar')} onError={logFault}>
            <ToolRail />
          </ErrorBoundary>
        )}
        <div ref={place} className="relative flex min-w-0 flex-1 flex-col">
          <ErrorBoundary region={t('The image')} onError={logFault}>
            {hasImages ? <CanvasPanel settings={settings} /> : <NoImages dataset={dataset} />}
          </ErrorBoundary>
          {editor && <DraftBanner document={editor.document} />}
          <ScanProblems />
          {editor && <InstructionsCard dataset={dataset} settings={settings} />}
        </div>
        {settings.showPanel && !isImageOnly && (
          <SidePanel datasetId={dataset.id} editor={beside} settings={settings} />
        )}
      </main>
      {hasImages && settings.showFilmstrip && !isImageOnly && (
        <ErrorBoundary region={t('The filmstrip')} onError={logFault}>
          <section aria-label={t('Filmstrip')} className="flex shrink-0 flex-col">
            <Splitter
              label={t('Height of the filmstrip')}
              orientation="horizontal"
              direction={-1}
              {...strip.splitter}
            />
            <Filmstrip height={strip.size} />
          </section>
        </ErrorBoundary>
      )}
      <ErrorBoundary region={t('The status bar')} onError={logFault}>
        <StatusBar />
      </ErrorBoundary>
    </>
  )
}
