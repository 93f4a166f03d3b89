import { useState } from 'react'
import { focusCanvas, showDialog } from '#renderer/actions/app-state.ts'
import { imagesAfter, propagate, propagated } from '#renderer/actions/copy-actions.ts'
import { Button } from '#renderer/ui/button.tsx'
import { Field, TextField } from '#renderer/ui/field.tsx'
import { Modal } from '#renderer/ui/modal.tsx'
import { counted, plural, t } from '#shared/texts/texts.ts'

/** Copies the selection, or all shapes, to the images that come next. */
export function PropagateDialog() {
  const [count, setCount] = useState('5')
  const [busy, setBusy] = useState(false)
  const [annotations] = useState(propagated)
  const number = Number(count)
  const isNumber = Number.isInteger(number) && number > 0
  const images = isNumber ? imagesAfter(number).length : 0
  const [abort] = useState(() => new AbortController())
  const close = () => {
    abort.abort()
    showDialog(null)
    focusCanvas()
  }
  const start = async () => {
    setBusy(true)
    await propagate(annotations, number, abort.signal)
    // Closed meanwhile: another dialog may be open by now.
    if (!abort.signal.aborted) close()
  }
  return (
    <Modal
      title={t('Propagate to the next images')}
      description={t(
        '{count} of this image: the selection, or all shapes if nothing is selected.',
        {
          count: counted(annotations.length, 'shape'),
        },
      )}
      onClose={close}
      footer={
        <>
          <Button onClick={close}>{busy ? t('Stop') : t('Cancel')}</Button>
          <Button
            variant="primary"
            disabled={images === 0 || annotations.length === 0 || busy}
            onClick={() => void start()}
          >
            {busy ? t('Copying…') : t('Copy to {count}', { count: counted(images, 'image') })}
          </Button>
        </>
      }
    >
      <form
        onSubmit={(event) => {
          event.preventDefault()
          if (images > 0 && annotations.length > 0 && !busy) void start()
        }}
      >
        <Field
          label={t('Number of images')}
          hint={
            isNumber && images < number
              ? plural(
                  images,
                  'There is {count} image after this one.',
                  'There are {count} images after this one.',
                )
              : t('Identical shapes are skipped. It is one undo step.')
          }
        >
          {(id) => (
            <TextField
              id={id}
              inputMode="numeric"
              value={count}
              onChange={({ target }) => setCount(target.value)}
            />
          )}
        </Field>
      </form>
    </Modal>
  )
}
