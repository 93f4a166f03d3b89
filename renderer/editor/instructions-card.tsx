import { useQuery } from '@tanstack/react-query'
import { Pencil, X } from 'lucide-react'
import { actionById } from '#renderer/actions/actions.ts'
import { appState, showDialog } from '#renderer/actions/app-state.ts'
import { shownKey } from '#renderer/actions/shortcuts.ts'
import { choices } from '#renderer/document/choices.ts'
import { datasetState } from '#renderer/document/dataset-state.ts'
import { thumbnailUrl } from '#renderer/rpc/media.ts'
import { orpc } from '#renderer/rpc/query.ts'
import { currentClassName } from '#renderer/tools/editor.ts'
import { IconButton } from '#renderer/ui/button.tsx'
import { useStore } from '#renderer/ui/use-store.ts'
import type { Settings } from '#shared/contract/settings.ts'
import type { Instructions } from '#shared/model/annotation-class.ts'
import type { Dataset } from '#shared/model/dataset.ts'
import { t } from '#shared/texts/texts.ts'

/** Device pixels. */
const EXAMPLE_WIDTH = 640

function Part({ title, instructions }: { title: string; instructions: Instructions | undefined }) {
  const images = useStore(datasetState, (state) => state.images)
  if (!instructions || (instructions.text === '' && instructions.imageId === null)) return null
  const image = instructions.imageId === null ? undefined : images.find(instructions.imageId)
  return (
    <section className="flex flex-col gap-1.5">
      <h3 className="text-xs font-semibold text-muted">{title}</h3>
      {instructions.text !== '' && (
        <p className="text-sm break-words whitespace-pre-wrap">{instructions.text}</p>
      )}
      {image && (
        <img
          src={thumbnailUrl(image, EXAMPLE_WIDTH)}
          alt={t('Example: {path}', { path: image.path })}
          className="max-h-48 w-full rounded-md bg-raised object-contain"
        />
      )}
    </section>
  )
}

/** The readme of a dataset of the service. */
function Readme({ datasetId }: { datasetId: string }) {
  const asked = useQuery(
    orpc.curation.instructions.queryOptions({ input: { datasetId }, staleTime: 60_000 }),
  )
  const { readme = null, description = null } = asked.data ?? {}
  const text = [description, readme].filter((part) => part !== null).join('\n\n')
  if (asked.isError) return <p className="text-xs text-muted">{asked.error.message}</p>
  return <Part title={t('On the service')} instructions={{ text, imageId: null }} />
}

/** Instructions for the current class and the dataset, next to the image while drawing. */
export function InstructionsCard({ dataset, settings }: { dataset: Dataset; settings: Settings }) {
  const isShown = useStore(appState, (state) => state.showsInstructions)
  useStore(choices, (state) => state.className)
  if (!isShown) return null
  const name = currentClassName()
  const ofClass = dataset.classes.find((item) => item.name === name)
  const ofDataset = settings.datasetInstructions[dataset.id]
  const key = shownKey(actionById('show-instructions'))
  return (
    <aside
      aria-label={t('Instructions')}
      className="absolute top-3 left-3 z-10 flex max-h-[70%] w-72 max-w-[calc(100%-1.5rem)] flex-col gap-3 overflow-y-auto rounded-lg border border-line bg-surface p-3 shadow-float"
    >
      <div className="flex items-center gap-1">
        <h2 className="min-w-0 flex-1 truncate text-sm font-semibold" title={name}>
          {name}
        </h2>
        <IconButton
          label={t('Edit the instructions')}
          onClick={() =>
            showDialog(
              ofClass ? { kind: 'instructions', className: name } : { kind: 'instructions' },
            )
          }
        >
          <Pencil />
        </IconButton>
        <IconButton
          label={t('Close ({key})', { key })}
          onClick={() => appState.setState({ showsInstructions: false })}
        >
          <X />
        </IconButton>
      </div>
      <Part title={t('This class')} instructions={ofClass?.instructions} />
      <Part title={t('The dataset')} instructions={ofDataset} />
      {dataset.remote && <Readme datasetId={dataset.id} />}
      {!ofClass?.instructions && !ofDataset && !dataset.remote && (
        <p className="text-sm text-muted">
          {t('No instructions yet. Use the pencil to write some and add an example image.')}
        </p>
      )}
    </aside>
  )
}
