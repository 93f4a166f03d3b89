import type { Accounts } from '#core/sync/accounts.ts'
import { os } from './procedure.ts'

export function accountRouter(
  accounts: Pick<Accounts, 'list' | 'warning' | 'add' | 'setLimit' | 'probe'>,
  remove: (accountId: string) => Promise<void>,
) {
  return {
    list: os.accounts.list.handler(async () => ({
      accounts: accounts.list(),
      warning: await accounts.warning(),
    })),
    add: os.accounts.add.handler(({ input }) => accounts.add(input.baseUrl, input.apiKey)),
    remove: os.accounts.remove.handler(({ input }) => remove(input.accountId)),
    setLimit: os.accounts.setLimit.handler(({ input }) =>
      accounts.setLimit(input.accountId, input.hourlyLimit),
    ),
    probe: os.accounts.probe.handler(({ input }) => accounts.probe(input.accountId)),
  }
}
