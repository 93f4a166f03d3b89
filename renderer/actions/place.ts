import { workspace } from '#renderer/tools/workspace.ts'
import { appState } from './app-state.ts'
import { showAccount } from './cloud.ts'
import { goToImage, openDataset, openTarget } from './datasets.ts'

/**
 * Where a page is stands in its address: loaded again, by hand or after it broke, it comes back there. A new page
 * has no such address and begins at the start screen.
 */
export function followPlace(): void {
  const show = () => {
    const { datasetId, accountId } = appState.getState()
    const { imageId } = workspace.getState()
    const place = new URLSearchParams()
    if (accountId !== null) place.set('account', accountId)
    if (datasetId !== null) place.set('dataset', datasetId)
    if (datasetId !== null && imageId !== null) place.set('image', imageId)
    const hash = place.size === 0 ? '' : `#${place}`
    if (location.hash !== hash) history.replaceState(null, '', `${location.pathname}${hash}`)
  }
  appState.subscribe(show)
  workspace.subscribe(show)
  // Typed, or gone back to.
  window.addEventListener('hashchange', () => void goToStart(null))
}

/** At the start: what was asked for, else where this page was before it was loaded again. */
export async function goToStart(target: string | null): Promise<void> {
  const place = new URLSearchParams(location.hash.slice(1))
  if (target !== null) {
    await openTarget(target)
    return
  }
  const account = place.get('account')
  if (account !== null) showAccount(account)
  const dataset = place.get('dataset')
  if (dataset === null) return
  const image = place.get('image')
  if (dataset !== appState.getState().datasetId) await openDataset(dataset, image)
  else if (image !== null && image !== workspace.getState().imageId) goToImage(image)
}
