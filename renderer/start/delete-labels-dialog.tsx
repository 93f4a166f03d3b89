import { forgetDataset } from '#renderer/actions/datasets.ts'
import { ConfirmDialog } from '#renderer/ui/confirm-dialog.tsx'
import type { Dataset } from '#shared/model/dataset.ts'
import { counted, t } from '#shared/texts/texts.ts'

function ofRemote({ waiting, failed, conflicts }: NonNullable<Dataset['remote']>): string {
  const unsent = waiting + failed + conflicts
  return unsent > 0
    ? t('{count} not sent to the service would be lost. Send them first.', {
        count: counted(unsent, 'change'),
      })
    : t('The dataset stays on the service and can be opened again.')
}

/** Asks before a dataset's labels, or the copy of a remote dataset, are deleted from this computer. */
export function DeleteLabelsDialog({
  dataset,
  onClose,
}: {
  dataset: Dataset
  onClose: () => void
}) {
  const { name, remote, annotatedCount, id } = dataset
  return (
    <ConfirmDialog
      title={
        remote
          ? t('Delete the copy of “{name}” on this computer?', { name })
          : t('Delete all labels of “{name}”?', { name })
      }
      action={remote ? t('Delete copy') : t('Delete labels')}
      onConfirm={() => void forgetDataset(id)}
      onClose={onClose}
    >
      {remote
        ? ofRemote(remote)
        : annotatedCount > 0
          ? t(
              'The annotations of {count} will be deleted and can’t be restored. Export them first if you may need them.',
              { count: counted(annotatedCount, 'image') },
            )
          : t('It has no annotations. Its classes and its history are deleted.')}{' '}
      {!remote && t('The images on disk are not touched.')}
    </ConfirmDialog>
  )
}
