import type { ImageRepository } from '#core/cache/image-repository.ts'
import { inPieces } from '#core/pieces.ts'

/** Ids of a dataset's images whose files were there when they were last looked for, by path. Incomplete after a stop. */
export async function presentImages(
  images: Pick<ImageRepository, 'paths'>,
  datasetId: string,
  signal?: AbortSignal,
): Promise<Map<string, string>> {
  const present = new Map<string, string>()
  let after = ''
  await inPieces((count) => {
    const page = images.paths(datasetId, after, count)
    for (const { path, id, missing } of page) if (!missing) present.set(path, id)
    after = page.at(-1)?.path ?? after
    return page.length === count
  }, signal)
  return present
}
