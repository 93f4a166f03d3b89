import {
  datasetState,
  EMPTY_DATASET,
  imageById,
  nextImage,
  upsertImages,
} from '#renderer/document/dataset-state.ts'
import { editorSettings } from '#renderer/document/editor-settings.ts'
import { showDataset } from '#renderer/document/shown-dataset.ts'
import { client } from '#renderer/rpc/connection.ts'
import { orpc, queryClient } from '#renderer/rpc/query.ts'
import { closeEditor, openInEditor, workspace } from '#renderer/tools/workspace.ts'
import type { Dataset, DatasetImage } from '#shared/model/dataset.ts'
import { t } from '#shared/texts/texts.ts'
import { afterWaiting, appState, closeDatasetDialog, notifyError, showDialog } from './app-state.ts'
import { changeSettings } from './view-actions.ts'

/** Images fetched first: more than a screen shows. */
const FIRST_PAGE = 200
/** Page size from then on: large enough for few calls, small enough to process within a frame. */
const PAGE = 1_000
const LAST_IMAGE_KEY = 'pictograph.last-image.'

/** Loads all images of the open dataset, page by page. Rejects if they cannot be read. */
export async function loadImages(datasetId: string): Promise<void> {
  let after: string | null = null
  for (let limit = FIRST_PAGE; ; limit = PAGE) {
    const page: DatasetImage[] = await client.images.list({ datasetId, after, limit })
    if (appState.getState().datasetId !== datasetId) return
    upsertImages(page)
    datasetState.setState({ loaded: true })
    const last = page.at(-1)
    if (!last || page.length < limit) return
    after = last.path
  }
}

/** Increases when the user opens or leaves a dataset: only the latest choice counts, in whichever order answers arrive. */
let choice = 0

/**
 * Opens a dataset and shows it at an image; null: at the one of the last visit. False if it could not be opened, or if
 * the user has meanwhile opened another one or left. Never rejects.
 */
async function tryEnter(
  open: () => Promise<{ dataset: Dataset; imageId?: string | null }>,
): Promise<boolean> {
  const mine = ++choice
  const showNext = afterWaiting()
  try {
    const { dataset, imageId = null } = await open()
    if (mine !== choice) return false
    showNext(null)
    await enter(dataset, imageId)
    return true
  } catch (error) {
    notifyError(error)
    return false
  }
}

/** Shows a dataset at an image; null: at the one of the last visit. */
async function enter(dataset: Dataset, imageId: string | null): Promise<void> {
  // The image of another dataset may still be open.
  closeEditor()
  if (datasetState.getState().dataset?.id !== dataset.id) closeDatasetDialog()
  showDataset(dataset)
  appState.setState({ datasetId: dataset.id, isGallery: false })
  hideDataset(dataset.id, false)
  if (imageId !== null) localStorage.setItem(LAST_IMAGE_KEY + dataset.id, imageId)
  const last = localStorage.getItem(LAST_IMAGE_KEY + dataset.id)
  // It is shown while the list loads.
  if (last !== null) goToImage(last)
  await loadImages(dataset.id)
  const { imageId: shown } = workspace.getState()
  if (shown !== null && shown === last && !imageById(shown)) closeEditor()
  openFirstImage()
  void queryClient.invalidateQueries({ queryKey: orpc.datasets.list.key() })
}

/** Hides a dataset from the recent list, or shows it again. Nothing is deleted. */
export function hideDataset(id: string, isHidden: boolean): void {
  const { hiddenDatasets } = editorSettings.getState()
  if (hiddenDatasets.includes(id) === isHidden) return
  const others = hiddenDatasets.filter((other) => other !== id)
  void changeSettings({ hiddenDatasets: isHidden ? [...others, id] : others })
}

/** Opens the image of the last visit, else the first, if none is open yet. */
export function openFirstImage(): void {
  const { dataset, images, scan } = datasetState.getState()
  const first = images.at(0)
  if (!dataset || workspace.getState().imageId !== null || !first) return
  const last = localStorage.getItem(LAST_IMAGE_KEY + dataset.id)
  // The service lists the newest first, so the first image is known only when all are loaded.
  if (dataset.remote && last === null && scan?.state === 'scanning') return
  goToImage(last !== null && images.find(last) ? last : first.id)
}

export const openFolder = (path: string) =>
  tryEnter(async () => ({ dataset: await client.datasets.openFolder({ path }) }))
export const openSample = () =>
  tryEnter(async () => ({ dataset: await client.datasets.openSample() }))
/** `imageId`: the image to show; null: the one of the last visit. */
export const openDataset = (id: string, imageId: string | null = null) =>
  tryEnter(async () => ({ dataset: await client.datasets.open({ id }), imageId }))
export const relocateDataset = (id: string, path: string) =>
  tryEnter(async () => ({ dataset: await client.datasets.relocate({ id, path }) }))

/** Opens a folder, the folder of an image, or a link to a dataset of the service. */
export const openTarget = (target: string) => tryEnter(() => client.datasets.openTarget({ target }))

export const openRemote = (accountId: string, remoteId: string) =>
  tryEnter(async () => ({ dataset: await client.remote.open({ accountId, remoteId }) }))

export async function forgetDataset(id: string): Promise<void> {
  try {
    await client.datasets.forget({ id })
    await queryClient.invalidateQueries({ queryKey: orpc.datasets.list.key() })
  } catch (error) {
    notifyError(error)
  }
}

/** Asks for a folder, with the system's dialog where there is one. */
export async function chooseFolder(): Promise<void> {
  const info = await client.app.info()
  if (!info.canPickFolder) {
    showDialog({ kind: 'open-folder' })
    return
  }
  const path = await client.folders.pick({ title: t('Open a folder of images') })
  if (path !== null) await openFolder(path)
}

export function leaveDataset(): void {
  choice++
  closeEditor()
  datasetState.setState(EMPTY_DATASET)
  appState.setState({ datasetId: null, dialog: null })
  void queryClient.invalidateQueries({ queryKey: orpc.datasets.list.key() })
}

export function goToImage(imageId: string): void {
  void openImage(imageId)
}

/** Resolves when the image is open, or when the error is shown. */
export async function openImage(imageId: string): Promise<void> {
  const { dataset } = datasetState.getState()
  if (dataset) localStorage.setItem(LAST_IMAGE_KEY + dataset.id, imageId)
  await openInEditor(imageId)
}

export function goToNext(direction: 1 | -1, fits?: (image: DatasetImage) => boolean): boolean {
  const next = nextImage(
    datasetState.getState().images,
    workspace.getState().imageId,
    direction,
    fits,
  )
  if (next) goToImage(next.id)
  return next !== null
}
