// Builds the unpacked app and checks that it is complete, contains nothing unnecessary, is locked down as in
// docs/security.md, and starts. If Electron's binary is missing, a stand-in replaces it; everything else is real.
import { fork, spawn, spawnSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join, relative, sep } from 'node:path'
import { pathToFileURL } from 'node:url'
import { extractAll, listPackage } from '@electron/asar'
import { FuseV1Options, getCurrentFuseWire } from '@electron/fuses'
import sharp from 'sharp'
import { parse } from 'yaml'
import { tinyDetector } from '#emulator/tiny-onnx.ts'
import { firstScreen } from '#tests/bench/first-screen.ts'
import { findBrowser } from './find-browser.mjs'
import { requireNode } from './node-version.mjs'

requireNode()
const root = join(import.meta.dirname, '..')
const require = createRequire(import.meta.url)
const own = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const config = parse(readFileSync(join(root, 'electron-builder.yml'), 'utf8'))
const work = mkdtempSync(join(tmpdir(), 'pictograph-package-'))
const PLATFORM = `${process.platform}-${process.arch}`

/** Size budget of our part of the package, without Electron. Bytes. */
const BUDGET = { app: 100_000_000, renderer: 1_700_000, firstScreen: 820_000 }

const problems = []
const check = (isRight, what) => {
  process.stdout.write(`${isRight ? '✓' : '✗'} ${what}\n`)
  if (!isRight) problems.push(what)
}
const megabytes = (bytes) => `${(bytes / 1e6).toFixed(1)} MB`

