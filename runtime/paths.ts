/** Where the installed tree lies: found by climbing to package.json, so that it does not matter which build folder runs. */
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const climb = (from: string): string => (existsSync(join(from, 'package.json')) || from === '/' ? from : climb(dirname(from)))

/** The folder of package.json. */
export const root = climb(dirname(fileURLToPath(import.meta.url)))
/** Compiled C programs: guard, cage, fence_lab. */
export const nativeDir = process.env['KYHA_NATIVE_DIR'] ?? join(root, 'dist', 'native')
/** kyha's own agents (`kyha:` class), one executable file each. */
export const agentDir = join(root, 'agents', 'resource')
/** kyha's own fence agents. */
export const fenceDir = join(root, 'agents', 'fence')

/**
 * kyhad's command line, executable first. Garbage is collected on the thread that made it: helpers of V8 run with ordinary priority, and a
 * real-time beat thread that waits for one would come late on a busy machine. One helper is left for compiling.
 */
export const kyhadArgv = (configFile: string): readonly string[] => [
  process.execPath,
  '--single-threaded-gc',
  '--v8-pool-size=1',
  kyhadMain,
  '--config',
  configFile,
]
const kyhadMain = join(dirname(fileURLToPath(import.meta.url)), 'main.js')
