import { useState } from 'react'
import { takeTool } from '#renderer/actions/actions.ts'
import { focusCanvas, showDialog } from '#renderer/actions/app-state.ts'
import { AssistTool } from '#renderer/tools/assist-tool.ts'
import { currentClassName, toolState } from '#renderer/tools/tool-state.ts'
import { Button } from '#renderer/ui/button.tsx'
import { Choice, Field, TextField } from '#renderer/ui/field.tsx'
import { Modal } from '#renderer/ui/modal.tsx'

/** Words for what is to be found on the whole image; the answer is a proposal on the canvas. */
export function AskByTextDialog() {
  const [prompt, setPrompt] = useState(currentClassName())
  const [output, setOutput] = useState<'polygon' | 'bbox'>('polygon')
  const ask = () => {
    showDialog(null)
    takeTool('assist')
    const { active } = toolState.getState()
    if (active instanceof AssistTool) void active.askByText(prompt, output)
    focusCanvas()
  }
  return (
    <Modal
      title="Find by words"
      description={`What the service finds is proposed as “${currentClassName()}”. Each answer is paid by your plan.`}
      onClose={() => showDialog(null)}
      footer={
        <>
          <Button onClick={() => showDialog(null)}>Cancel</Button>
          <Button variant="primary" disabled={prompt.trim() === ''} onClick={ask}>
            Find
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
        <Field label="What to look for">
          {(id) => (
            <TextField id={id} value={prompt} onChange={({ target }) => setPrompt(target.value)} />
          )}
        </Field>
        <Choice
          label="As"
          name="assist-output"
          value={output}
          options={[
            { value: 'polygon', label: 'Polygons' },
            { value: 'bbox', label: 'Boxes' },
          ]}
          onChange={setOutput}
        />
      </form>
    </Modal>
  )
}
