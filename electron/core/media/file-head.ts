import { open } from 'node:fs/promises'

/** The first bytes of a file, at most `length`: it may be of any kind and any size. Throws the system's error. */
export async function readHead(
  file: string,
  length: number,
): Promise<{ head: Buffer; fileBytes: number }> {
  await using handle = await open(file)
  const head = Buffer.alloc(length)
  const { bytesRead } = await handle.read(head, 0, length, 0)
  return { head: head.subarray(0, bytesRead), fileBytes: (await handle.stat()).size }
}
