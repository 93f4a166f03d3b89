import { useQuery } from '@tanstack/react-query'
import {
  ArrowDownToLine,
  ArrowLeft,
  CloudOff,
  Ellipsis,
  Inbox,
  Plus,
  Search,
  Snowflake,
} from 'lucide-react'
import { DropdownMenu } from 'radix-ui'
import { useState } from 'react'
import { appState, notifyError, showDialog } from '#renderer/actions/app-state.ts'
import { openRemote } from '#renderer/actions/datasets.ts'
import { cloudState, unsentOf } from '#renderer/document/cloud-state.ts'
import { client, connection } from '#renderer/rpc/connection.ts'
import { orpc, queryClient } from '#renderer/rpc/query.ts'
import { TransferIndicator } from '#renderer/transfers/transfer-indicator.tsx'
import { Button, IconButton } from '#renderer/ui/button.tsx'
import { Bar, EmptyState, ErrorNote } from '#renderer/ui/feedback.tsx'
import { Choice, Field, TextField } from '#renderer/ui/field.tsx'
import { Modal } from '#renderer/ui/modal.tsx'
import { useStore } from '#renderer/ui/use-store.ts'
import type { Account, ListedDataset } from '#shared/model/account.ts'
import { formatBytes } from '#shared/model/bytes.ts'
import { messageOf } from '#shared/model/message-of.ts'
import { counted, t } from '#shared/texts/texts.ts'
import { AccountBadge, AccountBanner } from './account-state.tsx'
import { CreditsLine } from './credits-line.tsx'
import { LostConnection } from './lost-connection.tsx'
import { Tasks } from './tasks.tsx'

function refresh(): void {
  void queryClient.invalidateQueries({ queryKey: orpc.remote.list.key() })
}

function Progress({ done, total }: { done: number; total: number }) {
  const percent = total === 0 ? 0 : Math.round((done / total) * 100)
  return (
    <span
      className="flex w-44 items-center gap-2"
      title={t('{done} of {total} complete', { done, total })}
    >
      <span className="h-1.5 flex-1 overflow-hidden rounded-full bg-line">
        <Bar percent={percent} />
      </span>
      <span className="w-24 text-right text-xs text-muted tabular-nums">
        {t('{percent}% complete', { percent })}
      </span>
    </span>
  )
}

function RenameDialog({
  accountId,
  dataset,
  onClose,
}: {
  accountId: string
  dataset: ListedDataset
  onClose: () => void
}) {
  const [name, setName] = useState(dataset.name)
  const [error, setError] = useState<string | null>(null)
  const save = async () => {
    try {
      await client.remote.rename({ accountId, remoteId: dataset.remoteId, name })
      refresh()
      onClose()
    } catch (reason) {
      setError(messageOf(reason))
    }
  }
  return (
    <Modal
      title={t('Rename “{name}”', { name: dataset.name })}
      description={t('For everyone in the organization.')}
      onClose={onClose}
      footer={
        <>
          <Button onClick={onClose}>{t('Cancel')}</Button>
          <Button variant="primary" disabled={name.trim() === ''} onClick={() => void save()}>
            {t('Rename')}
          </Button>
        </>
      }
    >
      <Field label={t('Name')}>
        {(id) => (
          <TextField id={id} value={name} onChange={({ target }) => setName(target.value)} />
        )}
      </Field>
      {error && <ErrorNote>{error}</ErrorNote>}
    </Modal>
  )
}

const MENU_ITEM =
  'flex h-8 cursor-default items-center rounded px-2.5 text-sm outline-none data-[highlighted]:bg-hover'

function DatasetMenu({
  accountId,
  dataset,
  onRename,
}: {
  accountId: string
  dataset: ListedDataset
  onRename: () => void
}) {
  const target = { accountId, remoteId: dataset.remoteId, name: dataset.name }
  const archive = async () => {
    try {
      const { remoteId, isArchived } = dataset
      await client.remote.setArchived({ accountId, remoteId, archived: !isArchived })
      refresh()
    } catch (error) {
      notifyError(error)
    }
  }
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger asChild>
        <IconButton label={t('More for {name}', { name: dataset.name })}>
          <Ellipsis />
        </IconButton>
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content
          align="end"
          className="z-50 min-w-44 rounded-lg border border-line bg-surface p-1 shadow-float"
        >
          <DropdownMenu.Item
            className={MENU_ITEM}
            onSelect={() => showDialog({ kind: 'download', target, imageIds: null })}
          >
            {t('Download…')}
          </DropdownMenu.Item>
          {dataset.isCold ? (
            <DropdownMenu.Item
              className={MENU_ITEM}
              onSelect={() => showDialog({ kind: 'restore', target })}
            >
              {t('Restore from cold storage…')}
            </DropdownMenu.Item>
          ) : (
            <DropdownMenu.Item
              className={MENU_ITEM}
              onSelect={() => showDialog({ kind: 'upload', target, dropped: null })}
            >
              {t('Upload…')}
            </DropdownMenu.Item>
          )}
          <DropdownMenu.Item className={MENU_ITEM} onSelect={onRename}>
            {t('Rename…')}
          </DropdownMenu.Item>
          <DropdownMenu.Item className={MENU_ITEM} onSelect={() => void archive()}>
            {dataset.isArchived ? t('Unarchive') : t('Archive')}
          </DropdownMenu.Item>
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  )
}

