/**
 * `kyha cluster create`: a cluster of one node, which others join. Makes the cluster's id, its CA (the key stays on this node), the
 * cluster key, and the node's id and certificate. Nothing is written before everything typed was found good.
 */
import { randomUUID } from 'node:crypto'
import { nodeId } from '../../runtime/ids.js'
import type { Refusal } from '../../runtime/verdict.js'
import { issueNode, makeClusterCa } from '../../runtime/wire/certificates.js'
import { fingerprint } from '../../runtime/wire/identity.js'
import { makeKeyLine } from '../../runtime/wire/keys.js'
import { checkFree, makeDirs, type Places, type Wishes, writeNode } from './layout.js'
import { checkHere, checkName, type Link } from './names.js'

export interface CreateOptions {
  readonly cluster: string
  readonly node: string
  readonly links: readonly Link[]
  readonly places: Places
  readonly wishes: Wishes
  /** Take addresses that this machine does not have (yet). */
  readonly force: boolean
  readonly dryRun?: boolean
  readonly nowMs: number
}

export interface Created {
  /** SHA-256 of the CA certificate; empty with dryRun. */
  readonly fingerprint: string
  /** What was let through with `force`. */
  readonly warnings: readonly Refusal['because'][]
}

export async function createCluster(o: CreateOptions): Promise<Created | Refusal> {
  const away = await checkHere(o.links)
  const no = checkName('cluster', o.cluster) ?? checkName('node', o.node) ?? checkFree(o.places) ?? (o.force ? undefined : away)
  if (no) return no
  const warnings = away ? [away.because] : []
  if (o.dryRun) return { fingerprint: '', warnings }
  const blocked = makeDirs(o.places)
  if (blocked) return blocked
  const node = nodeId(randomUUID())
  const ca = await makeClusterCa(o.cluster, o.nowMs)
  const addresses = o.links.map((l) => l.address)
  const own = await issueNode(ca, node, o.node, addresses, o.nowMs)
  const failed = writeNode(
    o.places,
    {
      cluster: { id: randomUUID(), name: o.cluster },
      node: { id: node, name: o.node },
      genesis: [{ node, name: o.node, votes: 1, links: o.links }],
      links: o.links,
    },
    { ca: ca.cert, caKey: ca.key, cert: own.cert, key: own.key, clusterKey: makeKeyLine() },
    o.wishes,
  )
  return failed ?? { fingerprint: fingerprint(ca.cert), warnings }
}
