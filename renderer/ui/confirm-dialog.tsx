import type { ReactNode } from 'react'
import { t } from '#shared/texts/texts.ts'
import { Button } from './button.tsx'
import { Modal } from './modal.tsx'

/** Asks before something is taken away; keeping it is what Enter and Escape do. */
export function ConfirmDialog({
  title,
  action,
  keep = t('Cancel'),
  onConfirm,
  onClose,
  children,
}: {
  title: string
  /** What the button says that does it. */
  action: string
  /** What the button says that changes nothing. */
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
