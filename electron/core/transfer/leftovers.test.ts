import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { TransferRepository } from '#core/cache/transfer-repository.ts'
import { openCore, temporaryFolder, testPorts } from '#tests/helpers/core.ts'

test('what failed uploads and previews unpacked is deleted at the next start', async () => {
  using data = temporaryFolder()
  const ids: Record<string, string> = {}
  {
    await using core = openCore(testPorts(data.path), null, { pushesByItself: false })
    // No account is needed for rows that are never resumed.
    core.db.pragma('foreign_keys = OFF')
    const rows = new TransferRepository(core.db)
    for (const state of ['failed', 'paused', 'done', 'cancelled'] as const) {
      const target = { accountId: 'a', remoteId: 'd', name: 'n', place: 'p', options: {} }
      ids[state] = rows.create({ kind: 'upload', ...target }).id
      rows.setState(ids[state], state)
    }
    ids.preview = 'preview-1'
    for (const id of Object.values(ids)) {
      mkdirSync(join(data.path, 'scratch', id, 'zip0'), { recursive: true })
      writeFileSync(join(data.path, 'scratch', id, 'zip0', 'a.png'), 'x')
    }
  }
  await using _core = openCore(testPorts(data.path), null, { pushesByItself: false })
  const isThere = (name: string) => existsSync(join(data.path, 'scratch', ids[name], 'zip0/a.png'))
  await vi.waitUntil(() => !['failed', 'done', 'cancelled', 'preview'].some(isThere))
  // It goes on where it was.
  expect(isThere('paused')).toBe(true)
})
