import type { Client, RemoteImage } from '#core/api/client.ts'
import { fromRemoteImage } from '#core/api/wire-dataset.ts'
import type { TransferItem } from '#core/cache/transfer-repository.ts'
import { FORMAT_BY_ID } from '#core/formats/registry.ts'
import { MANY_FILES } from '#core/memory.ts'
import { SafeNames } from '#core/safe-names.ts'
import type { DownloadOptions, DownloadPlan } from '#shared/model/transfer.ts'

/** Average requests of an export: create, poll, fetch, delete. */
const EXPORT_REQUESTS = 6
/** From this many annotation files on, an export costs less. */
const EXPORT_FROM = 20
/** From this many images on, an export costs less; it also packs those that have an address. */
const IMAGES_FROM = 200
/** At least one in this many images of an archive must be wanted. */
const WORTH_SHARE = 8
const PAGE = 1_000
const STAGES = 4
/** The download listing returns at most this many addresses. */
export const LISTING_LIMIT = 10_000

/** The facts of an image that a download keeps. */
export interface DownloadFacts {
  path: string
  count: number
  width: number | null
  height: number | null
  stage: 'new' | 'annotate' | 'review' | 'complete'
  split: 'train' | 'val' | 'test' | null
  tags: string[]
  createdAtMs: number
  /** The ETag of the partial file, to resume it. */
  etag?: string | null
  /** The original path, if a file of the user is there. */
  movedFrom?: string
}

/** One image in a download's queue. */
export type DownloadItem = TransferItem<DownloadFacts>

export type PlannedImage = Omit<ReturnType<typeof fromRemoteImage>, 'thumbnailUrl'>

/** True if the image is wanted, as far as the image list tells. */
export function isWanted(
  image: PlannedImage,
  { stages, splits, tags }: Pick<DownloadOptions, 'stages' | 'splits' | 'tags'>,
): boolean {
  return (
    (stages.length === 0 || stages.includes(image.stage)) &&
    (splits.length === 0 || splits.includes(image.split ?? 'none')) &&
    (tags.length === 0 || image.tags.some((tag) => tags.includes(tag)))
  )
}

/**
 * The wanted images in path order, so that file names are the same each time. `onMany`: called if there are very
 * many.
 */
export async function wantedImages(
  client: Client,
  dataset: string,
  options: DownloadOptions,
  signal: AbortSignal,
  onMany: () => void = () => {},
): Promise<PlannedImage[]> {
  const [stage, second] = options.stages
  // A single stage can be filtered by the service, which saves pages.
  const filter = stage !== undefined && second === undefined ? { status: stage } : {}
  const chosen = options.imageIds && new Set(options.imageIds)
  const wanted: PlannedImage[] = []
  for await (const image of client.images.list(dataset, { ...filter, signal })) {
    // With very many images, this is the longest field; leave it out to save memory.
    const { thumbnailUrl: _, ...known } = fromRemoteImage(image satisfies RemoteImage)
    // If the service does not report a label count, request the labels.
    const planned = { ...known, annotationCount: image.annotation_count ?? 1 }
    if ((!chosen || chosen.has(planned.remoteId)) && isWanted(planned, options))
      if (wanted.push(planned) === MANY_FILES) onMany()
  }
  return wanted.sort((a, b) =>
    a.path === b.path ? (a.remoteId < b.remoteId ? -1 : 1) : a.path < b.path ? -1 : 1,
  )
}

/** The cheapest way to fetch annotations: a file costs one request per image, an export only a few. */
export function labelsMode(
  images: readonly Pick<PlannedImage, 'annotationCount'>[],
  { what, classes }: DownloadOptions,
  isCold: boolean,
): DownloadPlan['annotations'] {
  if (what === 'images_only' && classes.length === 0) return 'none'
  const files = images.filter(({ annotationCount }) => annotationCount > 0).length
  return files >= EXPORT_FROM && !isCold ? 'export' : 'files'
}

/** An export packs whole stages; for a selection of images, most of it would be useless. */
export const packsWholeStages = ({ splits, tags, imageIds, classes }: DownloadOptions): boolean =>
  splits.length === 0 && tags.length === 0 && imageIds === null && classes.length === 0

/**
 * True if an export is better than single requests for images without an address. An export takes longer while the
 * hourly limit allows single requests, and with few images most of the archive is useless. `packed`: number of images
 * in their stages.
 */
export function isExportWorthIt({
  missing,
  packed,
  requestsLeft,
}: {
  missing: number
  packed: number
  requestsLeft: number | null
}): boolean {
  return (
    missing >= IMAGES_FROM &&
    missing * WORTH_SHARE >= packed &&
    (requestsLeft === null || missing >= requestsLeft / 2)
  )
}

/** The images beyond the listing: requests, and extra bytes to fetch. */
function beyondListing(
  images: readonly PlannedImage[],
  options: DownloadOptions,
  isCold: boolean,
  requestsLeft: number | null,
): { requests: number; bytes: number } {
  if (images.length < LISTING_LIMIT) return { requests: 1, bytes: 0 }
  const over = [...Map.groupBy(images, ({ stage }) => stage).values()].filter(
    ({ length }) => length > LISTING_LIMIT,
  )
  const missing = over.reduce((sum, { length }) => sum + length - LISTING_LIMIT, 0)
  const packed = over.reduce((sum, { length }) => sum + length, 0)
  const isPacked =
    !isCold && packsWholeStages(options) && isExportWorthIt({ missing, packed, requestsLeft })
  if (!isPacked) return { requests: 1 + STAGES + missing, bytes: 0 }
  // The archive also contains those that have an address.
  const bytes = over.reduce(
    (sum, stage) =>
      sum + (stage.reduce((all, one) => all + one.sizeBytes, 0) * LISTING_LIMIT) / stage.length,
    0,
  )
  return { requests: 1 + STAGES + EXPORT_REQUESTS, bytes }
}

/** Requests and bytes of a download. `left`: requests left in this hour; null if unknown. */
export function costsOf(
  images: readonly PlannedImage[],
  options: DownloadOptions,
  mode: DownloadPlan['annotations'],
  isCold: boolean,
  left: number | null,
): { requests: number; bytes: number } {
  const listing = Math.ceil(images.length / PAGE) + 1
  const wantsImages = options.what !== 'annotations_only'
  const addresses = wantsImages
    ? beyondListing(images, options, isCold, left)
    : { requests: 0, bytes: 0 }
  const files = images.filter(({ annotationCount }) => annotationCount > 0).length
  const labels = mode === 'export' ? EXPORT_REQUESTS : mode === 'files' ? files : 0
  const own = wantsImages ? images.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) : 0
  return { requests: listing + addresses.requests + labels, bytes: own + addresses.bytes }
}

/** The path of each image in the download folder, with forward slashes, in the same order. */
export function targetsOf(
  images: readonly PlannedImage[],
  { layout }: Pick<DownloadOptions, 'layout'>,
): string[] {
  const names = SafeNames.forTarget()
  const paths = images.map(({ path }) => names.assign(path))
  if (layout === 'files') return paths
  const placeFor = FORMAT_BY_ID[layout].placer()
  return images.map(({ split }, index) => placeFor({ path: paths[index], split }).image)
}
