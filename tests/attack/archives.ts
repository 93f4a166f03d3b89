import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { crc32, deflateRawSync } from 'node:zlib'
import { scanDropped } from '#core/transfer/upload-scan.ts'
import { isArchive, zipEntries } from '#core/zip-file.ts'
import type { Dice } from './dice.ts'
import type { AttackKind } from './kind.ts'
import { requireTold } from './kind.ts'
import { hostileName, mutateBytes } from './mutate.ts'

interface Entry {
  name: Buffer
  data: Buffer
  /** 0 stored, 8 deflated. */
  method: number
  /** As the headers claim. */
  sizeBytes: number
  packedBytes: number
  /** Unix mode; 0o120777 is a link. */
  mode: number
}

const ODD_SIZES = [0, 1, 0x7fffffff, 0xfffffffe, 0xffffffff]

function entry(dice: Dice): Entry {
  const content = dice.one([
    () => Buffer.from('hello'),
    () => Buffer.alloc(dice.one([100_000, 5_000_000])),
    () => dice.bytes(500),
    () => Buffer.from('../../../../../tmp/outside'),
  ])()
  const method = dice.one([0, 8, 8, 99])
  const data = method === 8 ? deflateRawSync(content) : content
  return {
    name: Buffer.from(hostileName(dice)).subarray(0, 65_535),
    data,
    method,
    sizeBytes: dice.chance(0.3) ? dice.one(ODD_SIZES) : content.length,
    packedBytes: dice.chance(0.1) ? dice.one(ODD_SIZES) : data.length,
    mode: dice.chance(0.2) ? 0o120777 : 0o100644,
  }
}

function zipOf(dice: Dice, entries: readonly Entry[]): Buffer {
  const parts: Buffer[] = []
  const directory: Buffer[] = []
  let offset = 0
  for (const { name, data, method, sizeBytes, packedBytes, mode } of entries) {
    const common = Buffer.alloc(26)
    common.writeUInt16LE(20, 0)
    common.writeUInt16LE(dice.one([0, 0x800, 1, 8]), 2)
    common.writeUInt16LE(method, 4)
    common.writeUInt32LE(crc32(data), 10)
    common.writeUInt32LE(packedBytes, 14)
    common.writeUInt32LE(sizeBytes, 18)
    common.writeUInt16LE(name.length, 22)
    const local = Buffer.concat([Buffer.from('PK\x03\x04'), common, name, data])
    const rest = Buffer.alloc(14)
    rest.writeUInt32LE((mode << 16) >>> 0, 6)
    // Overlapping files share their data.
    rest.writeUInt32LE(dice.chance(0.1) ? 0 : offset, 10)
    directory.push(Buffer.concat([Buffer.from('PK\x01\x02\x14\x03'), common, rest, name]))
    parts.push(local)
    offset += local.length
  }
  const list = Buffer.concat(directory)
  const end = Buffer.alloc(22)
  end.write('PK\x05\x06')
  const count = dice.chance(0.1) ? 65_535 : directory.length
  end.writeUInt16LE(count, 8)
  end.writeUInt16LE(count, 10)
  end.writeUInt32LE(list.length, 12)
  end.writeUInt32LE(dice.chance(0.1) ? dice.one(ODD_SIZES) : offset, 16)
  return Buffer.concat([...parts, list, end])
}

export const archives: AttackKind = {
  limits: { silentMs: 1_000, timeMs: 20_000, growthBytes: 400_000_000 },
  share: 10,
  async prepare() {
    return {
      async run(dice, { input, target }) {
        const entries = Array.from({ length: 1 + dice.below(6) }, () => entry(dice))
        if (dice.chance(0.3)) entries.push(...entries)
        const made = zipOf(dice, entries)
        const file = join(input, 'x.zip')
        await writeFile(file, dice.chance(0.3) ? mutateBytes(dice, made) : made)
        await isArchive(file).catch(requireTold)
        try {
          for await (const one of zipEntries(file)) await one.bytes().catch(requireTold)
        } catch (error) {
          requireTold(error)
        }
        try {
          for await (const _files of scanDropped([file], target, [], AbortSignal.timeout(15_000)));
        } catch (error) {
          requireTold(error)
        }
      },
    }
  },
}
