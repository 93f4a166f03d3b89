/**
 * A service in a separate process, with a dataset of many small and one of few large images; prints its address on
 * stdout.
 */
import { linkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import sharp from 'sharp'
import { startEmulator } from '#emulator/server.ts'
import { newId } from '#shared/model/annotation.ts'
import { emptyDataset } from '#tests/helpers/cloud.ts'

const [dataDir, ...sets] = process.argv.slice(2)
// Where the address of the storage must be known before: a free port otherwise.
const storagePort = Number(process.env.PICTOGRAPH_STORAGE_PORT ?? 0)
const emulator = await startEmulator({ dataDir, storagePort })
const AT = '2026-01-01T00:00:00.000Z'
/** Maximum length of a JPEG comment. */
const SEGMENT_BYTES = 65_000

/** A JPEG of this many bytes, padded with comments. */
async function jpegOf(bytes: number): Promise<Buffer> {
  const noise = { type: 'gaussian' as const, mean: 128, sigma: 40 }
  const picture = await sharp({
    create: { width: 160, height: 120, channels: 3, background: 'red', noise },
  })
    .jpeg()
    .toBuffer()
  const comments: Buffer[] = []
  for (let left = bytes - picture.length; left > 4; ) {
    const size = Math.min(left, SEGMENT_BYTES)
    const comment = Buffer.alloc(size, 0x20)
    comment.writeUInt16BE(0xfffe)
    comment.writeUInt16BE(size - 2, 2)
    comments.push(comment)
    left -= size
  }
  return Buffer.concat([picture.subarray(0, 2), ...comments, picture.subarray(2)])
}

const ids: string[] = []
for (const set of sets) {
  const [count, bytes] = set.split('x').map(Number)
  const id = newId()
  ids.push(id)
  emptyDataset(emulator, id, set)
  if (count === 0) continue
  const picture = await jpegOf(bytes)
  const first = join(emulator.state.objectsDir, newId())
  writeFileSync(first, picture)
  emulator.state.transaction(() => {
    for (let index = 0; index < count; index++) {
      const object = newId()
      linkSync(first, join(emulator.state.objectsDir, object))
      emulator.state.addImage({
        id: newId(),
        dataset_id: id,
        directory_path: '/',
        filename: `${index}.jpg`,
        status: 'new',
        split: null,
        tags: [],
        file_size: picture.length,
        width: 160,
        height: 120,
        content_type: 'image/jpeg',
        is_archived: false,
        object,
        created_at: AT,
      })
    }
  })
}
process.stdout.write(`${JSON.stringify({ url: emulator.url, ids })}\n`)
process.on('SIGTERM', () => void emulator[Symbol.asyncDispose]().then(() => process.exit(0)))
