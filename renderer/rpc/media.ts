import type { DatasetImage } from '#shared/model/dataset.ts'

type Addressed = Pick<DatasetImage, 'id' | 'modifiedAtMs' | 'fileSizeBytes'>

/** Changes with the file, so that a cached address never becomes stale. */
const version = ({ modifiedAtMs, fileSizeBytes }: Addressed) => `${modifiedAtMs}-${fileSizeBytes}`

export function imageUrl(image: Addressed): string {
  return `/media/image/${encodeURIComponent(image.id)}?v=${version(image)}`
}

/** `width` in device pixels. */
export function thumbnailUrl(image: Addressed, width: number): string {
  return `/media/thumbnail/${encodeURIComponent(image.id)}?width=${width}&v=${version(image)}`
}
