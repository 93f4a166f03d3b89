import { ArrowDownUp, CircleAlert } from 'lucide-react'
import { showDialog } from '#renderer/actions/app-state.ts'
import { transferState } from '#renderer/document/cloud-state.ts'
import { useStore } from '#renderer/ui/use-store.ts'
import { liveShare } from '#shared/model/transfer.ts'
import { t } from '#shared/texts/texts.ts'

/** Total progress of the running transfers, 0..100; null if none runs. */
function useTotalPercent(): number | null {
  return useStore(transferState, ({ transfers }) => {
    const share = liveShare(transfers)
    return share === null ? null : Math.floor(share * 100)
  })
}

/** Progress of the transfers in the top bar; a click lists them. `isAlways`: also shown if there are none. */
export function TransferIndicator({ isAlways = false }: { isAlways?: boolean }) {
  const percent = useTotalPercent()
  const failed = useStore(
    transferState,
    ({ transfers }) => transfers.filter(({ state }) => state === 'failed').length,
  )
  const any = useStore(transferState, ({ transfers }) => transfers.length > 0)
  if (!any && !isAlways) return null
  return (
    <button
      type="button"
      title={t('Transfers')}
      onClick={() => showDialog({ kind: 'transfers' })}
      className="flex h-7 items-center gap-1.5 rounded-md px-2 text-xs whitespace-nowrap text-muted hover:bg-hover tabular-nums"
    >
      {(percent !== null || failed === 0) && (
        <>
          <ArrowDownUp className="size-4" aria-hidden="true" />
          {percent === null ? t('Transfers') : `${percent}%`}
        </>
      )}
      {failed > 0 && (
        <>
          <CircleAlert className="size-4 text-danger" aria-hidden="true" />
          {t('{failed} failed', { failed })}
        </>
      )}
    </button>
  )
}
