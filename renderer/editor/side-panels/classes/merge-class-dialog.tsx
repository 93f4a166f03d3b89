import { useState } from 'react'
import { editClasses } from '#renderer/actions/class-actions.ts'
import { say } from '#renderer/document/status-line.ts'
import { Button } from '#renderer/ui/button.tsx'
import { Field, SelectField } from '#renderer/ui/field.tsx'
import { Modal } from '#renderer/ui/modal.tsx'
import { counted, t } from '#shared/texts/texts.ts'

/** Gives all annotations of a class to another. `names`: of the others. */
export function MergeClassDialog({
  name,
  count,
  names,
  onClose,
}: {
  name: string
  count: number
  names: readonly string[]
  onClose: () => void
}) {
  const [into, setInto] = useState(names[0] ?? '')
  const merge = async () => {
    onClose()
    if (await editClasses({ kind: 'merge', name, into }))
      say(t('{name} was merged into {into} · Undo restores it', { name, into }))
  }
  return (
    <Modal
      title={t('Merge “{name}” into another class', { name })}
      onClose={onClose}
      footer={
        <>
          <Button onClick={onClose}>{t('Cancel')}</Button>
          <Button variant="primary" disabled={into === ''} onClick={() => void merge()}>
            {t('Merge classes')}
          </Button>
        </>
      }
    >
      <Field
        label={t('Class to keep')}
        hint={t('{count} on all images get this class. “{name}” is then deleted.', {
          count: counted(count, 'annotation'),
          name,
        })}
      >
        {(id) => (
          <SelectField id={id} value={into} onChange={({ target }) => setInto(target.value)}>
            {names.map((item) => (
              <option key={item}>{item}</option>
            ))}
          </SelectField>
        )}
      </Field>
    </Modal>
  )
}
