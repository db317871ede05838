/**
 * Clones that notify: no instance is promoted before those that work were told of it (pre-promote), and have answered or timed out. By what guards let in
 * and answer. Asked of an instance that nothing was said of for a second before its leader announced the promotion: then the leader has to know it.
 */
import type { Coordinator } from '../../../actors/coordinator/lead.js'
import type { NodeId, ResourceId } from '../../../runtime/actor.js'
import type { ConfigDoc } from '../../../runtime/config/document.js'
import { cloneWith } from '../clones.js'
import type { Machine } from '../machine.js'
import type { World } from '../world.js'
import type { Applied } from './state-machine.js'

const steadyMs = 1_000

interface Asked {
  readonly beganMs: number
  readonly nodes: readonly string[]
  ended: boolean
}

export function told(world: World, applied: Applied): void {
  const unsteadyMs = new Map<Machine, number>()
  let allMs = 0
  let configIndex = 0
  /** By machine and resource: pre-promotes in the order in which they began. */
  const asked = new Map<string, Asked[]>()
  const byOp = new Map<string, Asked>()
  /** When leaders last announced, or ordered, a promotion: by clone, or resource, and node. */
  const announcedMs = new Map<string, number>()
  const orderedMs = new Map<string, number>()

  applied.each.push((_, state) => {
    if (state.configIndex === configIndex) return
    configIndex = state.configIndex
    allMs = world.nowMs()
  })
  world.says.push((machine, _, { key, args }) => {
    const now = world.nowMs()
    if (key === 'coordinator.notify' && args['type'] === 'pre' && args['action'] === 'promote')
      for (const node of String(args['nodes']).split(' ')) announcedMs.set(`${args['clone']} ${node}`, now)
    else if (key === 'coordinator.promote') orderedMs.set(`${args['resource']} ${args['node']}`, now)
    else if (key.startsWith('membership.') || key === 'coordinator.leading') allMs = now
    else if (key.startsWith('resource.') && key !== 'resource.notify-failed') unsteadyMs.set(machine, now)
  })
  world.runs.push((machine, op) => {
    if (op.kind !== 'resource') return
    const of = (name: string): string => op.env[`OCF_RESKEY_CRM_meta_notify_${name}`] ?? ''
    if (op.action === 'promote') return promotes(machine, op.resource)
    if (op.action !== 'notify' || of('type') !== 'pre' || of('operation') !== 'promote') return
    const one: Asked = { beganMs: world.nowMs(), nodes: of('promote_uname').split(' '), ended: false }
    const key = `${machine.name} ${op.resource}`
    asked.set(key, [...(asked.get(key) ?? []), one].slice(-8))
    byOp.set(`${machine.name} ${op.id}`, one)
  })
  world.results.push((machine, { id }) => {
    const one = byOp.get(`${machine.name} ${id}`)
    if (one) one.ended = true
    byOp.delete(`${machine.name} ${id}`)
  })

  function promotes(machine: Machine, resource: ResourceId): void {
    const state = applied.newest()
    const clone = cloneWith(state, resource)
    const leader = world.machines.map((m) => m.stateOf('coordinator') as Coordinator | undefined).find((s) => s?.lead)
    if (!state || !clone?.notify || !leader) return
    const name = Object.keys(state.ids).find((n) => state.ids[n] === resource) ?? ''
    const ordered = orderedMs.get(`${name} ${machine.name}`) ?? world.nowMs()
    const announced = announcedMs.get(`${clone.name} ${machine.name}`) ?? ordered
    const since = Math.min(ordered, announced < allMs ? ordered : announced)
    for (const m of world.machines) {
      if (!m.powered || !m.guard?.active.has(resource) || Math.max(allMs, unsteadyMs.get(m) ?? 0) > since - steadyMs) continue
      if (!isKnown(leader, m.spec.node, resource) || isLeft(state.config, name, m.name)) continue
      const own = asked.get(`${m.name} ${resource}`)?.findLast((a) => a.beganMs >= since && a.nodes.includes(machine.name))
      if (own?.ended) world.marks.sometimes('a promotion waited until the other instances were told')
      else
        world.violate(
          'notify',
          `${resource} is promoted on ${machine.name} ${own ? 'before' : 'and nobody asks'} ${m.name}${own ? ' has answered' : ''}`,
        )
    }
  }
}

const isKnown = ({ self, view, rows }: Coordinator, node: NodeId, resource: ResourceId): boolean => {
  const state = rows[node]?.rows[resource]?.state
  const heard = node === self || view?.peers.some((p) => p.node === node && p.state === 'alive')
  return heard === true && (state === 'running' || state === 'promoted')
}

/** Nobody touches it there. */
const isLeft = (config: ConfigDoc, name: string, node: string): boolean => {
  const meta = config.resources.find((r) => r.name === name)?.meta
  return (
    config.properties.maintenanceMode || config.nodes[node]?.maintenance === true || meta?.maintenance === true || meta?.managed === false
  )
}
