import { randomBytes } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { crc32, deflateRawSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { temporaryFolder } from '#tests/helpers/core.ts'
import { writeZip } from '#tests/helpers/zip.ts'
import { eachZipEntry } from './zip-file.ts'

async function archive(folder: string): Promise<string> {
  const file = join(folder, 'a.zip')
  const names = Array.from({ length: 100 }, (_, index) => `${index}.txt`)
  await writeZip(file, Object.fromEntries(names.map((name) => [name, Buffer.from(name)])))
  return file
}

test('every file is read before the archive closes', async () => {
  using folder = temporaryFolder()
  const read: string[] = []
  await eachZipEntry(await archive(folder.path), 16, async (entry) => {
    // Later than reading the directory, which ends at once.
    await setImmediate()
    read.push((await entry.bytes()).toString())
  })
  expect(read).toHaveLength(100)
})

test.each([0, 50, 99])(
  'what fails on file %i fails the whole, whenever it does',
  async (number) => {
    using folder = temporaryFolder()
    const file = await archive(folder.path)
    const fault = new Error('stopped')
    const work = eachZipEntry(file, 16, async ({ name }) => {
      await setImmediate()
      if (name === `${number}.txt`) throw fault
    })
    await expect(work).rejects.toBe(fault)
  },
)

/** A ZIP with one entry that is listed many times, so that all entries overlap. */
async function bomb(file: string, { content, times }: { content: Buffer; times: number }) {
  const packed = deflateRawSync(content)
  const head = Buffer.alloc(26)
  head.writeUInt16LE(20, 0)
  head.writeUInt16LE(8, 4)
  head.writeUInt32LE(crc32(content), 10)
  head.writeUInt32LE(packed.length, 14)
  head.writeUInt32LE(content.length, 18)
  head.writeUInt16LE(5, 22)
  const local = Buffer.concat([Buffer.from('PK\x03\x04'), head, Buffer.from('a.bin'), packed])
  const one = (index: number) =>
    Buffer.concat([
      Buffer.from('PK\x01\x02\x14\x00'),
      head,
      Buffer.alloc(14),
      Buffer.from(String(index).padStart(5, '0')),
    ])
  const list = Buffer.concat(Array.from({ length: times }, (_, index) => one(index)))
  const end = Buffer.alloc(22)
  end.write('PK\x05\x06')
  end.writeUInt16LE(times, 8)
  end.writeUInt16LE(times, 10)
  end.writeUInt32LE(list.length, 12)
  end.writeUInt32LE(local.length, 16)
  await writeFile(file, Buffer.concat([local, list, end]))
}

test.each([
  ['whose files overlap', { content: randomBytes(1_000_000), times: 40 }],
  ['of nothing but repetition', { content: Buffer.alloc(300_000_000), times: 1 }],
])('an archive %s is refused before it is unpacked', async (_what, made) => {
  using folder = temporaryFolder()
  const file = join(folder.path, 'a.zip')
  await bomb(file, made)
  let unpacked = 0
  const work = eachZipEntry(file, 4, async (entry) => {
    unpacked += (await entry.bytes()).length
  })
  await expect(work).rejects.toThrow(/The ZIP/)
  expect(unpacked).toBeLessThan(10_000_000)
})