function run(command, args, options = {}) {
  const { status, stdout, stderr } = spawnSync(command, args, {
    cwd: root,
    encoding: 'utf8',
    shell: process.platform === 'win32',
    ...options,
  })
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}\n${stdout}${stderr}`)
  return stdout
}

/** The mark at which Electron's fuses are found; version 1 has this many. */
const FUSE_MARK = 'dL7pKGdnNz796PbbjQWNKmHXBZaB9tsX'

/** A folder that electron-builder accepts as Electron: its file names, and the fuses in place. */
function standIn() {
  const folder = join(work, 'electron')
  const isMac = process.platform === 'darwin'
  const program = isMac
    ? 'Electron.app/Contents/MacOS/Electron'
    : process.platform === 'win32'
      ? 'electron.exe'
      : 'electron'
  const { version } = JSON.parse(readFileSync(require.resolve('electron/package.json'), 'utf8'))
  mkdirSync(join(folder, dirname(program)), { recursive: true })
  mkdirSync(join(folder, 'resources'), { recursive: true })
  const fuses = Buffer.concat([
    Buffer.from(FUSE_MARK),
    Buffer.from([1, Object.keys(FuseV1Options).length / 2]),
    Buffer.alloc(Object.keys(FuseV1Options).length / 2, '1'),
  ])
  writeFileSync(join(folder, program), Buffer.concat([Buffer.from('\x7fELF stand-in '), fuses]), {
    mode: 0o755,
  })
  for (const [name, text] of [
    ['version', version],
    ['LICENSE', ''],
    ['LICENSES.chromium.html', ''],
    ['chrome-sandbox', ''],
  ])
    writeFileSync(join(folder, name), text)
  return folder
}

/** Electron's folder if it was downloaded; it is not downloaded here, because a test needs no network. */
function electronFolder() {
  const installed = dirname(require.resolve('electron/package.json'))
  return existsSync(join(installed, 'path.txt'))
    ? { folder: join(installed, 'dist'), isReal: true }
    : { folder: standIn(), isReal: false }
}

function filesBelow(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => relative(folder, join(parentPath, name)).split(sep).join('/'))
}

const sizeOf = (folder) =>
  filesBelow(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0)

/** Listed as dependencies, but only needed to compile or install. */
const TO_COMPILE = new Set(['node-addon-api', 'node-gyp-build'])

/** Resolves a package from another's folder as Node does; null if not found. */
function resolved(name, from, top) {
  for (let folder = from; folder.startsWith(top); folder = dirname(folder)) {
    const there = join(folder, 'node_modules', name)
    if (existsSync(join(there, 'package.json'))) return there
  }
  return null
}

/** The runtime packages and their dependencies below a folder, and those that are missing. */
function closure(top) {
  const found = new Map()
  const missing = []
  const visit = (name, from, isOptional) => {
    const folder = resolved(name, from, top)
    if (folder === null) {
      if (!isOptional && !TO_COMPILE.has(name)) missing.push(`${name} of ${relative(top, from)}`)
      return
    }
    if (found.has(folder)) return
    found.set(folder, name)
    const { dependencies = {}, optionalDependencies = {} } = JSON.parse(
      readFileSync(join(folder, 'package.json'), 'utf8'),
    )
    for (const next of Object.keys(dependencies)) visit(next, folder, next in optionalDependencies)
    for (const next of Object.keys(optionalDependencies)) visit(next, folder, true)
  }
  for (const name of Object.keys(own.dependencies)) visit(name, top, false)
  return { names: new Set(found.values()), missing }
}

/** Each platform uses one of the two decoder builds and leaves the other out (see load-sharp.ts). */
const isLeftOut = (name) =>
  process.platform === 'linux'
    ? /^@img\/sharp-(libvips-)?linux/.test(name)
    : name === '@img/sharp-wasm32' || name === '@emnapi/runtime'

function buildPackage() {
  run('npm', ['run', '-s', 'build'])
  const { folder, isReal } = electronFolder()
  process.stdout.write(`Electron: ${isReal ? folder : 'a stand-in, its binary is missing here'}\n`)
  run(join(root, 'node_modules/.bin/electron-builder'), [
    '--dir',
    `-c.electronDist=${folder}`,
    `-c.directories.output=${join(work, 'dist')}`,
    '-c.mac.identity=null',
    '-c.mac.notarize=false',
  ])
  const [unpacked] = readdirSync(join(work, 'dist')).filter(
    (name) => name.endsWith('-unpacked') || name.startsWith('mac'),
  )
  const base = join(work, 'dist', unpacked)
  if (process.platform !== 'darwin') return { resources: join(base, 'resources'), program: base }
  const app = join(base, `${config.productName}.app`)
  return { resources: join(app, 'Contents/Resources'), program: app }
}

function checkContents(asar, resources, app) {
  const files = listPackage(asar).map((name) => name.replaceAll('\\', '/').replace(/^\//, ''))
  const there = new Set(files)
  for (const name of [
    'package.json',
    'out/main/main.js',
    'out/main/certificate-worker.js',
    'out/main/detect-worker.js',
    'out/main/fetch-worker.js',
    'out/main/file-facts-worker.js',
    'out/main/inference-worker.js',
    'out/main/memory-guard-worker.js',
    'out/main/database-check-worker.js',
    'out/main/checkpoint-worker.js',
    'out/main/table-sizes-worker.js',
    'out/main/label-reader.js',
    'out/main/watchdog-worker.js',
    'out/preload/preload.cjs',
    'out/renderer/index.html',
  ])
    check(there.has(name), `${name} is there`)
  const here = closure(root)
  const packaged = closure(app)
  const missing = packaged.missing.filter((needed) => !isLeftOut(needed.split(' of ')[0]))
  check(missing.length === 0, `every package finds what it needs ${missing}`)
  const absent = [...here.names].filter(
    (name) => !packaged.names.has(name) && !TO_COMPILE.has(name) && !isLeftOut(name),
  )
  check(
    ![...packaged.names].some(isLeftOut),
    `one build of the image decoder: ${[...packaged.names].filter((name) => name.startsWith('@img/sharp'))}`,
  )
  check(absent.length === 0, `all ${here.names.size} packages that run are there ${absent}`)
  const surplus = files
    .map((name) => /(?:^|\/)node_modules\/((?:@[^/]+\/)?[^/@]+)\/package\.json$/.exec(name)?.[1])
    .filter((name) => name !== undefined && !here.names.has(name))
  check(surplus.length === 0, `no package that does not run ${surplus.slice(0, 5)}`)
  const needless = files.filter((name) =>
    /\.(ts|mts|cts|tsx|map|md|c|cc|cpp|h|gyp)$|^(electron|renderer|shared|tests|emulator|docs|scripts)\/|\/(test|tests|__tests__)\//.test(
      name,
    ),
  )
  check(needless.length === 0, `no sources, types, tests or notes ${needless.slice(0, 5)}`)
  // Some JavaScript files are named x.node.js.
  const binaries = files.filter((name) => /\.(node|so|dylib|dll|wasm)(\.\d+)*$/.test(name))
  const musl = existsSync('/etc/alpine-release')
  const foreign = binaries.filter((name) => {
    const named = /(darwin|linux(?:musl)?|win32)[-/](x64|arm64|arm|ia32)/.exec(name)
    return named && `${named[1].replace('musl', '')}-${named[2]}` !== PLATFORM
  })
  check(
    foreign.length === 0 && (musl || !binaries.some((name) => name.includes('musl'))),
    `no other platform's binaries ${foreign.slice(0, 3)}`,
  )
  const unpacked = `${asar}.unpacked`
  const packed = binaries.filter((name) => !existsSync(join(unpacked, name)))
  check(
    binaries.length >= 3 && packed.length === 0,
    `${binaries.length} native files lie unpacked ${packed}`,
  )
  check(existsSync(join(resources, 'sample')), 'the sample dataset is there')
  return unpacked
}

