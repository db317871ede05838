/** The field's own simulator (`crm_simulate`, where it is installed) as a second opinion: its answer to a CIB in the shapes of `compare.ts`. */
import { execFile } from 'node:child_process'
import { all, type Element, one, parseXml } from '../../console/cib/xml.js'
import type { ActionRow, Answers, ExecutedRow, PlaceRow } from './compare.js'

/** It is not there; `refused`: it does not take this CIB, or broke over it. */
export type Simulated = Answers | { readonly refused: string } | { readonly missing: true }

const env = { ...process.env, LC_ALL: 'C', TZ: 'UTC', CIB_shadow_dir: '/tmp' }

/** What it makes of the CIB in `file` at that time, every operation going well. */
export function simulate(file: string, nowS: number): Promise<Simulated> {
  const at = new Date(nowS * 1000).toISOString().replace('T', ' ').replace('.000', '')
  const args = ['-x', file, '-t', at, '-S', '--output-as=xml']
  return new Promise((resolve) => {
    execFile('crm_simulate', args, { env, maxBuffer: 1 << 28, timeout: 60_000 }, (error, stdout, stderr) => {
      if (error && (error as NodeJS.ErrnoException).code === 'ENOENT') return resolve({ missing: true })
      if (error) return resolve({ refused: stderr.trim().split('\n').at(-1) ?? String(error.code) })
      const parsed = parseXml(stdout)
      resolve('refused' in parsed ? { refused: parsed.refused.key } : answers(parsed.root))
    })
  })
}

function answers(root: Element): Answers {
  return {
    initial: places(one(root, 'cluster_status')),
    final: places(one(root, 'revised_cluster_status')),
    actions: all(one(root, 'actions'), 'rsc_action', 'node_action').map((e) => (e.name === 'node_action' ? fence(e) : action(e))),
    executed: all(one(root, 'transition'), 'rsc_action', 'fencing_action', 'cluster_action').map(executed),
  }
}

/** One row for each active place, one without node for what is active nowhere. */
function places(status: Element | undefined): PlaceRow[] {
  const row = ({ at }: Element, node: string | null): PlaceRow => ({ resource: at.id ?? '', node, role: at.role ?? '' })
  const rows = (e: Element): PlaceRow[] => {
    if (e.name !== 'resource') return e.children.flatMap(rows)
    const nodes = all(e, 'node')
    return nodes.length > 0 ? nodes.map((n) => row(e, n.at.name ?? '')) : [row(e, null)]
  }
  return all(status, 'resources').flatMap(rows)
}

function action({ at }: Element): ActionRow {
  const kind = at.action ?? ''
  const from = at.source ?? (kind === 'stop' || (kind === 'recover' && !at.dest) ? at.node : undefined)
  const to = at.dest ?? (kind === 'stop' ? undefined : (at.node ?? at.source))
  return {
    action: kind,
    resource: at.resource ?? '',
    from: from ?? null,
    to: to ?? null,
    ...(at.role ? { role: at.role } : {}),
    ...(at['next-role'] ? { next_role: at['next-role'] } : {}),
    ...(at.blocked === 'true' ? { blocked: true } : {}),
  }
}

/** `Fence (reboot)` of a node; of a guest its container stands behind the name. */
function fence({ at }: Element): ActionRow {
  const op = /^Fence \((.*)\)$/.exec(at.task ?? '')?.[1] ?? ''
  const [, node = '', resource] = /^(\S+)(?: \(resource: (.*)\))?$/.exec(at.node ?? '') ?? []
  return { action: 'fence', op, node, ...(resource ? { resource } : {}) }
}

function executed({ name, at }: Element): ExecutedRow {
  if (name === 'fencing_action') return { op: `fence-${at.op}`, node: at.target ?? '' }
  const node = at.node ?? ''
  if (name === 'cluster_action') return { op: at.task ?? '', node, ...(at.id ? { resource: at.id } : {}) }
  return { op: at.op ?? '', resource: at.resource ?? '', node, ...(at.interval ? { interval: Number(at.interval) } : {}) }
}
