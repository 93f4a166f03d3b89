import { cloudState } from '#renderer/document/cloud-state.ts'
import { datasetState } from '#renderer/document/dataset-state.ts'
import {
  canAskService,
  currentEngine,
  SERVICE,
  segmentState,
} from '#renderer/document/segment-state.ts'
import { client } from '#renderer/rpc/connection.ts'
import { AssistTool } from '#renderer/tools/assist-tool.ts'
import { SegmentTool } from '#renderer/tools/segment-tool.ts'
import { chooseTool, openEditor } from '#renderer/tools/workspace.ts'
import type { SegmentOutput } from '#shared/model/assist-model.ts'
import { notifyError, showDialog } from './app-state.ts'
import { changeSettings } from './view-actions.ts'

/** Reads which models of this machine find the thing at a click. */
export async function loadEngines(): Promise<void> {
  const { engines } = await client.models.list()
  segmentState.setState({ engines })
}

/** Activates the Segment tool when its engines are known; without any, opens the Models dialog. */
export async function takeAssistTool(): Promise<void> {
  if (segmentState.getState().engines === null) await loadEngines()
  const engine = currentEngine()
  if (engine === null) showDialog({ kind: 'models' })
  else if (engine !== SERVICE || readyToAssist()) chooseTool('assist')
}

/** The price is shown beside the tool; without it the tool works all the same. */
function loadPrice(accountId: string): void {
  client.service
    .promptPrice({ accountId })
    .then((price) =>
      cloudState.setState(({ prices }) => ({ prices: { ...prices, [accountId]: price } })),
    )
    .catch(() => {})
}

/** False if the user must first allow sending this folder's images; the question is shown. */
export function readyToAssist(): boolean {
  const { dataset } = datasetState.getState()
  if (!dataset || !canAskService()) return false
  const accountId = dataset.remote?.accountId ?? dataset.assistAccountId
  if (accountId === null) {
    showDialog({ kind: 'allow-assist' })
    return false
  }
  loadPrice(accountId)
  return true
}

/** Asks the service for objects by text, on the whole image. */
export function askByText(prompt: string, output: 'polygon' | 'bbox'): void {
  // Models of this machine take no words.
  void changeSettings({ segmentEngine: SERVICE })
  chooseTool('assist')
  const active = openEditor()?.tool.getState().active
  if (active instanceof AssistTool) void active.askByText(prompt, output)
}

/** Has the Segment tool ask another engine. */
export function chooseEngine(engineId: string): void {
  void changeSettings({ segmentEngine: engineId })
  takeAssistTool().catch(notifyError)
}

/** Sets what the Segment tool draws, and asks again for the current proposal. */
export function chooseOutput(segmentOutput: SegmentOutput): void {
  void changeSettings({ segmentOutput })
  const active = openEditor()?.tool.getState().active
  if (active instanceof SegmentTool) active.askAgain()
}
