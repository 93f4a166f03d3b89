import { cloudState } from '#renderer/document/cloud-state.ts'
import { datasetState } from '#renderer/document/dataset-state.ts'
import { client } from '#renderer/rpc/connection.ts'
import { showDialog } from './app-state.ts'

/** Whether the open dataset is one of the service, or a folder while there is an account to ask. */
export function canAssist(): boolean {
  const { dataset } = datasetState.getState()
  return dataset !== null && (dataset.remote !== null || cloudState.getState().accounts.length > 0)
}

/** The price is shown beside the tool; without it the tool works all the same. */
function loadPrice(accountId: string): void {
  client.service
    .promptPrice({ accountId })
    .then((price) =>
      cloudState.setState(({ prices }) => ({ prices: { ...prices, [accountId]: price } })),
    )
    .catch(() => {})
}

/** False: the person has to allow first that this folder's images are sent, and is asked now. */
export function readyToAssist(): boolean {
  const { dataset } = datasetState.getState()
  if (!dataset || !canAssist()) return false
  const accountId = dataset.remote?.accountId ?? dataset.assistAccountId
  if (accountId === null) {
    showDialog({ kind: 'allow-assist' })
    return false
  }
  loadPrice(accountId)
  return true
}
