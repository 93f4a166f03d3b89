import { ChevronDown, CloudDownload, CloudUpload, Download, Upload } from 'lucide-react'
import type { ReactNode } from 'react'
import { actionById } from '#renderer/actions/actions.ts'
import { perform } from '#renderer/actions/dispatch.ts'
import { Button } from '#renderer/ui/button.tsx'
import { classNames } from '#renderer/ui/class-names.ts'
import type { Settings } from '#shared/contract/settings.ts'
import type { Dataset } from '#shared/model/dataset.ts'
import { t } from '#shared/texts/texts.ts'

const act = (id: string) => () => void perform(actionById(id))

/** The word of a button beside its icon; in a narrow window only for screen readers. */
function Word({ children }: { children: string }) {
  return <span className="max-[1100px]:sr-only">{children}</span>
}

/** Repeats an action with its last options; the small button beside it asks for options. The first time, the large one asks. */
function AgainButton({
  icon,
  word,
  again,
  ask,
  last,
  askLabel,
  isPlain = false,
}: {
  icon: ReactNode
  word: string
  /** Ids of actions. */
  again: string
  ask: string
  /** The last target folder; null if there was none. */
  last: string | null
  askLabel: string
  isPlain?: boolean
}) {
  return (
    <span className="flex">
      <Button
        variant={isPlain ? 'ghost' : 'primary'}
        className={classNames('h-7 px-2.5', last !== null && 'rounded-r-none')}
        title={
          last === null
            ? undefined
            : t('To {folder}, with the same settings as last time', { folder: last })
        }
        onClick={act(last === null ? ask : again)}
      >
        {icon} <Word>{word}</Word>
      </Button>
      {last !== null && (
        <Button
          variant="primary"
          aria-label={askLabel}
          title={askLabel}
          className="h-7 rounded-l-none border-l border-l-white/30 px-1"
          onClick={act(ask)}
        >
          <ChevronDown className="size-4" />
        </Button>
      )}
    </span>
  )
}

/** Import, export, upload and download of the open dataset. */
export function DatasetButtons({ dataset, settings }: { dataset: Dataset; settings: Settings }) {
  const { remote } = dataset
  const isRemote = remote !== null
  // There is nothing to download yet.
  const isEmpty = isRemote && dataset.imageCount === 0
  const last = remote
    ? settings.downloadChoices[`${remote.accountId}/${remote.remoteId}`]?.folder
    : settings.exportFolders[dataset.id]
  return (
    <>
      <Button
        variant={isEmpty ? 'primary' : 'ghost'}
        className="h-7 px-2"
        onClick={act(isRemote ? 'upload' : 'import')}
      >
        {isRemote ? <CloudUpload className="size-4" /> : <Download className="size-4" />}{' '}
        <Word>{isRemote ? t('Upload') : t('Import')}</Word>
      </Button>
      <AgainButton
        icon={isRemote ? <CloudDownload className="size-4" /> : <Upload className="size-4" />}
        word={isRemote ? t('Download') : t('Export')}
        again={isRemote ? 'download-again' : 'export-again'}
        ask={isRemote ? 'download' : 'export'}
        last={last ?? null}
        isPlain={isEmpty}
        askLabel={isRemote ? t('Download options…') : t('Export options…')}
      />
    </>
  )
}
