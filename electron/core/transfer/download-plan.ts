import type { Client, RemoteImage } from '#core/api/client.ts'
import { fromRemoteImage } from '#core/api/wire-dataset.ts'
import type { TransferItem } from '#core/cache/transfer-repository.ts'
import { FORMAT_BY_ID } from '#core/formats/registry.ts'
import { MANY_FILES } from '#core/memory.ts'
import { SafeNames } from '#core/safe-names.ts'
import type { DownloadOptions, DownloadPlan } from '#shared/model/transfer.ts'

/** An export is asked for, waited for, fetched and deleted; on average. */
const EXPORT_REQUESTS = 6
/** An export pays from this many annotation files on. */
const EXPORT_FROM = 20
/** An export of images pays from this many on: it packs those that have an address, too. */
const IMAGES_FROM = 200
/** One in so many of an archive has to be wanted. */
const WORTH_SHARE = 8
const PAGE = 1_000
const STAGES = 4
/** The download listing gives this many addresses at the most. */
export const LISTING_LIMIT = 10_000

/** What a download knows of an image. */
export interface DownloadFacts {
  path: string
  count: number
  width: number | null
  height: number | null
  stage: 'new' | 'annotate' | 'review' | 'complete'
  split: 'train' | 'val' | 'test' | null
  tags: string[]
  createdAtMs: number
  /** Of a part that is there, to go on with it. */
  etag?: string | null
  /** Where it would have gone, if somebody's file were not there. */
  movedFrom?: string
}

/** One image of a download, in its queue. */
export type DownloadItem = TransferItem<DownloadFacts>

export type PlannedImage = Omit<ReturnType<typeof fromRemoteImage>, 'thumbnailUrl'>

/** Whether an image is wanted, as far as the list of images tells. */
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

/** The images that are wanted, in the order of their paths, so that names are given the same each time. `onMany`: there are very many. */
export async function wantedImages(
  client: Client,
  dataset: string,
  options: DownloadOptions,
  signal: AbortSignal,
  onMany: () => void = () => {},
): Promise<PlannedImage[]> {
  const [stage, second] = options.stages
  // One stage can be asked for by itself: fewer pages.
  const filter = stage !== undefined && second === undefined ? { status: stage } : {}
  const chosen = options.imageIds && new Set(options.imageIds)
  const wanted: PlannedImage[] = []
  for await (const image of client.images.list(dataset, { ...filter, signal })) {
    // There may be very many, and this is the longest of what they have.
    const { thumbnailUrl: _, ...known } = fromRemoteImage(image satisfies RemoteImage)
    // Where the service does not say how many labels there are, they are asked for.
    const planned = { ...known, annotationCount: image.annotation_count ?? 1 }
    if ((!chosen || chosen.has(planned.remoteId)) && isWanted(planned, options))
      if (wanted.push(planned) === MANY_FILES) onMany()
  }
  return wanted.sort((a, b) =>
    a.path === b.path ? (a.remoteId < b.remoteId ? -1 : 1) : a.path < b.path ? -1 : 1,
  )
}

/** How annotations come cheapest: a file each costs a request an image, an export a handful. */
export function labelsMode(
  images: readonly Pick<PlannedImage, 'annotationCount'>[],
  { what, classes }: DownloadOptions,
  isCold: boolean,
): DownloadPlan['annotations'] {
  if (what === 'images_only' && classes.length === 0) return 'none'
  const files = images.filter(({ annotationCount }) => annotationCount > 0).length
  return files >= EXPORT_FROM && !isCold ? 'export' : 'files'
}

/** An export packs whole stages: of a choice of their images most of it would be for nothing. */
export const packsWholeStages = ({ splits, tags, imageIds, classes }: DownloadOptions): boolean =>
  splits.length === 0 && tags.length === 0 && imageIds === null && classes.length === 0

/**
 * Whether images without an address are better packed by the service than asked for one by one. That is sooner for
 * as long as the hour has requests for it, and with few of them most of the archive would be for nothing. `packed`:
 * images of their stages.
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

/** What comes beyond the listing, and how: in requests, and in bytes that are fetched besides. */
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
  // The archive holds those that have an address as well.
  const bytes = over.reduce(
    (sum, stage) =>
      sum + (stage.reduce((all, one) => all + one.sizeBytes, 0) * LISTING_LIMIT) / stage.length,
    0,
  )
  return { requests: 1 + STAGES + EXPORT_REQUESTS, bytes }
}

/** Requests and bytes that a download costs. `left`: of the hour; null for unknown. */
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

/** Where each image goes below the folder, forward slashes; same order. */
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
