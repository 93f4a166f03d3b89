import { House, Keyboard, LayoutGrid, Redo2, Settings2, Undo2 } from 'lucide-react'
import { actionById } from '#renderer/actions/actions.ts'
import { appState, focusCanvas } from '#renderer/actions/app-state.ts'
import { perform } from '#renderer/actions/dispatch.ts'
import { changeImages, type ImageChange } from '#renderer/actions/image-facts.ts'
import { shownKey } from '#renderer/actions/shortcuts.ts'
import { datasetState, imageById } from '#renderer/document/dataset-state.ts'
import type { ImageDocument } from '#renderer/document/image-document.ts'
import { DetectIndicator } from '#renderer/proposals/detect-indicator.tsx'
import { workspace } from '#renderer/tools/workspace.ts'
import { SyncIndicator } from '#renderer/transfers/sync-indicator.tsx'
import { TransferIndicator } from '#renderer/transfers/transfer-indicator.tsx'
import { WorkIndicator } from '#renderer/transfers/work-indicator.tsx'
import { IconButton } from '#renderer/ui/button.tsx'
import { classNames } from '#renderer/ui/class-names.ts'
import { SplitOptions, StageOptions } from '#renderer/ui/fact-options.tsx'
import { SelectField } from '#renderer/ui/field.tsx'
import { useStore } from '#renderer/ui/use-store.ts'
import type { Settings } from '#shared/contract/settings.ts'
import { type DatasetImage, splitSchema, stageSchema } from '#shared/model/dataset.ts'
import { directoryOf, fileNameOf } from '#shared/model/paths.ts'
import { t } from '#shared/texts/texts.ts'
import { DatasetButtons } from './dataset-buttons.tsx'
import { SaveIndicator } from './save-indicator.tsx'
import { ViewMenu } from './view-menu.tsx'

const SELECT = 'h-7 w-auto shrink-0 px-1.5 text-xs'

function History({ document }: { document: ImageDocument }) {
  const history = useStore(document.history)
  const isGallery = useStore(appState, (state) => state.isGallery)
  // Undo is disabled while the image is not on screen.
  const { undo, redo } = isGallery ? { undo: null, redo: null } : history
  return (
    <div className="flex">
      <IconButton
        label={undo ? t('Undo: {undo}', { undo }) : t('Nothing to undo')}
        disabled={!undo}
        onClick={() => void perform(actionById('undo'))}
      >
        <Undo2 />
      </IconButton>
      <IconButton
        label={redo ? t('Redo: {redo}', { redo }) : t('Nothing to redo')}
        disabled={!redo}
        onClick={() => void perform(actionById('redo'))}
      >
        <Redo2 />
      </IconButton>
    </div>
  )
}

function ImageState({ image }: { image: DatasetImage }) {
  const update = (change: ImageChange) => {
    // A focused list would handle the next shortcut as a choice.
    focusCanvas()
    void changeImages([image.id], change)
  }
  return (
    <>
      <SelectField
        aria-label={t('Stage')}
        className={SELECT}
        value={image.stage}
        onChange={(event) => update({ stage: stageSchema.parse(event.target.value) })}
      >
        <StageOptions />
      </SelectField>
      <SelectField
        aria-label={t('Split')}
        className={SELECT}
        value={image.split ?? ''}
        onChange={(event) =>
          update({
            split: event.target.value === '' ? null : splitSchema.parse(event.target.value),
          })
        }
      >
        <option value="">{t('No split')}</option>
        <SplitOptions />
      </SelectField>
    </>
  )
}

export function TopBar({ settings }: { settings: Settings }) {
  const dataset = useStore(datasetState, (state) => state.dataset)
  const isGallery = useStore(appState, (state) => state.isGallery)
  const imageId = useStore(workspace, (state) => state.imageId)
  const document = useStore(workspace, ({ editor }) => editor?.document)
  const image = useStore(datasetState, () => (imageId === null ? undefined : imageById(imageId)))
  const place = useStore(datasetState, ({ images }) => {
    const index = imageId === null ? -1 : images.indexOf(imageId)
    return index < 0 ? '' : `${index + 1} / ${images.length}`
  })
  return (
    <header
      data-region=""
      className="flex min-h-11 shrink-0 flex-wrap items-center justify-end gap-x-1.5 border-b border-line bg-surface px-2 max-[800px]:pb-1 min-[1100px]:gap-x-3"
    >
      <IconButton
        label={t('Back to the start screen')}
        onClick={() => void perform(actionById('close-dataset'))}
      >
        <House />
      </IconButton>
      <div className="flex h-11 min-w-44 flex-1 items-center gap-2 max-[800px]:min-w-[70%]">
        <h1
          className={classNames(
            'min-w-0 truncate text-sm font-semibold',
            // In a narrow window, the file name matters more.
            image && !isGallery && 'max-w-[30%] max-[1100px]:sr-only',
          )}
          title={dataset?.name}
        >
          {dataset?.name}
        </h1>
        {image && !isGallery && (
          <p className="flex min-w-0 flex-initial text-sm text-muted" title={image.path}>
            {directoryOf(image.path) !== '' && (
              <>
                {/* Even a fraction of a pixel less would cut the file name, so only the directory shrinks. */}
                <span className="min-w-0 shrink-[100000] truncate max-[1100px]:hidden">
                  {directoryOf(image.path)}
                </span>
                <span className="shrink-0 max-[1100px]:hidden">&nbsp;/&nbsp;</span>
              </>
            )}
            <span data-file-name="" className="min-w-0 truncate text-text">
              {fileNameOf(image.path)}
            </span>
          </p>
        )}
        {place !== '' && !isGallery && (
          <button
            type="button"
            title={t('Go to image ({key})', { key: shownKey(actionById('go-to-image')) })}
            onClick={() => void perform(actionById('go-to-image'))}
            className="shrink-0 rounded px-1 text-xs text-muted tabular-nums hover:bg-hover hover:text-text"
          >
            {place}
          </button>
        )}
      </div>
      <WorkIndicator />
      <DetectIndicator />
      <TransferIndicator />
      {dataset?.remote && <SyncIndicator remote={dataset.remote} />}
      <SaveIndicator />
      {image && !isGallery && <ImageState image={image} />}
      {document && !isGallery && <History document={document} />}
      <IconButton
        label={
          isGallery
            ? t('Back to the image ({key})', { key: shownKey(actionById('gallery')) })
            : t('Gallery ({key})', { key: shownKey(actionById('gallery')) })
        }
        pressed={isGallery}
        onClick={() => void perform(actionById('gallery'))}
      >
        <LayoutGrid />
      </IconButton>
      <ViewMenu settings={settings} />
      <span className="h-5 w-px bg-line" />
      {dataset && <DatasetButtons dataset={dataset} settings={settings} />}
      <IconButton
        label={t('Shortcuts ({key})', { key: shownKey(actionById('help')) })}
        onClick={() => void perform(actionById('help'))}
      >
        <Keyboard />
      </IconButton>
      <IconButton
        label={t('Settings ({key})', { key: shownKey(actionById('settings')) })}
        onClick={() => void perform(actionById('settings'))}
      >
        <Settings2 />
      </IconButton>
    </header>
  )
}
