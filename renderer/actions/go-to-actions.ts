import { datasetState } from '#renderer/document/dataset-state.ts'
import { workspace } from '#renderer/tools/workspace.ts'
import { t } from '#shared/texts/texts.ts'
import type { Action } from './action.ts'
import { showDialog } from './app-state.ts'
import { goToImage } from './datasets.ts'

/** How many images PageUp and PageDown pass. */
const PAGE = 10

/** Goes to the image at an index, or to the nearest that there is. */
function goToIndex(index: number): void {
  const { images } = datasetState.getState()
  const image = images.at(Math.max(0, Math.min(images.length - 1, index)))
  if (image && image.id !== workspace.getState().imageId) goToImage(image.id)
}

function goBy(step: number): void {
  const { imageId } = workspace.getState()
  const { images } = datasetState.getState()
  goToIndex((imageId === null ? 0 : images.indexOf(imageId)) + step)
}

export const GO_TO_ACTIONS: readonly Action[] = [
  {
    id: 'go-to-image',
    label: t('Go to image by number or name…'),
    group: 'Navigate',
    context: 'dataset',
    keys: ['Mod+P'],
    run: () => showDialog({ kind: 'palette', text: '' }),
  },
  {
    id: 'first-image',
    label: t('First image'),
    group: 'Navigate',
    context: 'canvas',
    keys: ['Home'],
    run: () => goToIndex(0),
  },
  {
    id: 'last-image',
    label: t('Last image'),
    group: 'Navigate',
    context: 'canvas',
    keys: ['End'],
    run: () => goToIndex(datasetState.getState().images.length - 1),
  },
  {
    id: 'images-back',
    label: t('Back 10 images'),
    group: 'Navigate',
    context: 'canvas',
    keys: ['PageUp'],
    run: () => goBy(-PAGE),
  },
  {
    id: 'images-on',
    label: t('Forward 10 images'),
    group: 'Navigate',
    context: 'canvas',
    keys: ['PageDown'],
    run: () => goBy(PAGE),
  },
]
