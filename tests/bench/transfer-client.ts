/** One transfer in a separate process; reports its cost in one line. */
import '#hosts/small-heap.ts'
import { ALL_FILES } from '#shared/model/transfer.ts'
import { openCore, testPorts } from '#tests/helpers/core.ts'

const [dataDir, url, kind, remoteId, folder] = process.argv.slice(2)
const core = openCore(testPorts(dataDir))
const account = await core.accounts.add(url, 'pk_live_member')
const target = { accountId: account.id, remoteId, name: 'bench' }
const before = core.accounts.budget(account.id).state.used
const start = performance.now()
const cpu = process.cpuUsage()
const { id } =
  kind === 'download'
    ? core.transfers.download(target, folder, { ...ALL_FILES, what: 'images_only' })
    : core.transfers.upload(target, [folder], {
        directory: '/',
        tree: 'flat',
        onExisting: 'skip',
        withLabels: false,
      })
const { state } = await core.transfers.settled(id)
const ms = performance.now() - start
const { user, system } = process.cpuUsage(cpu)
process.stdout.write(
  `${JSON.stringify({
    state,
    ms,
    requests: core.accounts.budget(account.id).state.used - before,
    cpuS: (user + system) / 1e6,
    // Kilobytes, from getrusage.
    peakBytes: process.resourceUsage().maxRSS * 1024,
  })}\n`,
)
await core[Symbol.asyncDispose]()
process.exit(0)
