import legacy from '@vitejs/plugin-legacy'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vitest/config'
import { licences, workerLicences } from './licences.ts'
import { onefile } from './onefile.ts'

// One page under /console, no source maps, no inline script: the policy of the
// answer allows script files of this host only. Styles that the page writes
// itself carry the nonce that stands in the meta element (antd reads it from there
// by way of src/main.tsx).
export default defineConfig({
  base: '/console/',
  plugins: [react(), legacy({ renderLegacyChunks: false, modernPolyfills: true, modernTargets: 'chrome>=90' }), onefile(), licences()],
  worker: { format: 'es', plugins: () => [workerLicences()] },
  html: { cspNonce: 'SANDI-NONCE' },
  build: { outDir: 'dist', emptyOutDir: true, modulePreload: { polyfill: false }, cssTarget: 'chrome90', assetsInlineLimit: 0, chunkSizeWarningLimit: 1500 },
  // Tests that tamper with every bit take seconds, and many times that on a busy machine.
  test: { include: ['src/**/*.test.ts'], environment: 'node', testTimeout: 60_000 },
})
