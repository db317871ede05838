/** What every thread of kyhad is told at its start: who this node is, and its local settings. All of it can be cloned to a worker. */
import type { Boot } from '../actor.js'
import type { Guard } from '../ports.js'

export interface LinkAddress {
  readonly address: string
  readonly port: number
}

/** A node's own settings as the host needs them; runtime/config/node.ts reads them from the node's file. */
export interface NodeFacts {
  /** Own address on each heartbeat link, in link order. */
  readonly links: readonly LinkAddress[]
  readonly stateDir: string
  readonly runDir: string
  readonly keyFile: string
  readonly tls: { readonly ca: string; readonly cert: string; readonly key: string } // files
  /** Everything else of the file, for services: api, agents, lab, members ... */
  readonly settings: Readonly<Record<string, unknown>>
}

export interface Facts {
  readonly boot: Omit<Boot, 'recovered' | 'args'>
  readonly node: NodeFacts
  readonly guard: Guard['hello']
}
