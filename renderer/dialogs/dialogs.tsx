import type { ComponentType, ReactNode } from 'react'
import type { Dialog } from '#renderer/actions/app-state.ts'
import { lazyScreen } from '#renderer/ui/lazy-screen.tsx'
import type { Settings } from '#shared/contract/settings.ts'
import type { Dataset } from '#shared/model/dataset.ts'

/** What a dialog may depend on besides its own parameters. */
interface Around {
  settings: Settings
  /** The open dataset. */
  dataset: Dataset | null
}

interface Entry<Asked> {
  load: () => Promise<unknown>
  render: (asked: Asked, around: Around) => ReactNode
}

/** `propsOf`: what the dialog is given; null when what it is about is gone, and it is not shown. */
function entry<Asked, Props extends object>(
  load: () => Promise<ComponentType<Props>>,
  propsOf: (asked: Asked, around: Around) => Props | null,
): Entry<Asked> {
  const Screen = lazyScreen(load)
  return {
    load: Screen.load,
    render: (asked, around) => {
      const props = propsOf(asked, around)
      return props && <Screen {...props} />
    },
  }
}

type Kind = Dialog['kind']
type Asked<K extends Kind> = Extract<Dialog, { kind: K }>

/** Every dialog, loaded when it is first shown. The compiler asks for an entry for each kind of `Dialog`. */
const DIALOGS: { [K in Kind]: Entry<Asked<K>> } = {
  'open-folder': entry(
    () => import('./folders/folder-dialog.tsx').then((module) => module.FolderDialog),
    () => ({ relocating: null }),
  ),
  relocate: entry(
    () => import('./folders/folder-dialog.tsx').then((module) => module.FolderDialog),
    ({ datasetId }) => ({ relocating: datasetId }),
  ),
  export: entry(
    () => import('./formats/export-dialog.tsx').then((module) => module.ExportDialog),
    ({ isAgain }, { dataset, settings }) =>
      dataset && { dataset, settings, isAgain: isAgain ?? false },
  ),
  import: entry(
    () => import('./formats/import-dialog.tsx').then((module) => module.ImportDialog),
    ({ format }, { dataset, settings }) => dataset && { dataset, settings, found: format ?? null },
  ),
  settings: entry(
    () => import('#renderer/settings/settings-dialog.tsx').then((module) => module.SettingsDialog),
    ({ section }, { settings }) => ({ settings, first: section ?? ('general' as const) }),
  ),
  help: entry(
    () => import('./help-dialog.tsx').then((module) => module.HelpDialog),
    () => ({}),
  ),
  palette: entry(
    () => import('./palette/command-palette.tsx').then((module) => module.CommandPalette),
    ({ text }, { dataset }) => ({ first: text ?? '', dataset }),
  ),
  detect: entry(
    () => import('#renderer/proposals/detect-dialog.tsx').then((module) => module.DetectDialog),
    ({ imageIds }, { dataset }) => dataset && { imageIds },
  ),
  propagate: entry(
    () => import('./labels/propagate-dialog.tsx').then((module) => module.PropagateDialog),
    () => ({}),
  ),
  class: entry(
    () => import('./classes/class-dialog.tsx').then((module) => module.ClassDialog),
    (asked, { dataset }) => {
      const item = dataset?.classes.find(({ name }) => name === asked.name)
      return item ? { item } : null
    },
  ),
  account: entry(
    () => import('#renderer/account/account-dialog.tsx').then((module) => module.AccountDialog),
    () => ({}),
  ),
  outbox: entry(
    () => import('#renderer/transfers/outbox-dialog.tsx').then((module) => module.OutboxDialog),
    () => ({}),
  ),
  'new-dataset': entry(
    () =>
      import('#renderer/start/new-dataset-dialog.tsx').then((module) => module.NewDatasetDialog),
    ({ accountId, dropped }) => ({ accountId, dropped: dropped ?? null }),
  ),
  transfers: entry(
    () =>
      import('#renderer/transfers/transfers-dialog.tsx').then((module) => module.TransfersDialog),
    () => ({}),
  ),
  download: entry(
    () => import('#renderer/transfers/download-dialog.tsx').then((module) => module.DownloadDialog),
    ({ target, imageIds }, { settings }) => ({ target, imageIds, settings }),
  ),
  upload: entry(
    () => import('#renderer/transfers/upload-dialog.tsx').then((module) => module.UploadDialog),
    ({ target, dropped }) => ({ target, dropped }),
  ),
  'ask-by-text': entry(
    () => import('./labels/ask-by-text-dialog.tsx').then((module) => module.AskByTextDialog),
    () => ({}),
  ),
  'allow-assist': entry(
    () => import('./labels/allow-assist-dialog.tsx').then((module) => module.AllowAssistDialog),
    (_asked, { dataset }) => dataset && { dataset },
  ),
  models: entry(
    () => import('./models/models-dialog.tsx').then((module) => module.ModelsDialog),
    (_asked, { settings }) => ({ settings }),
  ),
  restore: entry(
    () => import('#renderer/account/restore-dialog.tsx').then((module) => module.RestoreDialog),
    ({ target }) => ({ target }),
  ),
  instructions: entry(
    () => import('./labels/instructions-dialog.tsx').then((module) => module.InstructionsDialog),
    ({ className }, { dataset }) =>
      dataset && { key: dataset.id, dataset, first: className ?? null },
  ),
  'copy-images': entry(
    () => import('#renderer/gallery/copy-dialog.tsx').then((module) => module.CopyDialog),
    ({ imageIds }, { dataset }) => dataset && { dataset, imageIds },
  ),
}

function renderOf<K extends Kind>(asked: Asked<K>, around: Around): ReactNode {
  const { render }: Entry<Asked<K>> = DIALOGS[asked.kind as K]
  return render(asked, around)
}

/** The dialog that is asked for; null when none is, or what it is about is gone. */
export function renderDialog(dialog: Dialog | null, around: Around): ReactNode {
  return dialog && renderOf(dialog, around)
}

/** Loads every dialog ahead, one with each call. */
export const DIALOG_LOADERS: readonly (() => Promise<unknown>)[] = Object.values(DIALOGS).map(
  ({ load }) => load,
)
