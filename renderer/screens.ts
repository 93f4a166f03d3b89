import { lazyScreen } from './ui/lazy-screen.tsx'

/** Everything but the start screen is loaded when it is needed, or when there is time. */
export const screens = {
  AccountDialog: lazyScreen(() =>
    import('./account/account-dialog.tsx').then(({ AccountDialog }) => AccountDialog),
  ),
  AccountScreen: lazyScreen(() =>
    import('./account/account-screen.tsx').then(({ AccountScreen }) => AccountScreen),
  ),
  AskByTextDialog: lazyScreen(() =>
    import('./dialogs/labels/ask-by-text-dialog.tsx').then(
      ({ AskByTextDialog }) => AskByTextDialog,
    ),
  ),
  ClassDialog: lazyScreen(() =>
    import('./dialogs/classes/class-dialog.tsx').then(({ ClassDialog }) => ClassDialog),
  ),
  CommandPalette: lazyScreen(() =>
    import('./dialogs/command-palette.tsx').then(({ CommandPalette }) => CommandPalette),
  ),
  DatasetScreen: lazyScreen(() =>
    import('./editor/dataset-screen.tsx').then(({ DatasetScreen }) => DatasetScreen),
  ),
  DownloadDialog: lazyScreen(() =>
    import('./transfers/download-dialog.tsx').then(({ DownloadDialog }) => DownloadDialog),
  ),
  ExportDialog: lazyScreen(() =>
    import('./dialogs/formats/export-dialog.tsx').then(({ ExportDialog }) => ExportDialog),
  ),
  FolderDialog: lazyScreen(() =>
    import('./dialogs/folders/folder-dialog.tsx').then(({ FolderDialog }) => FolderDialog),
  ),
  HelpDialog: lazyScreen(() =>
    import('./dialogs/help-dialog.tsx').then(({ HelpDialog }) => HelpDialog),
  ),
  ImportDialog: lazyScreen(() =>
    import('./dialogs/formats/import-dialog.tsx').then(({ ImportDialog }) => ImportDialog),
  ),
  NewDatasetDialog: lazyScreen(() =>
    import('./start/new-dataset-dialog.tsx').then(({ NewDatasetDialog }) => NewDatasetDialog),
  ),
  OutboxDialog: lazyScreen(() =>
    import('./transfers/outbox-dialog.tsx').then(({ OutboxDialog }) => OutboxDialog),
  ),
  PropagateDialog: lazyScreen(() =>
    import('./dialogs/labels/propagate-dialog.tsx').then(({ PropagateDialog }) => PropagateDialog),
  ),
  TransfersDialog: lazyScreen(() =>
    import('./transfers/transfers-dialog.tsx').then(({ TransfersDialog }) => TransfersDialog),
  ),
  UploadDialog: lazyScreen(() =>
    import('./transfers/upload-dialog.tsx').then(({ UploadDialog }) => UploadDialog),
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
