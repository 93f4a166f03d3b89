import tailwindcss from '@tailwindcss/vite'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'electron-vite'

// Only the part of Clipper that is used; its package does not say that its modules do nothing by themselves.
const treeshake = { moduleSideEffects: (id: string) => !id.includes('/clipper2-ts/') }

export default defineConfig({
  main: {
    build: {
      outDir: 'out/main',
      externalizeDeps: true,
      rollupOptions: {
        input: {
          main: 'electron/main.ts',
          serve: 'electron/serve.ts',
          cli: 'electron/cli.ts',
          engine: 'electron/engine.ts',
          // A file of its own, so that it runs before what the others load.
          'small-heap': 'electron/small-heap.ts',
          'watchdog-worker': 'electron/watchdog-worker.ts',
          'certificate-worker': 'electron/core/network/certificate-worker.ts',
          'detect-worker': 'electron/core/proposals/detect-worker.ts',
          'fetch-worker': 'electron/core/transfer/fetch-worker.ts',
          'checkpoint-worker': 'electron/core/cache/checkpoint-worker.ts',
          'table-sizes-worker': 'electron/core/cache/table-sizes-worker.ts',
          'database-check-worker': 'electron/core/cache/database-check-worker.ts',
          'label-job': 'electron/commands/label-job.ts',
          'label-reader': 'electron/core/labels/label-reader.ts',
          'file-facts-worker': 'electron/core/transfer/file-facts-worker.ts',
          'inference-worker': 'electron/core/assist/inference-worker.ts',
          'memory-guard-worker': 'electron/core/threads/memory-guard-worker.ts',
        },
        output: { format: 'es' },
      },
    },
  },
  preload: {
    build: {
      outDir: 'out/preload',
      // A sandboxed preload is one CommonJS file with nothing but `electron` left to require.
      externalizeDeps: false,
      rollupOptions: {
        input: { preload: 'electron/preload.ts' },
        output: { format: 'cjs', entryFileNames: '[name].cjs' },
      },
    },
  },
  renderer: {
    root: 'renderer',
    // Replaced in each response, see electron/core/web/renderer-files.ts.
    html: { cspNonce: '__CSP_NONCE__' },
    plugins: [react(), tailwindcss()],
    build: {
      outDir: 'out/renderer',
      minify: true,
      rollupOptions: { input: 'renderer/index.html', treeshake },
    },
    worker: { rollupOptions: { treeshake } },
  },
})
