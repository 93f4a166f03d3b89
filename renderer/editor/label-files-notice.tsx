import { useQuery } from '@tanstack/react-query'
import { FileJson } from 'lucide-react'
import { useState } from 'react'
import { notifyError, showDialog } from '#renderer/actions/app-state.ts'
import { rememberLabels } from '#renderer/actions/label-memory.ts'
import { datasetState } from '#renderer/document/dataset-state.ts'
import { takeFields } from '#renderer/document/shown-dataset.ts'
import { client } from '#renderer/rpc/connection.ts'
import { orpc } from '#renderer/rpc/query.ts'
import { Button } from '#renderer/ui/button.tsx'
import { useStore } from '#renderer/ui/use-store.ts'
import type { FoundLabels } from '#shared/contract/formats.ts'
import type { Settings } from '#shared/contract/settings.ts'
import type { Dataset, LabelFileFormat } from '#shared/model/dataset.ts'
import { FORMATS } from '#shared/model/format.ts'
import { plural, t } from '#shared/texts/texts.ts'

const SMALL = 'h-6 px-2 text-xs'

function words(found: FoundLabels): string {
  const each = found.map(({ format, files }) =>
    plural(files, '{count} {format} file', '{count} {format} files', {
      format: FORMATS.find(({ id }) => id === format)?.label,
    }),
  )
  return t('{files} found in this folder.', { files: each.join(', ') })
}

/** Says that the open folder holds label files, and what can be done with them. */
export function LabelFilesNotice({ dataset, settings }: { dataset: Dataset; settings: Settings }) {
  const isScanned = useStore(datasetState, ({ scan }) => scan !== null && scan.state !== 'scanning')
  const isOffered = dataset.kind === 'folder' && !dataset.missing && dataset.labelFiles === null
  const { data } = useQuery(
    orpc.formats.find.queryOptions({
      input: { datasetId: dataset.id },
      enabled: isScanned && isOffered,
    }),
  )
  const [isBusy, setBusy] = useState(false)
  const seen = settings.seenLabels[dataset.id] ?? []
  const found = (data ?? []).filter(({ format }) => !seen.includes(format))
  if (!isOffered || found.length === 0) return null

  const keepInStep = async (format: LabelFileFormat) => {
    setBusy(true)
    try {
      const labelFiles = { format, folder: null }
      const changed = await client.datasets.setLabelFiles({ id: dataset.id, labelFiles })
      // Another dataset may be open by now, or this one may have changed otherwise.
      takeFields(changed.id, { labelFiles: changed.labelFiles })
    } catch (error) {
      notifyError(error)
    }
    setBusy(false)
  }
  const ignore = async () => {
    try {
      await rememberLabels(
        dataset.id,
        found.map(({ format }) => format),
      )
    } catch (error) {
      notifyError(error)
    }
  }
  const [{ format }] = found
  const inStep = found.length === 1 ? found[0].inStep : null
  return (
    <output className="flex shrink-0 items-center gap-2.5 border-b border-line bg-raised px-3 py-1 text-xs">
      <FileJson className="size-4 shrink-0 text-muted" aria-hidden="true" />
      <span className="min-w-0 flex-1 truncate">{words(found)}</span>
      <Button className={SMALL} onClick={() => showDialog({ kind: 'import', format })}>
        {t('Import…')}
      </Button>
      {inStep && (
        <Button className={SMALL} disabled={isBusy} onClick={() => void keepInStep(inStep)}>
          {isBusy ? t('Syncing…') : t('Keep in sync')}
        </Button>
      )}
      <Button variant="ghost" className={SMALL} disabled={isBusy} onClick={() => void ignore()}>
        {t('Ignore')}
      </Button>
    </output>
  )
}
