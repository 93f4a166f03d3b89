// Checks the emulator with the published Python SDK, which knows the real service; then checks our client with the
// emulator. `npm run conformance` prints areas and counts, and exits with 1 if the SDK complains.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
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

/**
 * What the SDK needs to run an ONNX model. Its extra `inference` also brings PyTorch with CUDA, several gigabytes, for
 * other formats.
 */
const ONNX_SUPPORT = ['onnxruntime', 'onnx', 'opencv-python-headless', 'numpy', 'scikit-image']

/** Installs the newest SDK. Returns the reason if that fails. */
function install() {
  if (spawnSync('python3', ['-m', 'venv', join(folder, 'venv')], quiet).status !== 0)
    return 'Python 3 with venv is not here'
  const args = ['-m', 'pip', 'install', '-q', '--no-compile', 'pictograph', ...ONNX_SUPPORT]
  const { status, stderr } = spawnSync(python, args, quiet)
  return status === 0 ? null : `the SDK could not be installed: ${stderr.trim().split('\n').at(-1)}`
}

/** Stop the started services. */
const services = []

/** Starts a service on free ports, with its data in a separate folder. Returns its address. */
async function startEmulator(name, options) {
  const data = join(folder, name)
  mkdirSync(data)
  const args = ['emulator/main.ts', '--port', '0', '--storage-port', '0', '--data', data]
  const child = spawn(process.execPath, [...args, ...options], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const { promise, resolve, reject } = Promise.withResolvers()
  const ended = once(child, 'exit')
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (text) => {
    output += text
    const url = /service on (\S+)/.exec(output)?.[1]
    if (url) resolve(url)
  })
  child.on('exit', () => reject(new Error('The emulator did not start')))
  services.push(async () => {
    child.kill()
    await ended
  })
  return promise
}

/** A longer wait is for something that never comes. */
const LONGEST_MS = 15 * 60_000

function run(title, command, args, options) {
  process.stdout.write(`\n${title}\n`)
  return new Promise((resolve) => {
    spawn(command, args, { stdio: 'inherit', timeout: LONGEST_MS, ...options }).on(
      'exit',
      (status) => resolve(status ?? 1),
    )
  })
}

/** Checks the emulator with the SDK, then our client with the emulator. Returns the exit status. */
async function judge() {
  const { stdout } = spawnSync(
    python,
    ['-c', 'import pictograph; print(pictograph.__version__)'],
    quiet,
  )
  // One as the SDK's own tests expect it, and one as strict as the documentation, with few requests per hour.
  const usual = await startEmulator('usual', ['--seed'])
  const strict = await startEmulator('strict', ['--refuse-unknown-classes', '--limit', '100'])
  const work = join(folder, 'work')
  mkdirSync(work)
  const judged = await run(
    `The emulator, judged by the Python SDK ${stdout.trim()}`,
    python,
    ['-m', 'conformance', usual, strict, work],
    { cwd: join(root, 'emulator') },
  )
  const shown = await run(
    'Our client, by the README of the Python SDK 1.6.3',
    process.execPath,
    ['scripts/conformance-readme.ts', usual, work],
    { cwd: root },
  )
  return judged || shown
}

try {
  const problem = install()
  if (problem) process.stdout.write(`Conformance skipped: ${problem}\n`)
  else process.exitCode = await judge()
} finally {
  for (const stop of services) await stop()
  rmSync(folder, { recursive: true, force: true })
}