function DatasetRow({ accountId, dataset }: { accountId: string; dataset: ListedDataset }) {
  const [renaming, setRenaming] = useState(false)
  const [opening, setOpening] = useState(false)
  const open = async () => {
    setOpening(true)
    if (!(await openRemote(accountId, dataset.remoteId))) setOpening(false)
  }
  return (
    <li className="flex items-center gap-3 rounded-lg border border-line bg-surface pr-2 transition-colors hover:bg-hover">
      <button
        type="button"
        disabled={opening}
        onClick={() => void open()}
        className="flex min-w-0 flex-1 items-center gap-4 rounded-lg px-4 py-3 text-left disabled:opacity-60"
      >
        <span className="min-w-0 flex-1">
          <span className="flex items-center gap-2 text-sm font-medium">
            <span className="truncate">{dataset.name}</span>
            {dataset.isCold && (
              <span className="inline-flex items-center gap-1 rounded bg-raised px-1.5 py-0.5 text-2xs text-muted">
                <Snowflake className="size-3" aria-hidden="true" /> {t('Cold storage')}
              </span>
            )}
            {dataset.waiting > 0 && (
              <span className="rounded bg-warning-soft px-1.5 py-0.5 text-2xs text-warning">
                {t('{count} not sent', { count: counted(dataset.waiting, 'change') })}
              </span>
            )}
          </span>
          <span className="block truncate text-xs text-muted">
            {opening
              ? t('Opening…')
              : [
                  counted(dataset.imageCount, 'image'),
                  ...(dataset.sizeBytes > 0 ? [formatBytes(dataset.sizeBytes)] : []),
                  ...(dataset.description ? [dataset.description] : []),
                ].join(' · ')}
          </span>
        </span>
        <Progress done={dataset.completedCount} total={dataset.imageCount} />
      </button>
      <IconButton
        label={t('Download {name}', { name: dataset.name })}
        onClick={() =>
          showDialog({
            kind: 'download',
            target: { accountId, remoteId: dataset.remoteId, name: dataset.name },
            imageIds: null,
          })
        }
      >
        <ArrowDownToLine />
      </IconButton>
      <DatasetMenu accountId={accountId} dataset={dataset} onRename={() => setRenaming(true)} />
      {renaming && (
        <RenameDialog accountId={accountId} dataset={dataset} onClose={() => setRenaming(false)} />
      )}
    </li>
  )
}

/** The datasets of an organisation. */
export function AccountScreen({ account }: { account: Account }) {
  const [query, setQuery] = useState('')
  const [which, setWhich] = useState<'active' | 'archived'>('active')
  const input = { accountId: account.id, archived: which === 'archived' }
  const listed = useQuery(orpc.remote.list.queryOptions({ input, staleTime: 0 }))
  const sync = useStore(cloudState, (state) => state.sync[account.id])
  const isLost = useStore(connection, ({ state }) => state === 'lost')
  const words = query.trim().toLowerCase()
  const shown = listed.data?.datasets.filter(({ name }) => name.toLowerCase().includes(words))
  return (
    <div className="flex h-full flex-col">
      <header className="flex h-11 shrink-0 items-center gap-3 border-b border-line bg-surface px-2">
        <IconButton
          label={t('Back to the start screen')}
          onClick={() => appState.setState({ accountId: null })}
        >
          <ArrowLeft />
        </IconButton>
        <h1 className="min-w-0 flex-1 truncate text-sm font-semibold">{account.organization}</h1>
        <TransferIndicator isAlways />
        <CreditsLine accountId={account.id} />
        {isLost ? <LostConnection /> : <AccountBadge account={account} />}
        <Button
          variant="primary"
          className="h-7 px-2.5"
          onClick={() => showDialog({ kind: 'new-dataset', accountId: account.id })}
        >
          <Plus className="size-4" /> {t('New dataset')}
        </Button>
      </header>
      <AccountBanner account={account} waiting={sync ? unsentOf(sync) : 0} />
      <main className="min-h-0 flex-1 overflow-y-auto">
        <div className="mx-auto flex max-w-4xl flex-col gap-4 px-6 py-6">
          <Tasks accountId={account.id} />
          <div className="flex items-center gap-3">
            <div className="relative flex-1">
              <Search className="absolute top-2 left-2.5 size-4 text-muted" aria-hidden="true" />
              <TextField
                aria-label={t('Search datasets')}
                placeholder={t('Search datasets')}
                className="pl-8"
                value={query}
                onChange={({ target }) => setQuery(target.value)}
              />
            </div>
            <Choice
              label={t('Which datasets')}
              isLabelHidden
              name="which-datasets"
              value={which}
              options={[
                { value: 'active', label: t('Active') },
                { value: 'archived', label: t('Archived') },
              ]}
              onChange={setWhich}
            />
          </div>
          {listed.isError && <ErrorNote>{listed.error.message}</ErrorNote>}
          {listed.data && !listed.data.isComplete && (
            <p className="flex items-center gap-2 text-xs text-muted">
              <CloudOff className="size-4" aria-hidden="true" />
              {t('These datasets were opened on this computer before.')}
            </p>
          )}
          {listed.isPending && <ListSkeleton />}
          {shown && shown.length > 0 && (
            <ul aria-label={t('Datasets')} className="flex flex-col gap-2">
              {shown.map((dataset) => (
                <DatasetRow key={dataset.remoteId} accountId={account.id} dataset={dataset} />
              ))}
            </ul>
          )}
          {shown?.length === 0 && (
            <div className="py-16">
              <EmptyState
                icon={<Inbox />}
                title={
                  words ? t('No dataset is called “{query}”', { query }) : t('No datasets here yet')
                }
              >
                {!words && which === 'active' && t('Create one, then drop a folder on it.')}
              </EmptyState>
            </div>
          )}
        </div>
      </main>
    </div>
  )
}

function ListSkeleton() {
  return (
    <div role="status" aria-label={t('Asking the service…')} className="flex flex-col gap-2">
      {[1, 2, 3].map((row) => (
        <div key={row} className="h-16 animate-pulse rounded-lg border border-line bg-surface" />
      ))}
    </div>
  )
}
