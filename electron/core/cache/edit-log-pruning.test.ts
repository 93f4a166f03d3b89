import { expect, test } from 'vitest'
import { cloudCore, edit, seededEmulator } from '#tests/helpers/cloud.ts'
import { aBox, coreWithImages } from '#tests/helpers/core.ts'
import { EditLogPruning } from './edit-log-pruning.ts'

const LATER = Date.now() + 8 * 24 * 3_600_000

function pruneAll(pruning: EditLogPruning, nowMs: number, rows = 3): number {
  let freed = 0
  for (;;) {
    const { bytes, isOver } = pruning.step(rows, nowMs)
    freed += bytes
    if (isOver) return freed
  }
}

test('edits older than a week are pruned with their parts, and their annotations stay', async () => {
  await using setup = await coreWithImages(['a.png', 'b.png', 'c.png', 'd.png', 'e.png'])
  const { core, datasetId } = setup
  for (const { id } of setup.list()) edit(core, id, { created: [aBox('car')] })
  await core.editing.editClasses(datasetId, 'e', { kind: 'rename', from: 'car', to: 'auto' })
  await core.editing.settled()
  const [first] = setup.list()
  const before = setup.list().map(({ id }) => core.edits.annotations(id))
  const pruning = new EditLogPruning(core.db)
  expect(pruneAll(pruning, Date.now())).toBe(0)
  expect(core.edits.canUndo(first.id).undo).toBe('Rename class car to auto')
  expect(pruneAll(pruning, LATER)).toBeGreaterThan(0)
  expect(core.db.prepare('SELECT count(*) FROM edit_log').pluck().get()).toBe(0)
  expect(core.edits.canUndo(first.id).undo).toBeNull()
  expect(setup.list().map(({ id }) => core.edits.annotations(id))).toEqual(before)
  // The log goes on.
  edit(core, first.id, { created: [aBox('auto')] })
  await core.editing.undo(first.id, 'u')
  expect(core.edits.annotations(first.id).annotations).toHaveLength(1)
})

test('edits that were not sent stay in the log until they are', async () => {
  await using service = await seededEmulator()
  await using cloud = await cloudCore(service.emulator)
  const { core } = cloud
  const [unsent, sent] = cloud.list()
  await core.look(unsent.id)
  await core.look(sent.id)
  edit(core, sent.id, { created: [aBox()] })
  await cloud.push()
  edit(core, unsent.id, { created: [aBox()] })
  const pruning = new EditLogPruning(core.db)
  pruneAll(pruning, LATER)
  expect(core.edits.canUndo(sent.id).undo).toBeNull()
  expect(core.edits.canUndo(unsent.id).undo).not.toBeNull()
  await cloud.push()
  pruneAll(pruning, LATER)
  expect(core.edits.canUndo(unsent.id).undo).toBeNull()
})

test('a step looks at a limited number of entries, also if none of them may go, and ends at a young one', async () => {
  await using setup = await coreWithImages(['a.png', 'b.png', 'c.png', 'd.png', 'e.png'])
  const { core, datasetId } = setup
  for (const { id } of setup.list()) edit(core, id, { created: [aBox('car')] })
  await core.editing.editClasses(datasetId, 'e', { kind: 'rename', from: 'car', to: 'auto' })
  await core.editing.settled()
  const count = () => core.db.prepare('SELECT count(*) FROM edit_log').pluck().get()
  expect(count()).toBe(11)
  // An edit that still runs keeps everything.
  core.db
    .prepare(
      `INSERT INTO bulk_edit (dataset_id, seq, commit_id, label, is_back)
       SELECT ?, max(seq), 'c', '', 0 FROM edit_log`,
    )
    .run(datasetId)
  const pruning = new EditLogPruning(core.db)
  const steps = Array.from({ length: 3 }, () => pruning.step(4, LATER))
  expect(steps.map(({ isOver }) => isOver)).toEqual([false, false, true])
  expect(count()).toBe(11)
  core.db.prepare('DELETE FROM bulk_edit').run()
  core.db
    .prepare('UPDATE edit_log SET at_ms = ? WHERE seq = (SELECT min(seq) + 2 FROM edit_log)')
    .run(LATER)
  expect(pruning.step(20, LATER).isOver).toBe(true)
  expect(count()).toBe(9)
})
