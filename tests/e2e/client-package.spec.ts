import { execFile } from 'node:child_process'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { startEmulator } from '#emulator/server.ts'
import { temporaryFolder, writeImage } from '#tests/helpers/core.ts'
import { expect, test } from './fixture.ts'

const root = join(import.meta.dirname, '../..')
const shell = process.platform === 'win32'
const run = (command: string, args: string[], cwd: string, env: NodeJS.ProcessEnv = {}) =>
  promisify(execFile)(command, args, { cwd, shell, env: { ...process.env, ...env } })

/** Code of a user who has only the package. */
const CONSUMER = `
import { Client, NotFoundError, type RemoteImage } from '@pictograph/client'

const client: Client = new Client({ apiKey: 'k', timeout: 5, maxRetries: 0 })
const names: string[] = (await client.datasets.list({ limit: 3, offset: 1 })).map(({ name }) => name)
for await (const image of client.images.list('x', { status: 'new' })) use(image)
function use({ filename, width }: RemoteImage) {
  console.log(filename.toUpperCase(), width?.toFixed())
}
const bytes: Buffer = await client.images.download('x', 'a.png')
const { imagesDownloaded } = await client.datasets.download('x', 'out', {
  mode: 'images_only',
  statusFilter: 'complete',
  maxWorkers: 4,
  onProgress: ({ files }) => console.log(files.done / files.total),
})
const box = client.annotations.createBbox('1', 'car', [1, 2, 3, 4], { confidence: 0.5 })
await client.annotations.save('x', 'a.png', [box]).catch((error: unknown) => {
  if (error instanceof NotFoundError) console.log(error.requestId)
})
console.log(names, bytes.length, imagesDownloaded)
// @ts-expect-error: an option that is not known
new Client({ apiKey: 'k', timeOut: 5 })
// @ts-expect-error: an option that is not known
client.images.list('x', { folderPath: '/a' })
`

test('the client is packed, installed alone, compiled against and used', async () => {
  test.setTimeout(300_000)
  using folder = temporaryFolder()
  const packed = join(folder.path, 'packed')
  await run(process.execPath, [join(root, 'scripts/client-package.mjs'), packed], root)
  const [tarball] = readdirSync(packed)
  const consumer = join(folder.path, 'consumer')
  mkdirSync(consumer)
  writeFileSync(join(consumer, 'package.json'), '{ "private": true }')
  const install = ['install', '--no-audit', '--no-fund', '--prefer-offline', join(packed, tarball)]
  await run('npm', install, consumer)

  // Only what it uses: nothing of the app's window or of Electron.
  const installed = readdirSync(join(consumer, 'node_modules'))
  expect(installed.filter((name) => /electron|react|konva|orpc|vite/.test(name))).toEqual([])
  const { dependencies } = JSON.parse(
    readFileSync(join(consumer, 'node_modules/@pictograph/client/package.json'), 'utf8'),
  )
  expect(Object.keys(dependencies)).toEqual([
    '@types/node',
    'better-sqlite3',
    'fast-png',
    'fast-xml-parser',
    'flatbush',
    'sharp',
    'undici',
    'yaml',
    'yauzl',
    'zod',
  ])

  writeFileSync(join(consumer, 'use.mts'), CONSUMER)
  writeFileSync(
    join(consumer, 'use.cts'),
    `import { Client } from '@pictograph/client'\nexport const make = (): Client => new Client()\n`,
  )
  const tsc = join(root, 'node_modules/.bin/tsc')
  const strict = ['--noEmit', '--strict', '--target', 'es2024', 'use.mts', 'use.cts']
  await run(tsc, [...strict, '--module', 'nodenext'], consumer)
  await run(tsc, [...strict, '--module', 'esnext', '--moduleResolution', 'bundler'], consumer)

  await using emulator = await startEmulator({ dataDir: join(folder.path, 'service') })
  const env = { PICTOGRAPH_API_KEY: 'pk_live_admin', PICTOGRAPH_BASE_URL: emulator.url }
  await writeImage(join(consumer, 'street.png'))
  copyFileSync(join(root, 'docs/examples/client.mjs'), join(consumer, 'example.mjs'))
  const example = await run(process.execPath, ['example.mjs'], consumer, env)
  expect(example.stdout).toBe(`street.png: 1\nnow in ${join(consumer, 'traffic')}\n`)
  expect(existsSync(join(consumer, 'traffic/day/street.png'))).toBe(true)
  expect(readFileSync(join(consumer, 'traffic/day/street.png.json'), 'utf8')).toContain('"car"')

  // `require` gives the same classes as `import`.
  const required = `const { Client } = require('@pictograph/client')
    const isSame = import('@pictograph/client').then((imported) => imported.Client === Client)
    new Client().datasets.list().then(async ([{ name }]) => console.log(name, String(await isSame)))`
  writeFileSync(join(consumer, 'required.cjs'), required)
  const { stdout, stderr } = await run(process.execPath, ['required.cjs'], consumer, env)
  expect([stdout, stderr]).toEqual(['traffic true\n', ''])
})
