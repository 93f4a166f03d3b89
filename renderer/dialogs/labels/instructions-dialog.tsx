import { useQuery } from '@tanstack/react-query'
import { showDialog } from '#renderer/actions/app-state.ts'
import { orpc } from '#renderer/rpc/query.ts'
import { ErrorNote } from '#renderer/ui/feedback.tsx'
import { Modal } from '#renderer/ui/modal.tsx'
import type { Dataset } from '#shared/model/dataset.ts'
import { t } from '#shared/texts/texts.ts'

/** What the dataset's makers wrote about how to label it. */
export function InstructionsDialog({ dataset }: { dataset: Dataset }) {
  const asked = useQuery(
    orpc.curation.instructions.queryOptions({ input: { datasetId: dataset.id }, staleTime: 0 }),
  )
  const { readme = null, description = null } = asked.data ?? {}
  const isEmpty = asked.data !== undefined && readme === null && description === null
  return (
    <Modal
      title={t('How to label “{name}”', { name: dataset.name })}
      onClose={() => showDialog(null)}
      wide
    >
      <div className="flex flex-col gap-3 text-sm">
        {asked.isPending && <output className="text-muted">{t('Asking the service…')}</output>}
        {description !== null && <p className="break-words">{description}</p>}
        {readme !== null && (
          <p className="border-t border-line pt-3 break-words whitespace-pre-wrap first:border-0 first:pt-0">
            {readme}
          </p>
        )}
        {isEmpty && (
          <p className="text-muted">
            {t('Nobody wrote instructions for this dataset. They are its readme on the service.')}
          </p>
        )}
        {asked.isError && <ErrorNote>{asked.error.message}</ErrorNote>}
      </div>
    </Modal>
  )
}
