/**
 * `joining.json` in the state directory: this node has joined a running cluster and has not got its votes yet. It names those whom the
 * node may talk to while its log is still empty (the host gives them to the wire until the log names peers), and the votes that it is
 * to get. The console thread removes it once the node has them (promote.ts).
 */
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import * as v from 'valibot'

const Joining = v.object({
  votes: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(255)),
  members: v.array(
    v.object({
      node: v.string(),
      name: v.string(),
      votes: v.number(),
      links: v.array(v.object({ address: v.string(), port: v.number() })),
    }),
  ),
})
export type Joining = v.InferOutput<typeof Joining>

export const joiningFile = (stateDir: string): string => join(stateDir, 'joining.json')

/** Undefined when the node is not joining; a file that cannot be read as one counts as none: the node then waits without votes. */
export function readJoining(stateDir: string): Joining | undefined {
  try {
    const got = v.safeParse(Joining, JSON.parse(readFileSync(joiningFile(stateDir), 'utf8')))
    return got.success ? got.output : undefined
  } catch {
    return undefined // no such file: the usual case
  }
}

export const endJoining = (stateDir: string): void => rmSync(joiningFile(stateDir), { force: true })
