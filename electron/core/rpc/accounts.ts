import type { AppCore } from '#core/app-core.ts'
import { os } from './procedure.ts'

export function accountRouter({ accounts, removeAccount }: AppCore) {
  return {
    list: os.accounts.list.handler(async () => ({
      accounts: accounts.list(),
      warning: await accounts.warning(),
    })),
    add: os.accounts.add.handler(({ input }) => accounts.add(input.baseUrl, input.apiKey)),
    remove: os.accounts.remove.handler(({ input }) => removeAccount(input.accountId)),
    setLimit: os.accounts.setLimit.handler(({ input }) =>
      accounts.setLimit(input.accountId, input.hourlyLimit),
    ),
    probe: os.accounts.probe.handler(({ input }) => accounts.probe(input.accountId)),
  }
}
