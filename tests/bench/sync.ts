import { Client } from '#core/api/client.ts'
import { toWireAnnotation } from '#core/api/wire-annotation.ts'
import { mergeAnnotations } from '#core/sync/merge.ts'
import { type Annotation, newAnnotation } from '#shared/model/annotation.ts'
import { cloudCore, edit, seededEmulator } from '#tests/helpers/cloud.ts'
import { aBox } from '#tests/helpers/core.ts'
import { type Figure, medianOfThree, percentile, timed } from './measure.ts'

const PUSHED = 2_000
const MERGED = 10_000
const OPENED = 200
/** Latency of each request in milliseconds, because the service is rarely on the same machine. */
const LATENCY_MS = 50

function boxes(count: number): Annotation[] {
  return Array.from({ length: count }, (_, index) =>
    newAnnotation({ kind: 'bbox', x: index, y: index, w: 20, h: 10 }, 'car', { id: `a${index}` }),
  )
}

/** 10,000 annotations of which each side changed, added and deleted a tenth. */
async function benchMerge(): Promise<Figure> {
  const base = boxes(MERGED)
  const side = (offset: number, className: string) => [
    ...base.flatMap((annotation, index) => {
      if (index % 10 === offset) return []
      return [index % 10 === offset + 1 ? { ...annotation, className } : annotation]
    }),
    ...boxes(MERGED / 10).map((item) => ({ ...item, id: `${className}${item.id}` })),
  ]
  const [mine, theirs] = [side(0, 'van'), side(5, 'bus')]
  const value = await medianOfThree(() => mergeAnnotations(base, mine, theirs))
  return { name: 'merge of 10,000 annotations', value, unit: 'ms' }
}

/** Pushing edits, merging, and opening cached images offline. */
export async function benchSync(): Promise<Figure[]> {
  await using service = await seededEmulator()
  const { emulator } = service
  await using cloud = await cloudCore(emulator, { dataset: 'large' })
  const images = cloud.list().slice(0, PUSHED)
  for (const { id } of images) {
    cloud.core.labelSync.takeIn(id, [])
    edit(cloud.core, id, { created: [aBox(), aBox()] })
  }
  const latency = { kind: 'delay' as const, ms: LATENCY_MS, jitterMs: 0 }
  emulator.faults.add({ times: 1_000_000, fault: latency })
  const before = emulator.requests.length
  const pushMs = await timed(() => cloud.push())
  const requests = emulator.requests.length - before
  if (cloud.core.outbox.list(null).length > 0) throw new Error('Not everything was pushed')

  // One request per image, as if each were saved separately; eight at a time.
  using client = new Client({ apiKey: 'pk_live_member', baseUrl: emulator.url })
  const { state } = emulator
  const { id: dataset } = state.dataset('large')
  const paths = images
    .slice(0, PUSHED / 4)
    .map(({ path }) => path)
    .values()
  const annotations = [aBox(), aBox()].map(toWireAnnotation)
  const singleMs = await timed(() =>
    Promise.all(
      Array.from({ length: 8 }, async () => {
        for (const path of paths) await client.annotations.save(dataset, path, annotations)
      }),
    ),
  )
  emulator.faults.clear()
  const [rate, singleRate] = [PUSHED / (pushMs / 1000), PUSHED / 4 / (singleMs / 1000)]

  const cached = cloud.list().slice(0, OPENED)
  for (const { id } of cached) {
    cloud.core.labelSync.takeIn(id, boxes(50))
    await cloud.core.cache.file(id)
  }
  emulator.faults.add({ times: 1_000_000, fault: { kind: 'reset' } })
  await cloud.core.labelSync.read(cached[0].id).catch(() => {})
  const times: number[] = []
  for (const { id } of cached)
    times.push(
      await timed(async () => {
        await cloud.core.look(id)
        cloud.core.edits.annotations(id)
        const response = await cloud.core.media(new Request(`http://local/media/image/${id}`))
        await response.arrayBuffer()
      }),
    )
  return [
    {
      name: `requests for ${PUSHED.toLocaleString('en')} edited images`,
      value: requests,
      unit: 'requests',
      baseline: { name: 'one request an image', value: PUSHED },
      ratio: PUSHED / requests,
    },
    {
      name: `edited images pushed, ${LATENCY_MS} ms latency`,
      value: rate,
      unit: 'images/s',
      baseline: { name: 'one request an image, 8 at a time', value: singleRate },
      ratio: rate / singleRate,
    },
    await benchMerge(),
    {
      name: 'open a cached image offline, p95',
      value: percentile(times, 0.95),
      unit: 'ms',
    },
  ]
}
