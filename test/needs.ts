/**
 * What a test needs beyond Node and a C compiler. A test whose needs are not met is skipped, with one line that says why:
 *
 *   const t = suite('agents')
 *   when(t, root(), program('nginx'))('nginx full cycle', async () => { ... })
 */
import { accessSync, constants, existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import type { Test } from 'uvu'

/** A need that is met is undefined; else the reason, one short clause. */
export type Need = string | undefined

export const root = (): Need => (process.getuid?.() === 0 ? undefined : 'needs root')

export const program = (name: string): Need => {
  const dirs = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin']
  const found = dirs.some((d) => {
    try {
      accessSync(join(d, name), constants.X_OK)
      return true
    } catch {
      return false
    }
  })
  return found ? undefined : `needs the program ${name}`
}

export const file = (path: string, what: string): Need => (existsSync(path) ? undefined : `needs ${what} (${path})`)

/** `t` where all needs are met, else a registrar that skips and says why. */
export function when(t: Test, ...needs: Need[]): (name: string, body: () => void | Promise<void>) => void {
  const missing = needs.filter((n) => n !== undefined)
  if (missing.length === 0) return (name, body) => void t(name, body)
  return (name) => {
    process.stdout.write(`# skip ${name}: ${missing.join(', ')}\n`)
    t.skip(name, () => undefined)
  }
}
