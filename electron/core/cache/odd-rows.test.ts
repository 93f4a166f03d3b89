import { cpSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { cloudCore, edit, seededEmulator } from '#tests/helpers/cloud.ts'
import { aBox, openCore, temporaryFolder, testPorts } from '#tests/helpers/core.ts'
import { DATABASE_FILE } from './database.ts'

/** Every JSON column that is read again, and invalid values that it may contain. */
const COLUMNS = [
  'dataset.classes',
  'dataset.label_files',
  'image.tags',
  'image_state.drafts',
  'image_state.view',
  'remote_dataset.class_base',
  'remote_image.base',
  'remote_image.sent',
  'remote_image.tags',
  'remote_image.conflicts',
  'annotation.data',
  'outbox.payload',
  'comment.reactions',
  'setting.value',
]

const service = await seededEmulator()
const cloud = await cloudCore(service.emulator)
const [first] = cloud.list()

beforeAll(async () => {
  const { core } = cloud
  await core.look(first.id)
  edit(core, first.id, { created: [aBox()] })
  core.comments.add(first.id, 'any', 'words')
  core.editing.keepDrafts(first.id, { polygon: [1] })
  core.editing.keepView(first.id, { centreX: 1, centreY: 1, scale: 1 })
  core.settings.write({ keepAwake: false })
  await core[Symbol.asyncDispose]()
})
afterAll(() => service[Symbol.asyncDispose]())

test.each(
  COLUMNS.flatMap((column) => [
    [column, '{"a": '],
    [column, '[{"name": ""}, 7]'],
  ]),
)('%s that says %s hides no other dataset, and keeps nobody from leaving', async (column, text) => {
  using folder = temporaryFolder()
  cpSync(cloud.dataDir, folder.path, { recursive: true })
  {
    const db = new Database(join(folder.path, DATABASE_FILE))
    const [table, name] = column.split('.')
    expect(db.prepare(`UPDATE ${table} SET ${name} = ?`).run(text).changes).toBeGreaterThan(0)
    db.close()
  }
  await using again = openCore(testPorts(folder.path), null, { pushesByItself: false })
  expect(await again.library.list()).toHaveLength(1)
  expect(again.images.list(cloud.datasetId)).toHaveLength(24)
  again.outboxView.read()
  again.settings.read()
  again.editing.history(first.id)
  await again.look(first.id)
  await again.engine.pushNow(cloud.account.id)
  await again.openDataset(cloud.datasetId)
  await again.removeAccount(cloud.account.id)
  expect(await again.library.list()).toEqual([])
})
