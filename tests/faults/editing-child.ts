/**
 * An editing session in a separate process, to be killed: draws, moves and undoes through the same RPC as a window,
 * and prints what the core has acknowledged on stdout.
 */
import { MessageChannel } from 'node:worker_threads'
import { createORPCClient } from '@orpc/client'
import { RPCLink } from '@orpc/client/message-port'
import type { ContractRouterClient } from '@orpc/contract'
import { RPCHandler } from '@orpc/server/message-port'
import { createAppCore } from '#core/app-core.ts'
import { createRouter } from '#core/rpc/router.ts'
import type { Contract } from '#shared/contract/contract.ts'
import { newAnnotation, newId } from '#shared/model/annotation.ts'
import { testPorts } from '#tests/helpers/core.ts'

const [dataDir, imagesDir] = process.argv.slice(2)
const core = createAppCore(testPorts(dataDir))
const { port1, port2 } = new MessageChannel()
new RPCHandler(createRouter(core)).upgrade(port1, {
  context: { window: null, log: core.ports.log },
})
const client: ContractRouterClient<Contract> = createORPCClient(new RPCLink({ port: port2 }))

const say = (line: object) => process.stdout.write(`${JSON.stringify(line)}\n`)

const dataset = await client.datasets.openFolder({ path: imagesDir })
await core.library.settled(dataset.id)
const [image] = await client.images.list({ datasetId: dataset.id, after: null, limit: 1 })
say({ kind: 'ready', imageId: image.id })

for (let points = 1; ; points++) {
  const annotation = newAnnotation(
    { kind: 'bbox', x: Math.random() * 100, y: 1, w: 5, h: 5 },
    'car',
  )
  const commit = { imageId: image.id, commitId: newId() }
  await client.annotations.commit({
    ...commit,
    label: 'Draw car',
    changes: { created: [annotation], updated: [], deleted: [] },
  })
  say({ kind: 'drawn', annotation })
  const data = { points: Array.from({ length: points }, (_, x) => ({ x, y: 0 })) }
  await client.annotations.saveDrafts({ imageId: image.id, drafts: { polygon: data } })
  say({ kind: 'draft', points })
  if (points % 3 !== 0) continue
  await client.annotations.undo({ imageId: image.id, commitId: newId() })
  say({ kind: 'undone', id: annotation.id })
}
