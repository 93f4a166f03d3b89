import { Trash2 } from 'lucide-react'
import { useState } from 'react'
import { showDialog } from '#renderer/actions/app-state.ts'
import { removeAccount, setHourlyLimit } from '#renderer/actions/cloud.ts'
import { cloudState, unsentOf } from '#renderer/document/cloud-state.ts'
import { Button, IconButton } from '#renderer/ui/button.tsx'
import { ConfirmDialog } from '#renderer/ui/confirm-dialog.tsx'
import { SelectField } from '#renderer/ui/field.tsx'
import { useStore } from '#renderer/ui/use-store.ts'
import type { Account } from '#shared/model/account.ts'
import { counted, t } from '#shared/texts/texts.ts'

/** Requests an hour of the service’s plans. */
const LIMITS = [1_000, 2_000, 5_000, 20_000, 50_000, 100_000]

function Row({ account, onRemove }: { account: Account; onRemove: () => void }) {
  return (
    <li className="flex items-center gap-2">
      <span className="min-w-0 flex-1">
        <span className="block truncate text-sm">{account.organization}</span>
        <span className="block truncate text-2xs text-muted">{account.baseUrl}</span>
      </span>
      <SelectField
        aria-label={t('Requests per hour for {organization}', {
          organization: account.organization,
        })}
        className="w-52"
        value={account.hourlyLimit ?? ''}
        onChange={({ target }) =>
          void setHourlyLimit(account.id, target.value === '' ? null : Number(target.value))
        }
      >
        <option value="">{t('Detect automatically')}</option>
        {LIMITS.map((limit) => (
          <option key={limit} value={limit}>
            {t('{count} requests/h', { count: limit.toLocaleString() })}
          </option>
        ))}
      </SelectField>
      <IconButton
        label={t('Remove the account {organization}', { organization: account.organization })}
        onClick={onRemove}
      >
        <Trash2 />
      </IconButton>
    </li>
  )
}

/** Accounts, their plans, and removing them from this computer. */
export function AccountsSection() {
  const accounts = useStore(cloudState, (state) => state.accounts)
  const sync = useStore(cloudState, (state) => state.sync)
  const [removing, setRemoving] = useState<Account | null>(null)
  const counts = removing && sync[removing.id]
  const unsent = counts ? unsentOf(counts) : 0
  return (
    <section className="flex flex-col gap-2">
      <div className="flex items-center justify-between">
        <h3 className="text-sm font-semibold">{t('Accounts')}</h3>
        <Button className="h-7 px-2.5" onClick={() => showDialog({ kind: 'account' })}>
          {t('Add account…')}
        </Button>
      </div>
      {accounts.length === 0 && <p className="text-xs text-muted">{t('No accounts yet.')}</p>}
      <ul className="flex flex-col gap-2">
        {accounts.map((account) => (
          <Row key={account.id} account={account} onRemove={() => setRemoving(account)} />
        ))}
      </ul>
      {removing && (
        <ConfirmDialog
          title={t('Remove the account “{organization}” from this computer?', {
            organization: removing.organization,
          })}
          action={t('Remove')}
          onConfirm={() => void removeAccount(removing.id)}
          onClose={() => setRemoving(null)}
        >
          {t('Its key and the files of its datasets are removed from this computer.')}{' '}
          {unsent > 0
            ? t('{count} not sent yet would be lost. Send them first.', {
                count: counted(unsent, 'change'),
              })
            : t('Everything is on the service.')}
        </ConfirmDialog>
      )}
    </section>
  )
}
