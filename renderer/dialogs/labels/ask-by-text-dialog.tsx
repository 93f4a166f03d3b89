import { useState } from 'react'
import { takeTool } from '#renderer/actions/actions.ts'
import { focusCanvas, showDialog } from '#renderer/actions/app-state.ts'
import { AssistTool } from '#renderer/tools/assist-tool.ts'
import { currentClassName } from '#renderer/tools/editor.ts'
import { openEditor } from '#renderer/tools/workspace.ts'
import { Button } from '#renderer/ui/button.tsx'
import { Choice, Field, TextField } from '#renderer/ui/field.tsx'
import { Modal } from '#renderer/ui/modal.tsx'
import { t } from '#shared/texts/texts.ts'

/** Words for what is to be found on the whole image; the answer is a proposal on the canvas. */
export function AskByTextDialog() {
  const [prompt, setPrompt] = useState(currentClassName())
  const [output, setOutput] = useState<'polygon' | 'bbox'>('polygon')
  const ask = () => {
    showDialog(null)
    takeTool('assist')
    const active = openEditor()?.tool.getState().active
    if (active instanceof AssistTool) void active.askByText(prompt, output)
    focusCanvas()
  }
  return (
    <Modal
      title={t('Find by words')}
      description={t(
        'What the service finds is proposed as “{currentClassName}”. Each answer is paid by your plan.',
        { currentClassName: currentClassName() },
      )}
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
          label={t('As')}
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
