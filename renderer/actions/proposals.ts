import { datasetState } from '#renderer/document/dataset-state.ts'
import {
  mergeCounts,
  NO_PROPOSALS,
  proposalState,
  upsertJob,
} from '#renderer/document/proposal-state.ts'
import { flushEdits, refreshLabels } from '#renderer/document/session.ts'
import { say } from '#renderer/document/status-line.ts'
import { client } from '#renderer/rpc/connection.ts'
import type { Editor } from '#renderer/tools/editor.ts'
import { openEditor } from '#renderer/tools/workspace.ts'
import type { OpenCount, WhichProposals } from '#shared/contract/proposals.ts'
import { newId } from '#shared/model/annotation.ts'
import type { DetectJob } from '#shared/model/detect-job.ts'
import { type ModelChoice, USUAL_CHOICE } from '#shared/model/proposal.ts'
import { counted, t } from '#shared/texts/texts.ts'
import type { Action, ImageAction } from './action.ts'
import { notify, notifyError, showDialog } from './app-state.ts'

/** Reads what models found in the editor's image. */
export async function loadProposals(editor: Editor): Promise<void> {
  const all = await client.proposals.list({ imageId: editor.document.image.id })
  if (!editor.isDisposed) editor.proposals.take(all)
}

/** Reads which images of the open dataset have proposals, and what was chosen for its models. */
async function loadDataset(datasetId: string): Promise<void> {
  const [counts, choices] = await Promise.all([
    client.proposals.counts({ datasetId }),
    client.proposals.choices({ datasetId }),
  ])
  if (datasetState.getState().dataset?.id !== datasetId) return
  proposalState.setState({ choices, counts: new Map() })
  mergeCounts(counts)
}

/** After a break of the connection, and when another dataset is opened. */
export async function loadAllProposals(): Promise<void> {
  const datasetId = datasetState.getState().dataset?.id
  proposalState.setState({ jobs: await client.detection.jobs() })
  if (datasetId === undefined) return
  await loadDataset(datasetId)
  const editor = openEditor()
  if (editor) await loadProposals(editor)
}

/** Reads proposals of each dataset that is opened. */
export function followDatasets(): void {
  datasetState.subscribe(({ dataset }, before) => {
    if (dataset?.id === before.dataset?.id) return
    proposalState.setState(NO_PROPOSALS)
    // The jobs of a dataset that was forgotten are gone with it.
    loadAllProposals().catch(notifyError)
  })
}

export function onProposals(datasetId: string, counts: readonly OpenCount[]): void {
  if (datasetState.getState().dataset?.id !== datasetId) return
  mergeCounts(counts)
  const editor = openEditor()
  if (editor && counts.some(({ imageId }) => imageId === editor.document.image.id))
    loadProposals(editor).catch(notifyError)
}

/** Updates a detection job. Its end is announced; for a single image in the status line. */
export function onJob(job: DetectJob): void {
  const before = proposalState.getState().jobs.find(({ id }) => id === job.id)
  upsertJob(job)
  if (before?.state !== 'running' || job.state === 'running') return
  const found = counted(job.found, 'proposal')
  if (job.state === 'failed')
    notify(
      t('Detection with {model} stopped: {problem}', {
        model: job.model,
        problem: job.problem ?? '',
      }),
      'error',
    )
  else if (job.state === 'done' && job.images.total === 1) say(t('{found} found', { found }))
  else if (job.state === 'done')
    notify(
      t('{model} looked at {images}: {found}', {
        model: job.model,
        images: counted(job.images.total, 'image'),
        found,
      }),
    )
}

/** Another window moved a threshold, or a detection began with the usual ones. */
export function onChoice(datasetId: string, model: string, choice: ModelChoice): void {
  // A slider that is being moved ignores its own echo.
  if (!unsent.has(model)) showChoice(datasetId, model, choice)
}

function showChoice(datasetId: string, model: string, choice: ModelChoice): void {
  if (datasetState.getState().dataset?.id !== datasetId) return
  proposalState.setState(({ choices }) => ({ choices: { ...choices, [model]: choice } }))
}

/** Delay after which a moved slider is saved. Milliseconds. */
const KEEP_AFTER_MS = 200

/** Choices that the engine does not have yet, by model. */
const unsent = new Map<string, { send: () => Promise<void>; timer: number }>()

/** Keeps thresholds or classes for a model. What is shown follows at once. */
export function choose(model: string, change: Partial<ModelChoice>): void {
  const datasetId = datasetState.getState().dataset?.id
  if (datasetId === undefined) return
  const choice = { ...(proposalState.getState().choices[model] ?? USUAL_CHOICE), ...change }
  showChoice(datasetId, model, choice)
  const send = () => client.proposals.setChoice({ datasetId, model, choice })
  clearTimeout(unsent.get(model)?.timer)
  const timer = window.setTimeout(() => keepChoice(model).catch(notifyError), KEEP_AFTER_MS)
  unsent.set(model, { send, timer })
}

async function keepChoice(model: string): Promise<void> {
  const waiting = unsent.get(model)
  if (!waiting) return
  clearTimeout(waiting.timer)
  await waiting.send()
  // Changed meanwhile: the newer value is saved later.
  if (unsent.get(model) === waiting) unsent.delete(model)
}

