import { X } from 'lucide-react'
import { Dialog } from 'radix-ui'
import { type ReactNode, useRef } from 'react'
import { t } from '#shared/texts/texts.ts'
import { isBesideDialogs } from './beside-dialogs.ts'
import { IconButton } from './button.tsx'
import { classNames } from './class-names.ts'

interface ModalProps {
  title: string
  description?: string
  onClose: () => void
  children: ReactNode
  footer?: ReactNode
  wide?: boolean
}

/** Focuses the first field, else the first button of the content or footer, else the scroll area; never the close button. */
function focusFirst(content: HTMLElement): void {
  const first =
    content.querySelector<HTMLElement>(
      'section :is(input:checked, input:not([type=radio]), select)',
    ) ??
    content.querySelector<HTMLElement>('footer button, section button') ??
    content.querySelector<HTMLElement>('section')
  first?.focus()
}

/** Returns the focus to what opened a nested dialog; Radix only knows triggers. */
function focusOpener(opener: Element | null, event: Event): void {
  const outer = opener?.closest<HTMLElement>('[role=dialog]')
  if (!outer?.isConnected) return
  event.preventDefault()
  if (opener instanceof HTMLElement) opener.focus()
}

/** A modal dialog; Radix handles focus, Escape and screen readers. */
export function Modal({ title, description, onClose, children, footer, wide = false }: ModalProps) {
  const opener = useRef<Element | null>(null)
  return (
    <Dialog.Root open onOpenChange={(open) => !open && onClose()}>
      <Dialog.Portal>
        <Dialog.Overlay className="fixed inset-0 z-40 bg-black/45" />
        <Dialog.Content
          onOpenAutoFocus={(event) => {
            const content = event.currentTarget
            if (!(content instanceof HTMLElement)) return
            event.preventDefault()
            opener.current = document.activeElement
            focusFirst(content)
          }}
          onCloseAutoFocus={(event) => focusOpener(opener.current, event)}
          // Presses on elements above all dialogs must not close this one.
          onInteractOutside={(event) => {
            if (isBesideDialogs(event.detail.originalEvent)) event.preventDefault()
          }}
          // Escape first closes something inside the dialog.
          onEscapeKeyDown={(event) => {
            if (document.activeElement?.closest('[data-keeps-escape]')) event.preventDefault()
          }}
          {...(description ? {} : { 'aria-describedby': undefined })}
          className={classNames(
            'fixed top-1/2 left-1/2 z-50 flex max-h-[86vh] w-[min(92vw,var(--width))] -translate-1/2 flex-col rounded-xl border border-line bg-surface shadow-float focus:outline-none',
            wide ? '[--width:760px]' : '[--width:540px]',
          )}
        >
          <header className="flex items-start gap-4 border-b border-line px-5 py-4">
            <div className="min-w-0 flex-1">
              <Dialog.Title className="text-base font-semibold break-words">{title}</Dialog.Title>
              {description && (
                <Dialog.Description className="mt-0.5 text-sm break-words text-muted">
                  {description}
                </Dialog.Description>
              )}
            </div>
            <Dialog.Close asChild>
              <IconButton label={t('Close')}>
                <X />
              </IconButton>
            </Dialog.Close>
          </header>
          <section
            aria-label={title}
            // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by key
            tabIndex={0}
            className="min-h-0 flex-1 overflow-y-auto px-5 py-4 -outline-offset-2"
          >
            {children}
          </section>
          {footer && (
            <footer className="flex items-center justify-end gap-2 border-t border-line px-5 py-3">
              {footer}
            </footer>
          )}
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  )
}
