// Development with hot reload: in Electron if its binary is installed, else in a browser. In the browser the core
// runs from source and restarts when it changes; Vite serves the page.
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import tailwindcss from '@tailwindcss/vite'
import react from '@vitejs/plugin-react'
import { createServer } from 'vite'
import { findElectron } from '#bin/find-electron.mjs'
import { requireNode } from './node-version.mjs'

requireNode()
const root = join(import.meta.dirname, '..')
const CORE_PORT = 7366

async function inBrowser() {
  const core = `http://127.0.0.1:${CORE_PORT}`
  const server = await createServer({
    root: join(root, 'renderer'),
    configFile: false,
    plugins: [react(), tailwindcss()],
    server: {
      host: '127.0.0.1',
      proxy: {
        '/rpc': { target: core, ws: true },
        '/media': core,
        '/stage': core,
        '/session': core,
        '^/\\?token=': core,
      },
    },
  })
  await server.listen()
  const page = server.resolvedUrls?.local[0] ?? ''
  const child = spawn(
    process.execPath,
    [
      '--watch-path=electron',
      '--watch-path=shared',
      'scripts/dev-core.mjs',
      '--serve',
      '--port',
      String(CORE_PORT),
      ...process.argv.slice(2),
    ],
    { cwd: root, stdio: ['inherit', 'pipe', 'inherit'] },
  )
  child.stdout.setEncoding('utf8').on('data', (text) => {
    process.stdout.write(text.replaceAll(`${core}/`, page))
  })
  child.on('exit', (code) => process.exit(code ?? 1))
}

const args = process.argv.slice(2)
const { because } = findElectron(args)
if (because === undefined) {
  // Run the file directly, because on Windows npm's command is a shell script.
  const vite = join(root, 'node_modules/electron-vite/bin/electron-vite.js')
  const child = spawn(process.execPath, [vite, 'dev', '--watch', '--', ...args], {
    cwd: root,
    stdio: 'inherit',
  })
  child.on('exit', (code) => process.exit(code ?? 1))
} else {
  process.stderr.write(`${because} The page is served to your browser instead.\n`)
  await inBrowser()
}
