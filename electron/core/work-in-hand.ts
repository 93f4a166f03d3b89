import { closeSync, constants, openSync, readFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { PRIVATE_FILE } from './private-files.ts'

export const workSchema = z.object({
  kind: z.enum(['upload', 'download', 'import', 'folder', 'picture', 'detection']),
  /** The id of the transfer, dataset, image or job. */
  id: z.string(),
  /** Its name for the user. */
  name: z.string(),
})
/** Work on what others made: a file or an answer in it may end the process. */
export type Work = z.infer<typeof workSchema>

/** In the data folder. */
export const JOURNAL = 'work-in-hand'
/** Bytes of one entry. Each has a place of its own, so that one write adds or removes it. */
const SLOT_BYTES = 512
const SLOTS = 64
const NAME_CHARACTERS = 100
const EMPTY = Buffer.alloc(SLOT_BYTES, ' ')

function encoded({ kind, id, name }: Work): Buffer {
  const slot = Buffer.from(EMPTY)
  // Control characters and quotes of a name take more bytes in JSON than characters.
  for (let length = NAME_CHARACTERS; ; length = Math.floor(length / 2)) {
    const text = JSON.stringify({ kind, id: id.slice(0, 64), name: name.slice(0, length) })
    if (Buffer.byteLength(text) > SLOT_BYTES) continue
    slot.write(text)
    return slot
  }
}

function decoded(slot: string): Work[] {
  const text = slot.trim()
  if (text === '') return []
  try {
    return [workSchema.parse(JSON.parse(text))]
  } catch {
    return []
  }
}

/**
 * Remembers on disk what is being worked on, so that after a crash (out of memory, a fault in native code) the next
 * run knows what may have caused it. A write takes some microseconds and is not flushed: it must survive the process,
 * not the machine.
 */
export class WorkInHand implements Disposable {
  #fd: number | null
  readonly #free = Array.from({ length: SLOTS }, (_, index) => SLOTS - 1 - index)
  /** What an earlier run had in hand when it ended without closing. */
  readonly left: readonly Work[]

  constructor(dataDir: string) {
    this.left = leftWorks(dataDir)
    this.#fd = openJournal(join(dataDir, JOURNAL))
  }

  begin(work: Work): Disposable {
    const slot = this.#fd === null ? undefined : this.#free.pop()
    // All slots are taken; this work is not recorded.
    if (slot === undefined) return { [Symbol.dispose]: () => {} }
    this.#write(slot, encoded(work))
    let isOver = false
    return {
      [Symbol.dispose]: () => {
        if (isOver) return
        isOver = true
        this.#write(slot, EMPTY)
        this.#free.push(slot)
      },
    }
  }

  [Symbol.dispose](): void {
    if (this.#fd === null) return
    for (let slot = 0; slot < SLOTS; slot++) this.#write(slot, EMPTY)
    const fd = this.#fd
    // Closing its number again would close a file that somebody else opened since.
    this.#fd = null
    closeSync(fd)
  }

  #write(slot: number, bytes: Buffer): void {
    if (this.#fd === null) return
    try {
      writeSync(this.#fd, bytes, 0, bytes.length, slot * SLOT_BYTES)
    } catch {
      // A full disk, or closed at the end: the work itself goes on.
    }
  }
}

/** What the last run had in hand when it ended without closing. */
export function leftWorks(dataDir: string): Work[] {
  try {
    const text = readFileSync(join(dataDir, JOURNAL))
    return Array.from({ length: SLOTS }, (_, slot) =>
      decoded(text.toString('utf8', slot * SLOT_BYTES, (slot + 1) * SLOT_BYTES)),
    ).flat()
  } catch {
    return []
  }
}

function openJournal(file: string): number | null {
  try {
    const flags =
      constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | (constants.O_NOFOLLOW ?? 0)
    return openSync(file, flags, PRIVATE_FILE)
  } catch {
    return null
  }
}
