// The masks of Label Studio's brush: RGBA bytes in runs, `encode_rle` and `decode_rle` of label_studio_sdk.converter.brush,
// after https://github.com/thi-ng/umbrella/tree/develop/packages/rle-pack.

class Bits {
  readonly #bytes: readonly number[]
  #at = 0

  constructor(bytes: readonly number[]) {
    this.#bytes = bytes
  }

  /** The next bits as a number. Throws a RangeError at the end. */
  read(count: number): number {
    let value = 0
    for (let left = count; left > 0; left--) {
      const byte = this.#bytes[this.#at >> 3]
      if (byte === undefined) throw new RangeError('is cut off')
      value = value * 2 + ((byte >> (7 - (this.#at & 7))) & 1)
      this.#at++
    }
    return value
  }
}

/** The fourth of each four bytes: how much is painted, pixel by pixel. Throws a RangeError. */
export function decodeBrush(bytes: readonly number[], pixels: number): Uint8Array {
  const bits = new Bits(bytes)
  const count = bits.read(32)
  if (count !== pixels * 4)
    throw new RangeError(`has ${count} values; its size needs ${pixels * 4}`)
  const wordBits = bits.read(5) + 1
  const lengths = [0, 1, 2, 3].map(() => bits.read(4) + 1)
  const data = new Uint8Array(pixels)
  const put = (index: number, value: number) => {
    if (index % 4 === 3 && value > 0) data[index >> 2] = 1
  }
  for (let index = 0; index < count; ) {
    const isRun = bits.read(1) === 1
    const end = Math.min(count, index + 1 + bits.read(lengths[bits.read(2)]))
    if (isRun) {
      const value = bits.read(wordBits)
      if (value > 0) for (let at = index; at < end; at++) put(at, value)
      index = end
    } else for (; index < end; index++) put(index, bits.read(wordBits))
  }
  return data
}

const LENGTHS = [3, 4, 8, 16]

/** A mask, 1 inside, as painted bytes. */
export function encodeBrush(data: Uint8Array): number[] {
  const bytes: number[] = []
  let current = 0
  let used = 0
  const write = (value: number, count: number) => {
    for (let left = count - 1; left >= 0; left--) {
      current = (current << 1) | (Math.floor(value / 2 ** left) % 2)
      if (++used === 8) {
        bytes.push(current)
        current = 0
        used = 0
      }
    }
  }
  write(data.length * 4, 32)
  write(7, 5)
  for (const length of LENGTHS) write(length - 1, 4)
  for (let index = 0; index < data.length; ) {
    const value = data[index]
    let end = index + 1
    while (end < data.length && data[end] === value) end++
    for (let left = (end - index) * 4; left > 0; ) {
      const run = Math.min(left, 2 ** 16)
      const kind = LENGTHS.findIndex((length) => run <= 2 ** length)
      write(1, 1)
      write(kind, 2)
      write(run - 1, LENGTHS[kind])
      write(value ? 255 : 0, 8)
      left -= run
    }
    index = end
  }
  if (used > 0) write(0, 8 - used)
  return bytes
}
