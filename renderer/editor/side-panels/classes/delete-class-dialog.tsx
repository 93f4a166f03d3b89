import { actionById } from '#renderer/actions/actions.ts'
import { editClasses } from '#renderer/actions/class-actions.ts'
import { shownKey } from '#renderer/actions/shortcuts.ts'
import { say } from '#renderer/document/status-line.ts'
import { ConfirmDialog } from '#renderer/ui/confirm-dialog.tsx'
import { counted, t } from '#shared/texts/texts.ts'

export function DeleteClassDialog({
  isRemote,
  name,
  count,
  onClose,
}: {
  isRemote: boolean
  name: string
  count: number
  onClose: () => void
}) {
  const remove = async () => {
    if (await editClasses({ kind: 'delete', name }))
      say(
        t('Class {name} deleted · {key} restores it', { name, key: shownKey(actionById('undo')) }),
      )
  }
  return (
    <ConfirmDialog
      title={t('Delete the class “{name}”?', { name })}
      action={t('Delete class')}
      onConfirm={() => void remove()}
      onClose={onClose}
    >
      {count === 0
        ? t('No annotation here uses it.')
        : t('{count} of this class on all images will be deleted too. Undo restores them.', {
            count: counted(count, 'annotation'),
          })}{' '}
      {isRemote &&
        t(
          'The service deletes it for everyone, including its annotations on images that weren’t opened on this computer. Those can’t be restored.',
        )}
    </ConfirmDialog>
  )
}
