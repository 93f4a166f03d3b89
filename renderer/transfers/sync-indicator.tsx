import { CloudAlert, CloudCheck, CloudOff, CloudUpload } from 'lucide-react'
import { showDialog } from '#renderer/actions/app-state.ts'
import { cloudState } from '#renderer/document/cloud-state.ts'
import { classNames } from '#renderer/ui/class-names.ts'
import { useStore } from '#renderer/ui/use-store.ts'
import type { Dataset } from '#shared/model/dataset.ts'
import { counted, t } from '#shared/texts/texts.ts'

/** Sync status of a remote dataset; a click lists unpushed changes. */
export function SyncIndicator({ remote }: { remote: NonNullable<Dataset['remote']> }) {
  const account = useStore(cloudState, ({ accounts }) =>
    accounts.find(({ id }) => id === remote.accountId),
  )
  const counts = useStore(cloudState, ({ sync }) => sync[remote.accountId]) ?? remote
  const { waiting, failed, conflicts } = counts
  const isPushing = 'isPushing' in counts && counts.isPushing
  const isOffline = account !== undefined && account.state !== 'online'
  const [Icon, words, tone] =
    conflicts > 0
      ? [CloudAlert, counted(conflicts, 'conflict'), 'text-danger']
      : failed > 0
        ? [CloudAlert, t('{failed} refused', { failed }), 'text-danger']
        : isOffline
          ? [
              CloudOff,
              waiting > 0 ? t('Offline, {waiting} waiting', { waiting }) : t('Offline'),
              'text-warning',
            ]
          : isPushing && waiting > 0
            ? [CloudUpload, t('Sending…'), 'text-muted']
            : waiting > 0
              ? [CloudUpload, t('{waiting} waiting', { waiting }), 'text-muted']
              : [CloudCheck, t('On the service'), 'text-muted']
  const isSynced = Icon === CloudCheck
  return (
    <button
      type="button"
      title={t('Unsent changes')}
      data-sync={
        conflicts > 0 ? 'conflict' : failed > 0 ? 'failed' : waiting > 0 ? 'waiting' : 'synced'
      }
      onClick={() => showDialog({ kind: 'outbox' })}
      className={classNames(
        'flex h-7 items-center gap-1.5 rounded-md px-2 text-xs whitespace-nowrap hover:bg-hover',
        tone,
      )}
    >
      <Icon className="size-4" aria-hidden="true" />
      {/* In a narrow window the icon alone says that everything is synced. */}
      <span className={isSynced ? 'max-[1200px]:sr-only' : ''}>{words}</span>
    </button>
  )
}
