import { Check, Layers, ScanSearch, X } from 'lucide-react'
import { useEffect, useRef } from 'react'
import { actionById } from '#renderer/actions/actions.ts'
import { showDialog } from '#renderer/actions/app-state.ts'
import { perform } from '#renderer/actions/dispatch.ts'
import { settle } from '#renderer/actions/proposals.ts'
import { shownKey } from '#renderer/actions/shortcuts.ts'
import { datasetState } from '#renderer/document/dataset-state.ts'
import type { ShownProposal } from '#renderer/document/image-proposals.ts'
import { proposalState } from '#renderer/document/proposal-state.ts'
import type { Editor } from '#renderer/tools/editor.ts'
import { Button, IconButton } from '#renderer/ui/button.tsx'
import { classNames } from '#renderer/ui/class-names.ts'
import { EmptyState } from '#renderer/ui/feedback.tsx'
import { useStore } from '#renderer/ui/use-store.ts'
import { counted, t } from '#shared/texts/texts.ts'
import { percentOf, proposalColors } from './drawn-proposals.ts'
import { ModelThresholds } from './model-thresholds.tsx'
import { useProposals } from './use-proposals.ts'

const run = (id: string) => void perform(actionById(id))
const keyOf = (id: string) => shownKey(actionById(id))

function Row({
  editor,
  shown: { proposal, className, covered },
  color,
  isCurrent,
}: {
  editor: Editor
  shown: ShownProposal
  color: string
  isCurrent: boolean
}) {
  const { id, confidence } = proposal
  const name = `${className} ${percentOf(confidence)}`
  const decide = (action: 'accept' | 'drop') =>
    void settle(action, { kind: 'ids', ids: [id] }, [editor.document.image.id])
  const element = useRef<HTMLLIElement>(null)
  useEffect(() => {
    if (isCurrent) element.current?.scrollIntoView({ block: 'nearest' })
  }, [isCurrent])
  return (
    <li
      ref={element}
      data-proposal={id}
      className={classNames(
        'flex h-8 items-center gap-1.5 rounded-md pr-1 pl-2',
        isCurrent ? 'bg-accent-soft' : 'hover:bg-hover',
      )}
    >
      <button
        type="button"
        aria-current={isCurrent}
        onClick={() => editor.proposals.state.setState({ currentId: id })}
        className="flex min-w-0 flex-1 items-center gap-2 text-left text-sm"
      >
        <span
          className="size-2.5 shrink-0 rounded-sm border-2 border-dashed"
          ref={(dot) => void dot?.style.setProperty('border-color', color)}
        />
        <span className="truncate">{className}</span>
        {covered && (
          <span
            title={t('Overlaps an existing shape of class {className}', {
              className: covered.className,
            })}
            className="flex shrink-0 items-center gap-0.5 rounded bg-raised px-1 text-2xs text-warning"
          >
            <Layers className="size-3" aria-hidden="true" />
            {t('overlaps')}
          </span>
        )}
        <span className="ml-auto shrink-0 text-xs text-muted tabular-nums">
          {percentOf(confidence)}
        </span>
      </button>
      <IconButton
        label={t('Accept {name}', { name })}
        className="size-6"
        onClick={() => decide('accept')}
      >
        <Check />
      </IconButton>
      <IconButton
        label={t('Reject {name}', { name })}
        className="size-6"
        onClick={() => decide('drop')}
      >
        <X />
      </IconButton>
    </li>
  )
}

function NoProposals({ hidden }: { hidden: number }) {
  return (
    <EmptyState
      icon={<ScanSearch />}
      title={hidden > 0 ? t('No proposal above the threshold') : t('No proposals on this image')}
    >
      {hidden > 0
        ? t('{count} hidden: below the threshold, or of an ignored class.', {
            count: counted(hidden, 'proposal'),
          })
        : t('A model on this computer can detect objects. No image leaves it.')}
      <Button className="mt-3 h-7" onClick={() => showDialog({ kind: 'detect', imageIds: null })}>
        {t('Detect objects…')}
      </Button>
    </EmptyState>
  )
}

function List({ editor }: { editor: Editor }) {
  const { shown, currentId } = useProposals(editor)
  const classes = useStore(datasetState, (state) => state.dataset?.classes) ?? []
  const colorOf = proposalColors(classes, shown)
  return (
    <ul
      aria-label={counted(shown.length, 'proposal')}
      className="min-h-24 flex-1 overflow-y-auto px-2 py-1"
    >
      {shown.map((item) => (
        <Row
          key={item.proposal.id}
          editor={editor}
          shown={item}
          color={colorOf(item.className)}
          isCurrent={item.proposal.id === currentId}
        />
      ))}
    </ul>
  )
}

/** What models found in the image: thresholds, each proposal with its decision, and all at once. */
export function ProposalsPanel({ editor }: { editor: Editor }) {
  const { all, shown } = useProposals(editor)
  const choices = useStore(proposalState, (state) => state.choices)
  const models = [...new Set(all.map(({ model }) => model))]
  const covered = shown.filter((item) => item.covered !== null).length
  const settleShown = (action: 'accept' | 'drop', skipCovered: boolean) =>
    void settle(action, { kind: 'shown', skipCovered }, [editor.document.image.id])
  return (
    <div className="flex h-full flex-col overflow-y-auto">
      {models.map((model) => (
        <ModelThresholds
          key={model}
          model={model}
          choice={choices[model]}
          classes={[
            ...new Set(all.filter((item) => item.model === model).map((item) => item.className)),
          ]}
        />
      ))}
      {shown.length === 0 ? (
        <NoProposals hidden={all.length} />
      ) : (
        <>
          <List editor={editor} />
          <div className="flex shrink-0 flex-wrap items-center gap-1.5 border-t border-line px-2 py-1.5">
            <Button
              variant="primary"
              className="h-7 px-2 text-xs"
              title={keyOf('proposal-accept-all')}
              onClick={() => run('proposal-accept-all')}
            >
              {t('Accept all ({count})', { count: shown.length })}
            </Button>
            {covered > 0 && covered < shown.length && (
              <Button className="h-7 px-2 text-xs" onClick={() => settleShown('accept', true)}>
                {t('Accept new ({count})', { count: shown.length - covered })}
              </Button>
            )}
            <Button
              variant="danger"
              className="ml-auto h-7 px-2 text-xs"
              title={keyOf('proposal-drop-all')}
              onClick={() => run('proposal-drop-all')}
            >
              {t('Reject all')}
            </Button>
          </div>
          <p className="shrink-0 px-2 pb-1.5 text-2xs text-muted">
            {t('{accept} accepts, {drop} rejects, {next} goes to the next', {
              accept: keyOf('proposal-accept'),
              drop: keyOf('proposal-drop'),
              next: keyOf('proposal-next'),
            })}
          </p>
        </>
      )}
    </div>
  )
}
