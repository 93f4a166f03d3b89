#!/usr/bin/env node
// Plain JavaScript that any Node can parse: it checks the version before anything newer is loaded.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { findElectron } from './find-electron.mjs'
import { startElectron } from './start-electron.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const args = process.argv.slice(2)
// npm runs scripts in the package's folder, but relative paths are relative to the user's.
const cwd = process.env.INIT_CWD ?? process.cwd()

function newerNode() {
  const [major, minor] = process.versions.node.split('.').map(Number)
  if (major > 22 || (major === 22 && minor >= 12)) return true
  const own = join(root, 'node_modules/node/bin/node')
  if (existsSync(own)) {
    const { status } = spawnSync(own, process.argv.slice(1), { stdio: 'inherit' })
    process.exit(status ?? 1)
  }
  process.stderr.write(
    `Pictograph Desktop needs Node 22.12 or newer; this is ${process.versions.node}.\n` +
      'Install Node 24, or run `npm ci` with install scripts enabled: it brings Node 24 along.\n',
  )
  return false
}

function newest(path) {
  const info = statSync(path)
  if (!info.isDirectory()) return info.mtimeMs
  return Math.max(0, ...readdirSync(path).map((name) => newest(join(path, name))))
}

/** In a checkout, builds the app if the build is missing or older than the source. */
function buildWhenNeeded() {
  if (!existsSync(join(root, 'electron.vite.config.ts'))) return true
  const built = join(root, 'out/main/cli.js')
  const sources = ['electron', 'renderer', 'shared', 'package.json', 'electron.vite.config.ts']
  const changed = Math.max(...sources.map((source) => newest(join(root, source))))
  if (existsSync(built) && statSync(built).mtimeMs > changed) return true
  process.stderr.write('Building…\n')
  const vite = join(root, 'node_modules/electron-vite/bin/electron-vite.js')
  const { status } = spawnSync(process.execPath, [vite, 'build', '--logLevel', 'warn'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
  })
  return status === 0
}

/** Switches of Chromium; the served app ignores them. */
const isChromiums = (arg) => /^--(no-sandbox|disable-gpu|ozone-platform)/.test(arg)

async function run() {
  if (!newerNode() || !buildWhenNeeded()) return 1
  const { isForTerminal, main } = await import(pathToFileURL(join(root, 'out/main/cli.js')).href)
  if (isForTerminal(args, cwd)) return main(args, { cwd, noWindowBecause: null })
  const serve = (because) =>
    main(
      args.filter((arg) => !isChromiums(arg)),
      { cwd, noWindowBecause: because },
    )
  const { executable, because } = findElectron(args)
  if (!executable) return serve(because)
  const ended = await startElectron(executable, [root, ...args], { cwd })
  return ended.because === undefined ? ended.code : serve(ended.because)
}

process.exitCode = await run()
