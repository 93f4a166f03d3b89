import { closeSync, openSync, readFileSync, readSync, statSync } from 'node:fs'
import type { InputFile } from '#core/formats/types.ts'

/** Parts up to here share their memory, bytes. */
const REUSED_BYTES = 1 << 21

/** A label file on disk, of which a part can be read. It is opened for the first part, and stays so until `close`. */
class DiskFile implements InputFile {
  readonly path: string
  readonly #absolute: string
  #handle: number | null = null
  #size: number | null = null
  #scratch = Buffer.alloc(0)

  constructor(path: string, absolute: string) {
    this.path = path
    this.#absolute = absolute
  }

  get size(): number {
    this.#size ??= statSync(this.#absolute).size
    return this.#size
  }

  bytes(from = 0, to?: number): Uint8Array {
    if (from === 0 && to === undefined) return readFileSync(this.#absolute)
    const end = Math.min(to ?? this.size, this.size)
    this.#handle ??= openSync(this.#absolute, 'r')
    const buffer = this.#room(Math.max(0, end - from))
    let done = 0
    while (done < buffer.length) {
      const read = readSync(this.#handle, buffer, done, buffer.length - done, from + done)
      if (read === 0) break
      done += read
    }
    return buffer.subarray(0, done)
  }

  /** The same memory again for small parts, of which there may be a million. */
  #room(length: number): Buffer {
    if (length > REUSED_BYTES) return Buffer.allocUnsafe(length)
    if (this.#scratch.length < length) this.#scratch = Buffer.allocUnsafeSlow(length)
    return this.#scratch.subarray(0, length)
  }

  close(): void {
    if (this.#handle !== null) closeSync(this.#handle)
    this.#handle = null
    this.#scratch = Buffer.alloc(0)
  }
}

/** `path`: what it is called; `absolute`: where it is. Reading throws the system's errors. */
export function diskFile(path: string, absolute: string): InputFile {
  return new DiskFile(path, absolute)
}
