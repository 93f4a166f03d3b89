import { Agent, request } from 'undici'
import { Client } from '#core/api/client.ts'
import { startEmulator } from '#emulator/server.ts'
import { temporaryFolder } from '#tests/helpers/core.ts'
import { type Figure, medianOfThree, percentile, timed } from './measure.ts'

const REQUESTS = 500

/** Lists 12,000 images, and compares the cost of a request with one of undici's own. */
export async function benchClient(): Promise<Figure[]> {
  using folder = temporaryFolder()
  await using emulator = await startEmulator({ dataDir: folder.path, seeded: true })
  const apiKey = 'pk_live_admin'
  using client = new Client({ apiKey, baseUrl: emulator.url })
  let peak = 0
  const listMs = await medianOfThree(async () => {
    globalThis.gc?.()
    const before = process.memoryUsage().heapUsed
    let count = 0
    for await (const _image of client.images.list('large'))
      if (++count % 1_000 === 0) peak = Math.max(peak, process.memoryUsage().heapUsed - before)
    if (count !== 12_000) throw new Error(`Only ${count} images came`)
  })
  const agent = new Agent()
  const url = `${emulator.url}/api/v1/developer/organizations/me`
  const bare = async () => {
    const { body } = await request(url, { dispatcher: agent, headers: { 'x-api-key': apiKey } })
    await body.json()
  }
  const times: { own: number[]; bare: number[] } = { own: [], bare: [] }
  // In turns, so that both meet the same machine state.
  for (let round = 0; round < REQUESTS; round++) {
    times.bare.push(await timed(bare))
    times.own.push(await timed(() => client.organizations.me()))
  }
  await agent.close()
  const compared = (share: number): Figure => {
    const [value, base] = [percentile(times.own, share), percentile(times.bare, share)]
    return {
      name: `request, p${share * 100}`,
      value,
      unit: 'ms',
      baseline: { name: 'bare undici', value: base },
      ratio: base / value,
    }
  }
  return [
    { name: 'list 12,000 images', value: listMs, unit: 'ms' },
    {
      name: 'requests for it',
      value: emulator.requests.filter(({ line }) => line.includes('/images/')).length / 3,
      unit: 'requests',
    },
    { name: 'heap meanwhile, at most', value: peak / 1e6, unit: 'MB' },
    compared(0.5),
    compared(0.95),
  ]
}
