/** Jobs for the host's cases: what a job may do, and everything that it must not. */
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import type { Jobs } from '../../runtime/host/job.js'

const forever = (): never => {
  for (;;) existsSync('/')
}
const hoard = (): never => {
  const kept: unknown[] = []
  for (;;) kept.push(new Array(100_000).fill(kept.length + 0.5))
}
const nap = (ms: number): void => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)

export const jobs: Jobs = {
  echo: async () => ({ job: (args) => args }),
  slow: async () => ({
    job: (args) => {
      nap(100)
      return args
    },
  }),
  fail: async () => ({
    job: () => {
      throw new Error('told to fail')
    },
  }),
  spin: async () => ({ job: forever }),
  hog: async () => ({ job: hoard }),
  /** Loads an ES module as a library for CommonJS does; the code of the error. */
  require: async () => ({
    job: (url) => {
      try {
        createRequire(import.meta.url)(fileURLToPath(String(url)))
        return 'loaded'
      } catch (error) {
        return (error as NodeJS.ErrnoException).code
      }
    },
  }),
  die: async () => ({ job: () => process.exit(3) }),
}