/** Loads the native files from the package with Node, which has the same native interface as Electron. */
function checkNative(unpacked) {
  const names = filesBelow(unpacked).filter((name) => name.endsWith('.node'))
  for (const name of names) {
    const { status, stderr } = spawnSync(
      process.execPath,
      ['-e', `process.dlopen({ exports: {} }, ${JSON.stringify(join(unpacked, name))})`],
      { encoding: 'utf8' },
    )
    check(
      status === 0,
      `${name} loads ${status === 0 ? '' : stderr.split('\n').find((line) => line.includes('Error'))}`,
    )
  }
}

/** Runs a model in the packaged process with each runtime of this platform. */
async function checkModels(app) {
  const file = join(work, 'tiny.onnx')
  writeFileSync(file, tinyDetector())
  const native = join(
    app,
    'node_modules/onnxruntime-node/bin/napi-v6',
    process.platform,
    process.arch,
  )
  for (const runtime of existsSync(native) ? ['native', 'web'] : ['web']) {
    const setup = { memoryBytes: 2e9, threads: 1, isBackground: false, runtime }
    const child = fork(join(app, 'out/main/inference-worker.js'), [JSON.stringify(setup)], {
      serialization: 'advanced',
      execArgv: [],
    })
    const answer = await new Promise((resolve) => {
      child.on('message', resolve)
      child.on('exit', () => resolve({ error: { message: 'it ended' } }))
      child.send({ id: 1, order: { do: 'load', file } })
    })
    child.kill('SIGKILL')
    check(
      answer.result?.runtime === runtime && answer.result.outputs.length === 1,
      `models run (${runtime}) ${answer.error?.message ?? ''}`,
    )
  }
}

