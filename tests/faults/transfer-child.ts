/**
 * A transfer in a separate process, to be killed: starts it on the first run, resumes it on later ones, and reports
 * its end on stdout.
 */
import { ALL_FILES } from '#shared/model/transfer.ts'
import { openCore, testPorts } from '#tests/helpers/core.ts'

const [dataDir, url, kind, remoteId, folder] = process.argv.slice(2)
const core = openCore(testPorts(dataDir))
const [known] = core.accounts.list()
const account = known ?? (await core.accounts.add(url, 'pk_live_member'))
const target = { accountId: account.id, remoteId, name: 'large' }
const begin = () =>
  kind === 'download'
    ? core.transfers.download(target, folder, { ...ALL_FILES, what: 'images_only' })
    : core.transfers.upload(target, [folder], {
        directory: '/',
        tree: 'keep',
        onExisting: 'skip',
        withLabels: false,
      })
const { id } = core.transfers.list()[0] ?? begin()
process.stdout.write('begun\n')
let done = await core.transfers.settled(id)
// Files that failed because of the service are retried, as a user would.
for (let again = 0; done.state === 'failed' && again < 5; again++) {
  await core.transfers.retry(id)
  done = await core.transfers.settled(id)
}
process.stdout.write(
  `${JSON.stringify({ state: done.state, problem: done.problem, ...done.files })}\n`,
)
await core[Symbol.asyncDispose]()
process.exit(0)
