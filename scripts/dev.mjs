// Development with hot reload: in Electron's window where its binary is, else in a browser. In the
// browser the core runs from source and starts again when it changes; Vite serves the page.
import { spawn } from 'node:child_process'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import tailwindcss from '@tailwindcss/vite'
import react from '@vitejs/plugin-react'
import { createServer } from 'vite'
import { requireNode } from './node-version.mjs'

requireNode()
const root = join(import.meta.dirname, '..')
const CORE_PORT = 7366

function hasElectron() {
  if (process.platform === 'linux' && !process.env.DISPLAY && !process.env.WAYLAND_DISPLAY)
    return false
  try {
    return Boolean(createRequire(import.meta.url)('electron'))
  } catch {
    return false
  }
}

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
  child.on('exit', (code) => process.exit(code ?? 0))
}

if (hasElectron()) {
  spawn('electron-vite', ['dev', '--watch', '--', ...process.argv.slice(2)], {
    cwd: root,
    stdio: 'inherit',
    // npm's commands are scripts of the shell there.
    shell: process.platform === 'win32',
  }).on('exit', (code) => process.exit(code ?? 0))
} else {
  await inBrowser()
}
