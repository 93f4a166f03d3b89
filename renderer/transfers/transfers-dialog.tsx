import { Inbox } from 'lucide-react'
import { useState } from 'react'
import { showDialog } from '#renderer/actions/app-state.ts'
import { cancelTransfer } from '#renderer/actions/transfers.ts'
import { cloudState, transferState } from '#renderer/document/cloud-state.ts'
import { proposalState } from '#renderer/document/proposal-state.ts'
import { DetectJobs } from '#renderer/proposals/detect-jobs.tsx'
import { ConfirmDialog } from '#renderer/ui/confirm-dialog.tsx'
import { EmptyState } from '#renderer/ui/feedback.tsx'
import { Modal } from '#renderer/ui/modal.tsx'
import { useStore } from '#renderer/ui/use-store.ts'
import type { Transfer } from '#shared/model/transfer.ts'
import { t } from '#shared/texts/texts.ts'
import { ServiceJobs } from './service-jobs.tsx'
import { TransferRow } from './transfer-row.tsx'

/** All downloads and uploads with their states, progress and failures. */
export function TransfersDialog() {
  const transfers = useStore(transferState, (state) => state.transfers)
  const accounts = useStore(cloudState, (state) => state.accounts)
  const hasJobs = useStore(proposalState, ({ jobs }) => jobs.length > 0)
  const [cancelling, setCancelling] = useState<Transfer | null>(null)
  return (
    <Modal
      title={t('Transfers')}
      description={t('They continue when this window is closed, and after a restart of the app.')}
      onClose={() => showDialog(null)}
      wide
    >
      <div className="flex min-h-[46vh] flex-col gap-4">
        {transfers.length === 0 && hasJobs ? null : transfers.length === 0 ? (
          <EmptyState icon={<Inbox />} title={t('Nothing is being transferred')}>
            {t('Choose Download on a dataset, or drop a folder on the window.')}
          </EmptyState>
        ) : (
          <ul>
            {transfers.map((transfer) => (
              <TransferRow
                key={transfer.id}
                transfer={transfer}
                onCancel={() => setCancelling(transfer)}
              />
            ))}
          </ul>
        )}
        <DetectJobs />
        {accounts.map((account) => (
          <ServiceJobs key={account.id} account={account} />
        ))}
      </div>
      {cancelling && (
        <ConfirmDialog
          title={
            cancelling.kind === 'download'
              ? t('Cancel the download of “{name}”?', { name: cancelling.name })
              : t('Cancel the upload to “{name}”?', { name: cancelling.name })
          }
          action={cancelling.kind === 'download' ? t('Cancel download') : t('Cancel upload')}
          keep={t('Continue')}
          onConfirm={() => void cancelTransfer(cancelling.id)}
          onClose={() => setCancelling(null)}
        >
          {cancelling.kind === 'download'
            ? t('Complete files stay in the folder. Incomplete files are removed.')
            : t('Images that are already on the service stay there. The others aren’t sent.')}
        </ConfirmDialog>
      )}
    </Modal>
  )
}
