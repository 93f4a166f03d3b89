/** `npm run faults -- --seeds 500 --from 1`: runs the sync simulation with many seeds. */
import { parseArgs } from 'node:util'
import { emptyTally, type Tally } from './scene.ts'
import { simulate } from './sync-simulation.ts'

const { values } = parseArgs({
  options: { seeds: { type: 'string', default: '500' }, from: { type: 'string', default: '1' } },
})
const [from, seeds] = [Number(values.from), Number(values.seeds)]
const sum = emptyTally()
const failed: number[] = []
const began = Date.now()
for (let seed = from; seed < from + seeds; seed++) {
  try {
    const tally = await simulate(seed)
    for (const key of Object.keys(sum) as (keyof Tally)[]) sum[key] += tally[key]
  } catch (error) {
    failed.push(seed)
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n`)
  }
}
const seconds = ((Date.now() - began) / 1000).toFixed(0)
process.stdout.write(`${JSON.stringify({ seeds, failed, seconds: Number(seconds), ...sum })}\n`)
process.exitCode = failed.length > 0 ? 1 : 0
