import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { StorageSink } from '#core/api/storage.ts'
import { cloudCore, seededEmulator } from '#tests/helpers/cloud.ts'
import { temporaryFolder } from '#tests/helpers/core.ts'
import { download, STREET } from '#tests/helpers/transfers.ts'
import { fetchFile } from './fetch-file.ts'

const PIECE = Buffer.alloc(1_000_000)

/** Writes until the sink has had enough. Returns the number of bytes written. */
async function endless(sizeBytes: number | null, expectedBytes: number, maxBytes?: number) {
  using folder = temporaryFolder()
  const target = join(folder.path, 'a.png')
  let poured = 0
  const open = async (_from: number, _etag: string | null, sink: StorageSink) => {
    sink.onHead({ status: 200, sizeBytes, etag: '"x"' })
    for (; poured < 10_000_000_000; poured += PIECE.length) sink.onData(PIECE)
  }
  const etags: (string | null)[] = []
  const fetched = fetchFile({
    target,
    mayHavePart: false,
    expectedBytes,
    etag: null,
    ...(maxBytes !== undefined && { maxBytes }),
    open,
    onBytes: () => {},
    onEtag: (etag) => etags.push(etag),
  })
  await expect(fetched).rejects.toThrow(/More than \d+ bytes come for a\.png/)
  expect(existsSync(target)).toBe(false)
  expect(readdirSync(folder.path)).toEqual([])
  // Nobody resumes it.
  expect(etags.at(-1) ?? null).toBeNull()
  return poured
}

test('an image listed with 203 bytes cannot fill the disk', async () => {
  expect(await endless(null, 203)).toBeLessThan(40_000_000)
  expect(await endless(null, 1_000_000)).toBeLessThan(40_000_000)
  // If the size is announced, not a byte is accepted.
  expect(await endless(9_000_000_000, 203)).toBe(0)
  expect(await endless(null, 0, 5_000_000)).toBeLessThan(10_000_000)
})

test.each([
  { kind: 'reset' as const },
  { kind: 'truncate' as const, bytes: 100, honest: true },
  { kind: 'truncate' as const, bytes: 0, honest: true },
])(
  'one object whose connection always breaks off ($kind) fails by itself, and the rest comes',
  { timeout: 60_000 },
  async (fault) => {
    await using setup = await seededEmulator()
    const { emulator } = setup
    await using cloud = await cloudCore(emulator)
    using folder = temporaryFolder()
    const [bad] = emulator.state.images(emulator.state.dataset(STREET).id)
    emulator.faults.add({ match: `STORAGE GET /${bad.object}$`, times: 1_000_000, fault })
    const ended = await download(cloud, emulator, folder.path)
    expect(ended.state).toBe('failed')
    expect(ended.files.failed).toBe(1)
    expect(ended.files.done).toBe(ended.files.total - 1)
  },
)
