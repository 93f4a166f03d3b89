// Runs the published Python SDK against the emulator: the SDK knows the real service, so it is the judge.
import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { requireNode } from './node-version.mjs'

requireNode()
const root = join(import.meta.dirname, '..')
const folder = mkdtempSync(join(tmpdir(), 'pictograph-conformance-'))
const python = join(
  folder,
  'venv',
  process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python',
)
const quiet = { encoding: 'utf8' }

function install() {
  if (spawnSync('python3', ['-m', 'venv', join(folder, 'venv')], quiet).status !== 0)
    return 'Python 3 with venv is not here'
  const { status, stderr } = spawnSync(python, ['-m', 'pip', 'install', '-q', 'pictograph'], quiet)
  return status === 0 ? null : `the SDK could not be installed: ${stderr.trim().split('\n').at(-1)}`
}

async function startEmulator() {
  const args = [
    'emulator/main.ts',
    '--seed',
    '--refuse-unknown-classes',
    '--port',
    '0',
    '--storage-port',
    '0',
    '--data',
    folder,
  ]
  const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] })
  const { promise, resolve, reject } = Promise.withResolvers()
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (text) => {
    output += text
    const url = /service on (\S+)/.exec(output)?.[1]
    if (url) resolve(url)
  })
  child.on('exit', () => reject(new Error('The emulator did not start')))
  return { child, url: await promise }
}

const problem = install()
if (problem) {
  process.stdout.write(`Conformance skipped: ${problem}\n`)
  process.exit(0)
}
const { child, url } = await startEmulator()
const photo = join(folder, 'photo.png')
const { default: sharp } = await import('sharp')
await sharp({ create: { width: 40, height: 30, channels: 3, background: '#808080' } }).toFile(photo)
const run = spawn(python, [join(root, 'emulator/conformance.py'), url, photo], { stdio: 'inherit' })
run.on('exit', (status) => {
  child.kill()
  rmSync(folder, { recursive: true, force: true })
  process.exit(status ?? 1)
})
