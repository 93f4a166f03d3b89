import { Problem } from './problems.ts'
import type { Service } from './service.ts'

/** Images that count toward the plan: those in cold storage count half. */
export function heldImages({ state }: Pick<Service, 'state'>): number {
  const counted = state
    .datasets()
    .map(
      ({ id, storage_class }) => state.counts(id).images * (storage_class === 'standard' ? 1 : 0.5),
    )
  return Math.ceil(counted.reduce((sum, images) => sum + images, 0))
}

/** Throws a 402 if the plan has no room for `count` more images. A plan limit has no price. */
export function requireRoom(
  { state, organization }: Pick<Service, 'state' | 'organization'>,
  count: number,
  code = 'limit_exceeded',
): void {
  const limit = organization.maxImages
  // Exact counting reads every image, so look at the number of rows first.
  if (state.imageTotal() + count <= limit) return
  const current = heldImages({ state })
  if (current + count <= limit) return
  throw new Problem(402, code, 'The plan has no room for so many images', {
    legacy: {
      error: 'limit_exceeded',
      limit_type: 'images',
      current,
      limit,
      upgrade_url: 'https://pictograph.io/pricing',
    },
  })
}
