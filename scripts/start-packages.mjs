// Installs or unpacks every built package and starts it once, as a user would, with a separate library. A package
// counts as started when its first window has described itself to the core (see the app's log).
import { spawn, spawnSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  globSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { requireNode } from './node-version.mjs'

/** The app's log line when the page of its first window answers. */
const WINDOW_IS_UP = 'the first window is up'
const STARTS_WITHIN_MS = 120_000
const LOOK_MS = 250

function logOf(dataDir) {
  const folder = join(dataDir, 'logs')
  if (!existsSync(folder)) return ''
  return readdirSync(folder)
    .map((name) => readFileSync(join(folder, name), 'utf8'))
    .join('')
}

/**
 * Runs a program until its window is up, then ends it. Throws with its output and log if the window does not appear.
 */
export async function startOnce(program, args = [], withinMs = STARTS_WITHIN_MS) {
  const dataDir = mkdtempSync(join(tmpdir(), 'pictograph-started-'))
  const child = spawn(program, [...args, '--data', dataDir], { stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text) => {
      output += text
    })
  let ended = null
  child.on('error', (error) => {
    ended = error.message
  })
  child.on('exit', (code, signal) => {
    ended ??= `exit code ${code}, signal ${signal}`
  })
  try {
    const until = Date.now() + withinMs
    while (!logOf(dataDir).includes(WINDOW_IS_UP)) {
      if (ended !== null) throw new Error(`${program} ended (${ended}):\n${output}`)
      if (Date.now() > until)
        throw new Error(
          `${program} showed no window in ${withinMs / 1000} s:\n${output}\n${logOf(dataDir)}`,
        )
      await new Promise((done) => setTimeout(done, LOOK_MS))
    }
  } finally {
    child.kill('SIGKILL')
    if (ended === null) await new Promise((done) => child.once('exit', done))
    rmSync(dataDir, { recursive: true, force: true })
  }
}

function run(command, args) {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8' })
  if (status !== 0)
    throw new Error(`${command} ${args.join(' ')}: ${error ?? ''}${stdout}${stderr}`)
  return stdout
}

/** How to run each kind of package: a preparation, the program, its first arguments. */
const KINDS = {
  '.AppImage': (file) => {
    chmodSync(file, 0o755)
    return { program: file }
  },
  '.deb': (file) => {
    run('sudo', ['apt-get', 'install', '-y', '--no-install-recommends', file])
    return { program: 'pictograph-desktop' }
  },
  // Another system's package: unpacked, it is the same program.
  '.rpm': (file) => {
    const folder = mkdtempSync(join(tmpdir(), 'pictograph-rpm-'))
    run('sh', [
      '-c',
      `cd '${folder}' && rpm2cpio '${file}' | cpio --extract --make-directories --quiet`,
    ])
    const [program] = globSync('opt/*/pictograph-desktop', { cwd: folder })
    return { program: join(folder, program) }
  },
  '.dmg': (file) => {
    run('hdiutil', ['attach', '-nobrowse', '-mountpoint', '/tmp/pictograph-dmg', file])
    return {
      program: '/tmp/pictograph-dmg/Pictograph Desktop.app/Contents/MacOS/Pictograph Desktop',
    }
  },
  '.zip': (file) => {
    const folder = mkdtempSync(join(tmpdir(), 'pictograph-zip-'))
    run('ditto', ['-x', '-k', file, folder])
    return { program: join(folder, 'Pictograph Desktop.app/Contents/MacOS/Pictograph Desktop') }
  },
  '.exe': (file) => {
    const folder = mkdtempSync(join(tmpdir(), 'pictograph-exe-'))
    run(file, ['/S', `/D=${folder}`])
    return { program: join(folder, 'Pictograph Desktop.exe') }
  },
}

async function main(folder) {
  const packages = readdirSync(folder).filter((name) =>
    Object.keys(KINDS).some((kind) => name.endsWith(kind)),
  )
  if (packages.length === 0)
    throw new Error(`There is no package in ${folder}: run npm run package.`)
  for (const name of packages) {
    const kind = Object.keys(KINDS).find((ending) => name.endsWith(ending))
    const { program, args } = KINDS[kind](resolve(folder, name))
    await startOnce(program, args)
    process.stdout.write(`✓ ${name} starts\n`)
  }
}

if (import.meta.main) {
  requireNode()
  await main(process.argv[2] ?? join(import.meta.dirname, '../dist'))
}
