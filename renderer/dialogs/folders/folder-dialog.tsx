import { useState } from 'react'
import { showDialog } from '#renderer/actions/app-state.ts'
import { openFolder, relocateDataset } from '#renderer/actions/datasets.ts'
import { Button } from '#renderer/ui/button.tsx'
import { Modal } from '#renderer/ui/modal.tsx'
import { t } from '#shared/texts/texts.ts'
import { FolderPicker } from './folder-picker.tsx'

/** Opens a folder, or says where a dataset's folder is now. */
export function FolderDialog({ relocating }: { relocating: string | null }) {
  const [path, setPath] = useState<string | null>(null)
  const [busy, setBusy] = useState(false)
  const close = () => showDialog(null)
  const choose = async () => {
    if (path === null) return
    setBusy(true)
    const done =
      relocating === null ? await openFolder(path) : await relocateDataset(relocating, path)
    if (!done) setBusy(false)
  }
  return (
    <Modal
      title={relocating === null ? t('Open a folder of images') : t('Where is the folder now?')}
      description={
        relocating === null
          ? t('The folder is only read, unless you keep label files in sync.')
          : t('Labels stay with images of the same name.')
      }
      onClose={close}
      wide
      footer={
        <>
          <Button onClick={close}>{t('Cancel')}</Button>
          <Button variant="primary" disabled={path === null || busy} onClick={() => void choose()}>
            {busy ? t('Opening…') : t('Open this folder')}
          </Button>
        </>
      }
    >
      <FolderPicker start={null} onChoose={setPath} />
    </Modal>
  )
}
