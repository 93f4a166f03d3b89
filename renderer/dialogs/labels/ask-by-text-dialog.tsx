import { useState } from 'react'
import { focusCanvas, showDialog } from '#renderer/actions/app-state.ts'
import { askByText } from '#renderer/actions/assist.ts'
import { cloudState } from '#renderer/document/cloud-state.ts'
import { datasetState } from '#renderer/document/dataset-state.ts'
import { currentClassName } from '#renderer/tools/editor.ts'
import { Button } from '#renderer/ui/button.tsx'
import { Choice, Field, TextField } from '#renderer/ui/field.tsx'
import { Modal } from '#renderer/ui/modal.tsx'
import { useStore } from '#renderer/ui/use-store.ts'
import { formatMicroUsd } from '#shared/model/money.ts'
import { t } from '#shared/texts/texts.ts'

/** What asking costs and what is left, or that it costs something while that is not known. */
function usePriceWords(): string {
  const isRemote = useStore(datasetState, ({ dataset }) => dataset?.remote != null)
  const accountId = useStore(
    datasetState,
    ({ dataset }) => dataset?.remote?.accountId ?? dataset?.assistAccountId ?? '',
  )
  const known = useStore(cloudState, ({ prices }) => prices[accountId])
  if (known?.price == null || known.remaining === null)
    return t('Each answer is charged to your plan.')
  const words = { price: formatMicroUsd(known.price), left: formatMicroUsd(known.remaining) }
  return isRemote
    ? t('Each answer costs {price}. {left} left.', words)
    : t('Each image costs {price}, no matter how often you ask. {left} left.', words)
}

/** Words for what is to be found on the whole image; the answer is a proposal on the canvas. */
export function AskByTextDialog() {
  const [prompt, setPrompt] = useState(currentClassName())
  const [output, setOutput] = useState<'polygon' | 'bbox'>('polygon')
  const ask = () => {
    showDialog(null)
    askByText(prompt, output)
    focusCanvas()
  }
  return (
    <Modal
      title={t('Segment by text')}
      description={[
        t('Results are proposed as “{currentClassName}”.', {
          currentClassName: currentClassName(),
        }),
        usePriceWords(),
      ].join(' ')}
      onClose={() => showDialog(null)}
      footer={
        <>
          <Button onClick={() => showDialog(null)}>{t('Cancel')}</Button>
          <Button variant="primary" disabled={prompt.trim() === ''} onClick={ask}>
            {t('Find')}
          </Button>
        </>
      }
    >
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault()
          if (prompt.trim() !== '') ask()
        }}
      >
        <Field label={t('What to look for')}>
          {(id) => (
            <TextField id={id} value={prompt} onChange={({ target }) => setPrompt(target.value)} />
          )}
        </Field>
        <Choice
          label={t('Draw as')}
          name="assist-output"
          value={output}
          options={[
            { value: 'polygon', label: t('Polygons') },
            { value: 'bbox', label: t('Boxes') },
          ]}
          onChange={setOutput}
        />
      </form>
    </Modal>
  )
}
