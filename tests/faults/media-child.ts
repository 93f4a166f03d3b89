/**
 * Reads pictures in every way in which the app does: sizes, thumbnails, whole pictures, a truncated one, and the
 * facts from worker threads. Prints one line of JSON when all have been read.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { probeImage } from '#core/media/probe.ts'
import { Renditions } from '#core/media/renditions.ts'
import { fileFactsThreads } from '#core/transfer/file-facts.ts'
import { decodes } from '#core/transfer/whole-image.ts'

const [folder, cache, ...names] = process.argv.slice(2)
const renditions = new Renditions(cache, {
  inHand: { begin: () => ({ [Symbol.dispose]: () => {} }) },
  setAside: { refuse: () => {} },
})
await using threads = fileFactsThreads()
const read = []
for (const name of names) {
  const file = join(folder, name)
  const { width, height, problem } = await probeImage(file)
  const image = { width, height, fileSizeBytes: 1, modifiedAtMs: 1 } as Parameters<
    Renditions['get']
  >[0]['image']
  await renditions.get({ image, file }, { kind: 'thumbnail', width: 160 })
  await renditions.get({ image, file }, { kind: 'full' })
  const facts = await threads.do(file)
  const bytes = readFileSync(file)
  const whole = await decodes(name, bytes)
  const cut = await decodes(name, bytes.subarray(0, bytes.length / 2))
  read.push({ name, width, height, problem, inThread: [facts.width, facts.height], whole, cut })
}
const { default: sharp } = await import('sharp')
process.stdout.write(`${JSON.stringify({ read, isWebAssembly: 'emscripten' in sharp.versions })}\n`)
