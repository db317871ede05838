/**
 * The operator who is there while a history lasts: what kyha asks for in plain words and nobody else can do, it does. It switches on what is off, confirms
 * the end of a machine that nothing can prove, and stops by hand what failed to stop where nothing can fence. Commands that hurt are faults (faults/operators.ts).
 */
import type { LogState } from '../../actors/log/raft.js'
import { idsOf, leaderOf, propose } from './cluster.js'
import type { Machine } from './machine.js'
import type { World } from './world.js'

const operatorMs = 1_000

/**
 * Somebody switches on what is off, until told to stop. A fence with `fencing-action: off` leaves its machine off on purpose, and with `reboot`
 * the switch may have been out of order between off and on; kyha promises nothing about a machine that nobody switches on.
 */
export function operator(world: World): () => void {
  const asked = byHand(world)
  let here = true
  const look = (): void => {
    if (!here) return
    for (const m of world.machines) m.powerOn()
    confirmGone(world)
    asked()
    world.after(operatorMs, look)
  }
  look()
  return () => {
    here = false
  }
}

/**
 * A node that died before its lease was armed is no evidence of its own end: the operators are told so, and confirm what they see. The rest is left to
 * the watchdogs.
 */
function confirmGone(world: World): void {
  const leader = leaderOf(world) ?? leftOfTwo(world)
  const state = (leader?.stateOf('log') as LogState | undefined)?.cluster
  if (!leader || !state || leader.spec.watchdogMs === undefined) return
  for (const [node, { boot, leased, state: how }] of Object.entries(state.lives)) {
    const lives = world.machines.some((m) => m.powered && m.incarnation.boot === boot)
    const holds = Object.values(state.grants).some((g) => !g.released && g.node === node)
    // With two voters nobody can be outwaited.
    if (lives || !holds || (leased?.armed && leaderOf(world)) || how === 'fenced') continue
    propose(world, leader, `ack-${boot}-${Math.round(world.nowMs())}`, { type: 'operator-ack', node, boot, by: 'operator' })
  }
}

/**
 * Does what `coordinator.blocked-no-fencing` says: stops the resource on that node, then cleans it up, asked again until that is in the log.
 */
function byHand(world: World): () => void {
  let read = 0
  /** Resource -> the last cleanup of it when it was stopped. */
  const open = new Map<string, number>()
  return () => {
    const leader = leaderOf(world)
    const state = (leader?.stateOf('log') as LogState | undefined)?.cluster
    if (!leader || !state) return
    const ids = idsOf(world)
    const now = world.nowMs()
    const from = world.verdicts.findLastIndex((v) => v.atMs <= read) + 1
    for (const { verdict } of world.verdicts.slice(from)) {
      const { key, args } = verdict
      if (key !== 'coordinator.blocked-no-fencing') continue
      const resource = String(args['resource'])
      const id = ids[resource]
      if (id) world.machines.find((m) => m.name === args['node'])?.guard?.crash(id)
      open.set(resource, state.cleanups[resource] ?? 0)
    }
    read = now
    for (const [resource, since] of open)
      if ((state.cleanups[resource] ?? 0) > since || !(resource in state.ids)) open.delete(resource)
      else propose(world, leader, `by-hand-${resource}-${Math.round(now)}`, { type: 'cleanup', resource, by: 'operator' })
  }
}

/** The one of two voters that is there, where nobody leads. */
function leftOfTwo(world: World): Machine | undefined {
  return world.machines.find((m) => {
    const log = m.stateOf('log') as LogState | undefined
    return log?.quorum?.quorate === false && log.members.filter((x) => x.votes > 0).length === 2
  })
}