/** Accepts or drops proposals. `imageIds`: null: all images of the dataset. Each image is one step of undo. */
export async function settle(
  action: 'accept' | 'drop',
  which: WhichProposals,
  imageIds: string[] | null,
): Promise<void> {
  const datasetId = datasetState.getState().dataset?.id
  if (datasetId === undefined) return
  // Earlier edits must come first in the history, and thresholds must be saved, because they decide what is accepted.
  await Promise.all([flushEdits(), ...[...unsent.keys()].map(keepChoice)])
  const { images, proposals } = await client.proposals.settle({
    datasetId,
    imageIds,
    action,
    which,
    commitId: newId(),
  })
  refreshLabels()
  const counts = {
    proposals: counted(proposals, 'proposal'),
    images: counted(images, 'image'),
  }
  if (proposals === 0) say(t('No matching proposals'))
  else
    say(
      action === 'accept'
        ? t('Accepted {proposals} ({images})', counts)
        : t('Rejected {proposals} ({images})', counts),
    )
}

/** Asks a model about images, in the background. `imageIds`: null: the whole dataset. Throws what the engine says. */
export async function startDetection(modelId: string, imageIds: string[] | null): Promise<void> {
  const datasetId = datasetState.getState().dataset?.id
  if (datasetId === undefined) return
  await Promise.all([...unsent.keys()].map(keepChoice))
  upsertJob(await client.detection.start({ datasetId, modelId, imageIds }))
  say(t('Detection is running in the background'))
}

export async function changeDetection(
  change: 'pause' | 'resume' | 'cancel' | 'remove',
  id: string,
): Promise<void> {
  try {
    await client.detection[change]({ id })
  } catch (error) {
    notifyError(error)
  }
}

const settleHere = (
  editor: Editor,
  action: 'accept' | 'drop',
  which: WhichProposals,
): Promise<void> => settle(action, which, [editor.document.image.id])

const hasAny = (editor: Editor): boolean => editor.proposals.shown().length > 0

function settleCurrent(editor: Editor, action: 'accept' | 'drop'): Promise<void> | undefined {
  const current = editor.proposals.current()
  return current
    ? settleHere(editor, action, { kind: 'ids', ids: [current.proposal.id] })
    : undefined
}

function settleClass(editor: Editor, action: 'accept' | 'drop'): Promise<void> | undefined {
  const current = editor.proposals.current()
  return current
    ? settleHere(editor, action, { kind: 'class', className: current.proposal.className })
    : undefined
}

const ALL: WhichProposals = { kind: 'shown', skipCovered: false }

/** Percent by which the keys move the threshold. */
const STEP = 5

function moveThreshold(editor: Editor, by: 1 | -1): void {
  const model = (editor.proposals.current()?.proposal ?? editor.proposals.state.getState().all[0])
    ?.model
  if (model === undefined) return
  const { confidence } = proposalState.getState().choices[model] ?? USUAL_CHOICE
  const percent = Math.min(100, Math.max(0, Math.round(confidence * 100) + by * STEP))
  choose(model, { confidence: percent / 100 })
  say(
    t('Proposals from {percent}% · {count} shown', {
      percent,
      count: editor.proposals.shown().length,
    }),
  )
}

const action = (
  id: string,
  label: string,
  keys: readonly string[],
  run: ImageAction['run'],
  enabled: ImageAction['enabled'] = hasAny,
): ImageAction => ({ id, label, group: 'Tools', context: 'image', keys, enabled, run })

export const PROPOSAL_ACTIONS: readonly Action[] = [
  {
    id: 'detect',
    label: t('Detect objects…'),
    group: 'Tools',
    context: 'dataset',
    keys: ['Shift+D'],
    run: () => showDialog({ kind: 'detect', imageIds: null }),
  },
  action('proposal-accept', t('Accept the proposal'), ['Y'], (editor) =>
    settleCurrent(editor, 'accept'),
  ),
  action(
    'proposal-accept-class',
    t('Accept all proposals of the same class'),
    ['Alt+Y'],
    (editor) => settleClass(editor, 'accept'),
  ),
  action('proposal-accept-all', t('Accept all visible proposals'), ['Shift+Y'], (editor) =>
    settleHere(editor, 'accept', ALL),
  ),
  action('proposal-drop', t('Reject the proposal'), ['Shift+N'], (editor) =>
    settleCurrent(editor, 'drop'),
  ),
  action(
    'proposal-drop-class',
    t('Reject all proposals of the same class'),
    ['Alt+Shift+N'],
    (editor) => settleClass(editor, 'drop'),
  ),
  action(
    'proposal-drop-all',
    t('Reject all proposals on this image'),
    ['Alt+Shift+Backspace'],
    (editor) => settleHere(editor, 'drop', ALL),
  ),
  action('proposal-next', t('Next proposal'), ['Alt+ArrowDown'], (editor) => {
    editor.proposals.step(1)
  }),
  action('proposal-previous', t('Previous proposal'), ['Alt+ArrowUp'], (editor) => {
    editor.proposals.step(-1)
  }),
  action(
    'proposal-more',
    t('More proposals: a lower threshold'),
    ['Alt+,'],
    (editor) => moveThreshold(editor, -1),
    (editor) => editor.proposals.state.getState().all.length > 0,
  ),
  action(
    'proposal-fewer',
    t('Fewer proposals: a higher threshold'),
    ['Alt+.'],
    (editor) => moveThreshold(editor, 1),
    (editor) => editor.proposals.state.getState().all.length > 0,
  ),
]
