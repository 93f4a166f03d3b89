import { closeSync, readSync } from 'node:fs'
import type { InputFile } from '#core/formats/types.ts'
import { openRegularFile } from './regular-file.ts'

/** Parts up to this size reuse one buffer. Bytes. */
const REUSED_BYTES = 1 << 21

/** A label file on disk that can be read in parts. It is opened for the first part and stays open until `close`. */
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
    // Files are asked for their size by the thousand: none stays open for it.
    if (this.#size === null) {
      this.#open()
      this.close()
    }
    return this.#size ?? 0
  }

  bytes(from = 0, to?: number): Uint8Array {
    const isWhole = from === 0 && to === undefined
    const handle = this.#open()
    const size = this.#size ?? 0
    const end = Math.min(to ?? size, size)
    const length = Math.max(0, end - from)
    const buffer = isWhole ? Buffer.allocUnsafe(length) : this.#room(length)
    let done = 0
    while (done < buffer.length) {
      const read = readSync(handle, buffer, done, buffer.length - done, from + done)
      if (read === 0) break
      done += read
    }
    if (isWhole) this.close()
    return buffer.subarray(0, done)
  }

  #open(): number {
    if (this.#handle !== null) return this.#handle
    const { handle, size } = openRegularFile(this.#absolute)
    this.#handle = handle
    this.#size = size
    return handle
  }

  /** Reuses the buffer for small parts, because there may be a million. */
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

/** `path`: for display; `absolute`: on disk. Reading throws the system's errors. */
export function diskFile(path: string, absolute: string): InputFile {
  return new DiskFile(path, absolute)
}
