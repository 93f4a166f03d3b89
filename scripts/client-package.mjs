// Builds the client as a separate package in out/client, and packs it: `npm run client:pack [FOLDER]`, by default
// into dist/. Its dependencies are read from the built code, in the app's versions.
import { spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { dirname, join, posix, resolve } from 'node:path'
import { Extractor, ExtractorConfig } from '@microsoft/api-extractor'
import { build } from 'rolldown'
import { requireNode } from './node-version.mjs'

requireNode()
const root = join(import.meta.dirname, '..')
const source = join(root, 'packages/client')
const out = join(root, 'out/client')
const types = join(root, 'out/client-types')
/** The types with relative imports, a file per module. */
const relative = join(root, 'out/client-types-relative')
const readJson = (file) => JSON.parse(readFileSync(file, 'utf8'))
const own = readJson(join(root, 'package.json'))

function run(command, args, options = {}) {
  const { status } = spawnSync(command, args, {
    cwd: root,
    stdio: 'inherit',
    shell: process.platform === 'win32',
    ...options,
  })
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} failed`)
}

/** The module whose types users import. */
const ENTRY = 'electron/core/client/client.d.ts'

const isPackage = (id) => /^[a-z@]/i.test(id) && !/^[a-z]:[\\/]/i.test(id)

const packageOf = (id) => id.split('/', id.startsWith('@') ? 2 : 1).join('/')

/** Names of packages that the built files import. */
function importedPackages(chunks) {
  const ours = new Set(chunks.map(({ fileName }) => fileName))
  const ids = chunks.flatMap(({ imports, dynamicImports }) => [...imports, ...dynamicImports])
  return new Set(ids.filter((id) => !ours.has(id) && !isBuiltin(id)).map(packageOf))
}

async function buildCode() {
  const { output } = await build({
    cwd: root,
    input: {
      client: 'electron/core/client/client.ts',
      // Threads must lie beside the module that starts them.
      'fetch-worker': 'electron/core/transfer/fetch-worker.ts',
      'certificate-worker': 'electron/core/network/certificate-worker.ts',
    },
    platform: 'node',
    external: isPackage,
    // With two copies, an error would not match its class, so `require` loads the same module as `import`.
    output: { dir: out, format: 'esm', chunkFileNames: '[name].js', comments: { legal: true } },
  })
  return importedPackages(output)
}

/**
 * Builds the types of the public module and of all it refers to as one file: the compiler writes one file per module,
 * alias imports become relative, and API Extractor joins them. Returns the names of packages.
 */
function buildTypes() {
  run('tsc', ['-p', join(source, 'tsconfig.json')])
  const packages = new Set()
  const done = new Set()
  const copy = (file) => {
    if (done.has(file)) return
    done.add(file)
    const text = readFileSync(join(types, file), 'utf8')
    const rewritten = text.replaceAll(
      /(from |import\()(['"])([^'"]+)\2/g,
      (_all, before, quote, id) => {
        if (isPackage(id)) {
          if (!isBuiltin(id)) packages.add(packageOf(id))
          return `${before}${quote}${id}${quote}`
        }
        const target = targetOf(id, file)
        copy(target)
        const path = posix.relative(posix.dirname(file), target).replace(/\.d\.ts$/, '.js')
        return `${before}${quote}${path.startsWith('.') ? path : `./${path}`}${quote}`
      },
    )
    const place = join(relative, file)
    mkdirSync(dirname(place), { recursive: true })
    writeFileSync(place, rewritten)
  }
  copy(ENTRY)
  joinTypes(join(relative, ENTRY))
  return packages
}

/** Joins the types of a module and of all modules that it imports into the package's type file. */
function joinTypes(entry) {
  const config = ExtractorConfig.prepare({
    configObject: {
      projectFolder: root,
      mainEntryPointFilePath: entry,
      compiler: {
        overrideTsconfig: {
          compilerOptions: {
            target: 'es2023',
            lib: ['es2024', 'esnext.disposable'],
            module: 'nodenext',
            moduleResolution: 'nodenext',
            types: ['node'],
            skipLibCheck: true,
          },
          files: [entry],
        },
      },
      dtsRollup: { enabled: true, untrimmedFilePath: join(out, 'client.d.ts') },
      newlineKind: 'lf',
      messages: {
        extractorMessageReporting: { default: { logLevel: 'none' } },
        tsdocMessageReporting: { default: { logLevel: 'none' } },
      },
    },
    configObjectFullPath: undefined,
    packageJsonFullPath: join(source, 'package.json'),
  })
  const { succeeded } = Extractor.invoke(config, {
    localBuild: true,
    messageCallback: (message) => {
      if (message.logLevel !== 'error') message.handled = true
    },
  })
  if (!succeeded) throw new Error('The types could not be joined')
  const file = join(out, 'client.d.ts')
  writeFileSync(file, `/// <reference types="node" />\n${readFileSync(file, 'utf8')}`)
}

/** The type file of a module's import, below `types`. */
function targetOf(id, file) {
  const path = id.replace(/\.ts$/, '.d.ts')
  if (path.startsWith('#core/')) return `electron/core/${path.slice('#core/'.length)}`
  if (path.startsWith('#shared/')) return `shared/${path.slice('#shared/'.length)}`
  return posix.join(posix.dirname(file), path)
}

rmSync(out, { recursive: true, force: true })
rmSync(types, { recursive: true, force: true })
rmSync(relative, { recursive: true, force: true })
mkdirSync(out, { recursive: true })
const names = new Set([...(await buildCode()), ...buildTypes(), '@types/node'])
const versions = { ...own.devDependencies, ...own.dependencies }
const dependencies = Object.fromEntries([...names].sort().map((name) => [name, versions[name]]))
const unknown = Object.keys(dependencies).filter((name) => !dependencies[name])
if (unknown.length > 0) throw new Error(`Not in package.json: ${unknown.join(', ')}`)
const { version } = own
const manifest = { ...readJson(join(source, 'package.json')), version, dependencies }
writeFileSync(join(out, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`)
copyFileSync(join(source, 'README.md'), join(out, 'README.md'))
if (existsSync(join(root, 'LICENSE'))) copyFileSync(join(root, 'LICENSE'), join(out, 'LICENSE'))
const target = resolve(process.argv[2] ?? join(root, 'dist'))
mkdirSync(target, { recursive: true })
run('npm', ['pack', '--silent', '--pack-destination', target], { cwd: out })
