/** Builds the web console with Vite into dist/web (or the folder given): `node console/web/build.mjs [OUTDIR]`. */
import { dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'vite'

const root = dirname(fileURLToPath(import.meta.url))
await build({
  root,
  configFile: false,
  logLevel: 'warn',
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: { outDir: resolve(root, process.argv[2] ?? '../../dist/web'), emptyOutDir: true, target: 'es2022' },
})
