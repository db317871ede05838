/** The disks of this node's settings by name, each with its servant's socket: what a host carries the effect `disk` out with. */
import { connect } from 'node:net'
import { join } from 'node:path'
import type { Effect } from '../actor.js'
import { type DiskAnswer, DiskClient } from './client.js'

/** As in node.json. */
export interface DiskSetting {
  readonly name: string
  readonly path: string
}
export interface Disks {
  /** `done` is called once, at most the effect's `timeoutMs` later; `no servant` for a name that the settings do not have. */
  ask(effect: Extract<Effect, { do: 'disk' }>, done: (answer: DiskAnswer) => void): void
  close(): void
}

/** Where the servant of a disk listens; the guard starts it so. */
export const socketOf = (runDir: string, name: string): string => join(runDir, `disk-${name}.sock`)

export function openDisks(runDir: string, disks: readonly DiskSetting[]): Disks {
  const clients = new Map(disks.map(({ name }) => [name, new DiskClient(() => connect(socketOf(runDir, name)))]))
  return {
    ask(effect, done) {
      const client = clients.get(effect.disk)
      if (client) client.ask(effect, done)
      else done({ ok: false, error: 'no servant' })
    },
    close() {
      for (const client of clients.values()) client.close()
    },
  }
}
