import { DIALOG_LOADERS } from './dialogs/dialogs.tsx'
import { lazyScreen } from './ui/lazy-screen.tsx'

/** Everything but the start screen is loaded when it is needed, or when there is time. */
export const screens = {
  AccountScreen: lazyScreen(() =>
    import('./account/account-screen.tsx').then(({ AccountScreen }) => AccountScreen),
  ),
  DatasetScreen: lazyScreen(() =>
    import('./editor/dataset-screen.tsx').then(({ DatasetScreen }) => DatasetScreen),
  ),
}

/** Loads them one by one while the page is idle, so that they can be shown even without the engine. */
export async function loadScreens(): Promise<void> {
  for (const load of [...Object.values(screens).map((screen) => screen.load), ...DIALOG_LOADERS]) {
    await new Promise((idle) => requestIdleCallback(idle, { timeout: 2_000 }))
    await load()
  }
}
