import { Building2, FolderOpen, Plus, Sparkles } from 'lucide-react'
import { useState } from 'react'
import { AccountBadge } from '#renderer/account/account-state.tsx'
import { appState, notifyError, showDialog } from '#renderer/actions/app-state.ts'
import { showAccount } from '#renderer/actions/cloud.ts'
import { chooseFolder, openSample } from '#renderer/actions/datasets.ts'
import { cloudState } from '#renderer/document/cloud-state.ts'
import { TransferIndicator } from '#renderer/transfers/transfer-indicator.tsx'
import { WorkIndicator } from '#renderer/transfers/work-indicator.tsx'
import { Button } from '#renderer/ui/button.tsx'
import { useStore } from '#renderer/ui/use-store.ts'
import type { Account } from '#shared/model/account.ts'
import { counted, t } from '#shared/texts/texts.ts'
import { Logo } from './logo.tsx'
import { RecentDatasets } from './recent-datasets.tsx'

function AccountRow({ account }: { account: Account }) {
  const counts = useStore(cloudState, ({ sync }) => sync[account.id])
  const { host } = new URL(account.baseUrl)
  const unsent = counts ? counts.waiting + counts.failed + counts.conflicts : 0
  return (
    <li className="rounded-lg border border-line bg-surface hover:bg-hover">
      <button
        type="button"
        className="flex w-full items-center gap-3.5 rounded-lg px-3 py-2.5 text-left"
        onClick={() => showAccount(account.id)}
      >
        <span className="flex size-10 shrink-0 items-center justify-center rounded-lg bg-accent-soft text-accent-text [&_svg]:size-5">
          <Building2 />
        </span>
        <span className="min-w-0 flex-1">
          <span className="block truncate text-sm font-medium">{account.organization}</span>
          <span className="block truncate text-xs text-muted">
            {unsent > 0
              ? t('{host} · {count} not sent', { host, count: counted(unsent, 'change') })
              : host}
          </span>
        </span>
        <AccountBadge account={account} />
      </button>
    </li>
  )
}

function AccountsSection() {
  const accounts = useStore(cloudState, (state) => state.accounts)
  return (
    <section aria-labelledby="accounts">
      <div className="mb-2 flex items-center justify-between px-3">
        <h2 id="accounts" className="text-xs font-semibold text-muted">
          {t('Pictograph')}
        </h2>
        <div className="flex items-center gap-1">
          <WorkIndicator />
          <TransferIndicator />
          <Button
            variant="ghost"
            className="h-7 px-2 text-xs"
            onClick={() => showDialog({ kind: 'account' })}
          >
            <Plus className="size-4" /> {t('Add account')}
          </Button>
        </div>
      </div>
      {accounts.length === 0 ? (
        <p className="rounded-lg border border-dashed border-line px-4 py-4 text-center text-sm text-muted">
          {t('With an account, your organization’s datasets open here like folders.')}
        </p>
      ) : (
        <ul className="flex flex-col gap-1.5">
          {accounts.map((account) => (
            <AccountRow key={account.id} account={account} />
          ))}
        </ul>
      )}
    </section>
  )
}

export function StartScreen() {
  const [busy, setBusy] = useState(false)
  const sample = async () => {
    setBusy(true)
    await openSample()
    if (appState.getState().datasetId === null) setBusy(false)
  }
  return (
    <main className="h-full overflow-y-auto">
      <div className="mx-auto flex min-h-full max-w-3xl flex-col justify-center gap-9 px-8 py-12">
        <header className="flex items-center gap-4">
          <Logo className="size-14 shrink-0" />
          <div>
            <h1 className="text-2xl font-semibold tracking-tight">{t('Pictograph Desktop')}</h1>
            <p className="text-base text-muted">
              {t('Draw boxes, polygons, polylines and keypoints on your images.')}
            </p>
          </div>
        </header>
        <div className="grid gap-3 sm:grid-cols-2">
          <button
            type="button"
            onClick={() => chooseFolder().catch(notifyError)}
            className="flex items-start gap-4 rounded-xl border border-transparent bg-accent p-5 text-left text-on-accent transition-colors hover:bg-accent-hover"
          >
            <FolderOpen className="mt-0.5 size-6 shrink-0" />
            <span>
              <span className="block text-base font-semibold">{t('Open folder…')}</span>
              <span className="block text-sm">
                {t('Images stay where they are. The folder is not changed.')}
              </span>
            </span>
          </button>
          <button
            type="button"
            onClick={() => void sample()}
            disabled={busy}
            className="flex items-start gap-4 rounded-xl border border-line bg-surface p-5 text-left transition-colors hover:bg-hover disabled:opacity-60"
          >
            <Sparkles className="mt-0.5 size-6 shrink-0 text-accent-text" />
            <span>
              <span className="block text-base font-semibold">
                {busy ? t('Opening…') : t('Try the sample dataset')}
              </span>
              <span className="block text-sm text-muted">
                {t('A dozen scenes with cars, people, lanes and faces, partly annotated.')}
              </span>
            </span>
          </button>
        </div>
        <AccountsSection />
        <RecentDatasets />
      </div>
    </main>
  )
}
