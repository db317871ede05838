/**
 * `joining.json` in the state directory: this node has joined a running cluster and has not got its votes yet. It names those whom the
 * node may talk to at first (the host gives them to the wire besides the peers that the log names), and the votes that it is
 * to get. Written by `kyha join`; removed by the console thread once the node has its votes (console/join/promote.ts).
 */
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'

export interface Joining {
  readonly votes: number
  readonly members: readonly {
    readonly node: string
    readonly name: string
    readonly votes: number
    readonly links: readonly { readonly address: string; readonly port: number }[]
  }[]
}

export const joiningFile = (stateDir: string): string => join(stateDir, 'joining.json')

/** Undefined when the node is not joining; a file that cannot be read as one counts as none: the node then waits without votes. */
export function readJoining(stateDir: string): Joining | undefined {
  try {
    const value = JSON.parse(readFileSync(joiningFile(stateDir), 'utf8')) as Joining
    return Number.isInteger(value.votes) && value.members.every(isMember) ? value : undefined
  } catch {
    return undefined // no such file: the usual case
  }
}

const isMember = (m: Joining['members'][number]): boolean =>
  typeof m.node === 'string' && m.links.every((l) => typeof l.address === 'string' && Number.isInteger(l.port))

/**
 * Whom a node that is joining talks to: the peers of its log, and those of joining.json that the log does not name. It copies the log from its
 * beginning, and the lists on its way may not name the leader yet that it is copied from.
 */
export const withJoining = <P extends { readonly node: string }>(peers: readonly P[], joining: readonly P[]): readonly P[] => [
  ...peers,
  ...joining.filter((j) => !peers.some((p) => p.node === j.node)),
]

export const endJoining = (stateDir: string): void => rmSync(joiningFile(stateDir), { force: true })
