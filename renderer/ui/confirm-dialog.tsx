import type { ReactNode } from 'react'
import { t } from '#shared/texts/texts.ts'
import { Button } from './button.tsx'
import { Modal } from './modal.tsx'

/** Asks before something is removed; Enter and Escape keep it. */
export function ConfirmDialog({
  title,
  action,
  keep = t('Cancel'),
  onConfirm,
  onClose,
  children,
}: {
  title: string
  /** Label of the confirming button. */
  action: string
  /** Label of the button that changes nothing. */
  keep?: string
  onConfirm: () => void
  onClose: () => void
  children: ReactNode
}) {
  return (
    <Modal
      title={title}
      onClose={onClose}
      footer={
        <>
          <Button onClick={onClose}>{keep}</Button>
          <Button
            variant="danger"
            onClick={() => {
              onConfirm()
              onClose()
            }}
          >
            {action}
          </Button>
        </>
      }
    >
      <p className="text-sm break-words">{children}</p>
    </Modal>
  )
}