/** Runs only the packaged files as a server, in a place where the checkout is out of reach. */
async function checkStart(app) {
  cpSync(join(root, 'resources'), join(app, 'resources'), { recursive: true })
  const data = join(work, 'data')
  const start = `import(${JSON.stringify(pathToFileURL(join(app, 'out/main/cli.js')).href)}).then(({ main }) => main(['--serve', '--port', '0', '--data', ${JSON.stringify(data)}], { cwd: '/', noWindowBecause: null }))`
  const child = spawn(process.execPath, ['--input-type=module', '-e', start], { cwd: work })
  let output = ''
  const url = await new Promise((resolve) => {
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text) => {
        output += text
        const found = /Serving on (\S+)/.exec(output)?.[1]
        if (found) resolve(found)
      })
    child.on('exit', () => resolve(null))
  })
  check(url !== null, `the core starts from the packaged files ${url === null ? output : ''}`)
  if (url === null) return
  const browser = findBrowser()
  if (browser) {
    const { chromium } = await import('playwright')
    const running = await chromium.launch({
      executablePath: browser,
      args: ['--no-sandbox', '--disable-background-networking'],
    })
    const page = await running.newPage()
    const errors = []
    page.on('pageerror', (error) => errors.push(error.message))
    await page.goto(url)
    await page.getByRole('button', { name: /Try the sample dataset/ }).click()
    const isShown = await page
      .locator('[data-canvas][data-ready=true]')
      .waitFor({ timeout: 30_000 })
      .then(
        () => true,
        () => false,
      )
    check(isShown && errors.length === 0, `its page opens the sample dataset ${errors}`)
    await running.close()
  }
  child.kill('SIGTERM')
  await new Promise((resolve) => child.on('exit', resolve))
}

async function checkFuses(program) {
  const executable =
    process.platform === 'linux' ? join(program, config.linux.executableName) : program
  const file =
    process.platform === 'win32' ? join(program, `${config.productName}.exe`) : executable
  const wire = await getCurrentFuseWire(file)
  const is = (option) => String.fromCharCode(wire[option]) === '1'
  const wanted = {
    RunAsNode: false,
    EnableCookieEncryption: false,
    EnableNodeOptionsEnvironmentVariable: false,
    EnableNodeCliInspectArguments: false,
    EnableEmbeddedAsarIntegrityValidation: true,
    OnlyLoadAppFromAsar: true,
    GrantFileProtocolExtraPrivileges: false,
  }
  for (const [name, value] of Object.entries(wanted))
    check(is(FuseV1Options[name]) === value, `fuse ${name} is ${value ? 'on' : 'off'}`)
}

async function checkIcons() {
  const folder = join(root, 'out/icons')
  for (const size of [16, 32, 48, 128, 256, 512, 1024]) {
    const { width, height } = await sharp(join(folder, 'png', `${size}x${size}.png`)).metadata()
    check(width === size && height === size, `icon of ${size} pixels`)
  }
  check(
    ['icns', 'ic11', 'ic12', 'ic13', 'ic14'].every((type) =>
      readFileSync(join(folder, 'icon.icns')).includes(type),
    ),
    'icon for macOS, for screens of double density too',
  )
  check(readFileSync(join(folder, 'icon.ico')).readUInt16LE(2) === 1, 'icon for Windows')
}

function checkSizes(asar, unpacked) {
  const app = statSync(asar).size + sizeOf(unpacked)
  check(app <= BUDGET.app, `the app is ${megabytes(app)}, at the most ${megabytes(BUDGET.app)}`)
  const { bytes, allBytes } = firstScreen(root)
  check(
    allBytes <= BUDGET.renderer,
    `scripts and styles are ${megabytes(allBytes)}, at the most ${megabytes(BUDGET.renderer)}`,
  )
  check(
    bytes > 0 && bytes <= BUDGET.firstScreen,
    `the first screen needs ${megabytes(bytes)} of them, at the most ${megabytes(BUDGET.firstScreen)}`,
  )
}

try {
  run('node', ['scripts/make-icons.mjs'])
  await checkIcons()
  const { resources, program } = buildPackage()
  const asar = join(resources, 'app.asar')
  const app = join(work, 'app')
  extractAll(asar, app)
  const unpacked = checkContents(asar, resources, app)
  checkNative(unpacked)
  await checkFuses(program)
  checkSizes(asar, unpacked)
  await checkModels(app)
  await checkStart(app)
} finally {
  rmSync(work, { recursive: true, force: true })
}
if (problems.length > 0) {
  process.stderr.write(`\n${problems.length} problems with the package\n`)
  process.exit(1)
}
