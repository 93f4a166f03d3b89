import { execFileSync } from 'node:child_process'
import { linkSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { scanFolder } from '#core/library/scan.ts'
import { openCore, temporaryFolder, testPorts, writeImage } from '#tests/helpers/core.ts'
import { against, type Figure, medianOfThree, timed } from './measure.ts'

const FILES = 20_000

/** Scans a folder of 20,000 images: only the walk, then with the database, then reading every file. */
export async function benchScan(): Promise<Figure[]> {
  using folder = temporaryFolder()
  const original = join(folder.path, 'original.jpg')
  await writeImage(original, 640, 480)
  for (let index = 0; index < FILES - 1; index++) {
    if (index % 1000 === 0) mkdirSync(join(folder.path, `part${index / 1000}`))
    linkSync(original, join(folder.path, `part${Math.floor(index / 1000)}/img${index}.jpg`))
  }
  const find = await medianOfThree(() =>
    execFileSync('find', [folder.path, '-type', 'f', '-printf', '%p %s %T@\\n'], {
      maxBuffer: 1 << 28,
    }),
  )
  const walk = await medianOfThree(async () => {
    for await (const _batch of scanFolder(folder.path)) {
      // The caller counts.
    }
  })
  using data = temporaryFolder()
  const core = openCore(testPorts(data.path))
  const { promise: listed, resolve } = Promise.withResolvers<void>()
  using _listening = core.events.on((event) => {
    if (event.type === 'scan' && event.state === 'reading') resolve()
  })
  const start = performance.now()
  const dataset = await core.openFolder(folder.path)
  await listed
  const listedMs = performance.now() - start
  const readMs = await timed(() => core.library.settled(dataset.id))
  await core[Symbol.asyncDispose]()
  const rate = (milliseconds: number) => FILES / (milliseconds / 1000)
  return [
    against('walk', rate(walk), 'files/s', { name: 'find with size and time', value: rate(find) }),
    { name: 'listed in the database', value: rate(listedMs), unit: 'files/s' },
    { name: 'size and orientation read', value: rate(listedMs + readMs), unit: 'files/s' },
  ]
}
