/**
 * A process with a dataset of many images, to be killed during long work on all of them. `prepare` makes the dataset;
 * `rename`, `delete`, `cancel` and `tags` begin the work, which is also told when it has ended.
 */
import { createAppCore } from '#core/app-core.ts'
import { newId } from '#shared/model/annotation.ts'
import { EMPTY_CHANGE_SET } from '#shared/model/change-set.ts'
import { aBox, testPorts } from '#tests/helpers/core.ts'

const [dataDir, wish] = process.argv.slice(2)
const IMAGES = 3_000

const core = createAppCore(testPorts(dataDir))
const { datasets, images, edits } = core.store
const say = (line: object) => process.stdout.write(`${JSON.stringify(line)}\n`)

function prepare(): void {
  const classes = [{ name: 'car', color: '#e69f00' }]
  const { id } = datasets.create({ name: 'many', kind: 'folder', root: '/many', classes })
  const files = Array.from({ length: IMAGES }, (_, n) => ({
    path: `${n}.jpg`,
    fileSizeBytes: 1,
    modifiedAtMs: 1,
  }))
  const made = images.upsertFiles(id, files)
  edits.together(() => {
    for (const image of made)
      edits.commit({
        commitId: newId(),
        imageId: image.id,
        changes: { ...EMPTY_CHANGE_SET, created: [aBox('car'), aBox('car', 20)] },
        label: 'Draw',
        origin: 'user',
      })
  })
}

async function work(): Promise<void> {
  const [{ id }] = datasets.list()
  const ids = images.list(id).map((image) => image.id)
  if (wish === 'tags') {
    const done = core.facts.add('tags', ids, { addTags: ['night'] }, true)
    say({ kind: 'begun' })
    await done
    return
  }
  const from = datasets.get(id).classes[0].name
  await core.editing.editClasses(
    id,
    newId(),
    wish === 'delete' ? { kind: 'delete', name: from } : { kind: 'rename', from, to: 'auto' },
  )
  if (wish === 'cancel') edits.cancelBulk(id, newId())
  say({ kind: 'begun' })
  await core.editing.settled()
}

if (wish === 'prepare') prepare()
else await work()
say({ kind: 'ended' })
await core[Symbol.asyncDispose]()
process.exit(0)
