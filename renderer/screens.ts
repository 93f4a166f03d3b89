import { lazyScreen } from './ui/lazy-screen.tsx'

/** Everything but the start screen is loaded when it is needed, or when there is time. */
export const screens = {
  AccountDialog: lazyScreen(() =>
    import('./panels/account-dialog.tsx').then(({ AccountDialog }) => AccountDialog),
  ),
  AccountScreen: lazyScreen(() =>
    import('./panels/account-screen.tsx').then(({ AccountScreen }) => AccountScreen),
  ),
  AskByTextDialog: lazyScreen(() =>
    import('./panels/ask-by-text-dialog.tsx').then(({ AskByTextDialog }) => AskByTextDialog),
  ),
  ClassDialog: lazyScreen(() =>
    import('./panels/class-dialog.tsx').then(({ ClassDialog }) => ClassDialog),
  ),
  CommandPalette: lazyScreen(() =>
    import('./panels/command-palette.tsx').then(({ CommandPalette }) => CommandPalette),
  ),
  DatasetScreen: lazyScreen(() =>
    import('./panels/dataset-screen.tsx').then(({ DatasetScreen }) => DatasetScreen),
  ),
  DownloadDialog: lazyScreen(() =>
    import('./panels/download-dialog.tsx').then(({ DownloadDialog }) => DownloadDialog),
  ),
  ExportDialog: lazyScreen(() =>
    import('./panels/export-dialog.tsx').then(({ ExportDialog }) => ExportDialog),
  ),
  FolderDialog: lazyScreen(() =>
    import('./panels/folder-dialog.tsx').then(({ FolderDialog }) => FolderDialog),
  ),
  HelpDialog: lazyScreen(() =>
    import('./panels/help-dialog.tsx').then(({ HelpDialog }) => HelpDialog),
  ),
  ImportDialog: lazyScreen(() =>
    import('./panels/import-dialog.tsx').then(({ ImportDialog }) => ImportDialog),
  ),
  NewDatasetDialog: lazyScreen(() =>
    import('./panels/new-dataset-dialog.tsx').then(({ NewDatasetDialog }) => NewDatasetDialog),
  ),
  OutboxDialog: lazyScreen(() =>
    import('./panels/outbox-dialog.tsx').then(({ OutboxDialog }) => OutboxDialog),
  ),
  PropagateDialog: lazyScreen(() =>
    import('./panels/propagate-dialog.tsx').then(({ PropagateDialog }) => PropagateDialog),
  ),
  TransfersDialog: lazyScreen(() =>
    import('./panels/transfers-dialog.tsx').then(({ TransfersDialog }) => TransfersDialog),
  ),
  UploadDialog: lazyScreen(() =>
    import('./panels/upload-dialog.tsx').then(({ UploadDialog }) => UploadDialog),
  ),
  SettingsDialog: lazyScreen(() =>
    import('./settings/settings-dialog.tsx').then(({ SettingsDialog }) => SettingsDialog),
  ),
}

/** Loads them one after the other while the page is idle: without its engine it must be able to show them, too. */
export async function loadScreens(): Promise<void> {
  for (const screen of Object.values(screens)) {
    await new Promise((idle) => requestIdleCallback(idle, { timeout: 2_000 }))
    await screen.load()
  }
}
