/**
 * The operators of members: who is wanted, and what they do until the member list says so. They give the product's own commands on some node's
 * console (commands.ts), read what they are refused with and do what it says; a node that comes back comes with an empty disk and an identity that
 * nobody had before. They go on through faults. A joiner asks for its votes by itself, as console/join/promote.ts does.
 */
import type { LogState } from '../../actors/log/raft.js'
import type { ClusterState } from '../../actors/log/state.js'
import { setNode } from '../../console/api/edits.js'
import { addition, promotion, removal } from '../../console/join/members.js'
import { type NodeId, nodeId } from '../../runtime/ids.js'
import type { Random } from '../../runtime/random.js'
import { clusterOf } from './checkers/state-machine.js'
import { propose } from './cluster.js'
import { Commands, type Ended, presenceOn } from './commands.js'
import type { Machine } from './machine.js'
import { argsOf, type World } from './world.js'

const lookMs = 500
/** As promote.ts has it. */
const promoteMs = 250
const votes = 1
const heardMax = 1_000

export class Roster {
  readonly #world: World
  readonly #random: Random
  readonly #commands: Commands
  #wanted: readonly Machine[]
  /** To go, and to come back as another node. */
  readonly #renewed = new Set<Machine>()
  readonly #emptied = new Set<string>()
  #newest: ClusterState | undefined
  /** What operators were answered, newest last. */
  readonly heard: { readonly atMs: number; readonly on: string; readonly words: string }[] = []
  /** Called when a node is in the list, and not started yet. */
  readonly added: ((node: NodeId) => void)[] = []
  /** Some node has taken two voters to decide. */
  everTwo = false
  #pursuing = false
  #identities = 0
  #changes = 0

  constructor(world: World, wanted: readonly Machine[]) {
    this.#world = world
    this.#wanted = wanted
    this.#random = world.random.split('roster')
    this.#commands = new Commands(world)
    world.checks.push({
      path: 'log',
      look: (machine) => {
        const state = clusterOf(machine)
        const log = machine.stateOf('log') as LogState | undefined
        if (!this.everTwo && log?.members.filter((m) => m.votes > 0).length === 2) this.everTwo = true
        if (!state || state.index <= (this.#newest?.index ?? 0)) return
        const other = this.#newest !== undefined && state.members.length !== this.#newest.members.length
        this.#newest = state
        if (other) this.pursue() // whoever did that
      },
    })
  }

  /** The newest state that any node has applied: operators ask until they know. */
  get newest(): ClusterState | undefined {
    return this.#newest
  }
  /** Machines that are to be members in the end. */
  get wanted(): readonly Machine[] {
    return this.#wanted
  }
  /** Machines that have the files of a node: members, those who join, and those who were removed and not wiped yet. */
  get installed(): readonly Machine[] {
    return this.#world.machines.filter((m) => m.installed)
  }

  want(m: Machine): void {
    if (!this.#wanted.includes(m)) this.#wanted = [...this.#wanted, m]
    this.pursue()
  }
  unwant(m: Machine): void {
    this.#wanted = this.#wanted.filter((o) => o !== m)
    this.#renewed.delete(m)
    this.pursue()
  }
  /** Taken out, and taken in again as another node. */
  renew(m: Machine): void {
    this.#renewed.add(m)
    this.pursue()
  }

  /** The member list is what is wanted, all of it with votes. */
  settled(): boolean {
    const list = this.#newest?.members ?? []
    if (this.#renewed.size > 0 || list.length !== this.#wanted.length) return false
    return this.#wanted.every((m) => m.installed && list.some((x) => x.node === m.spec.node && x.votes > 0))
  }
  /** Each member's disk is in some machine: nobody in the list has died with it. */
  isWhole(): boolean {
    return this.#newest?.members.every((x) => this.installed.some((m) => m.spec.node === x.node)) ?? false
  }
  isListed(m: Machine): boolean {
    return m.installed && (this.#newest?.members.some((x) => x.node === m.spec.node) ?? false)
  }

  /** Goes on until it is settled. */
  pursue(): void {
    if (this.#pursuing) return
    this.#pursuing = true
    const look = (): void => {
      if (this.settled()) {
        this.#pursuing = false
        return this.#keepsThem()
      }
      this.#step(() => this.#world.after(lookMs, look))
    }
    this.#world.after(0, look)
  }

  /** Who was emptied to be removed, and is wanted again by now. */
  #keepsThem(): void {
    for (const name of [...this.#emptied].sort()) this.#standing(name, false)
    this.#emptied.clear()
  }

  #step(ended: () => void): void {
    const state = this.#newest
    const on = this.#console()
    if (!state || !on) return ended()
    for (const m of this.#wanted) if (this.isListed(m) && this.#isStranded(m, state)) this.#renewed.add(m)
    const mine = (node: NodeId): boolean => this.#wanted.some((m) => m.installed && m.spec.node === node && !this.#renewed.has(m))
    const tasks = [
      ...state.members.filter((x) => !mine(x.node)).map((x) => () => this.remove(on, x.name, ended)),
      ...this.#wanted.filter((m) => !this.isListed(m)).map((m) => () => this.join(on, m, ended)),
    ]
    const task = tasks[this.#random.int(tasks.length || 1)] ?? ended // one may have to wait for another
    task()
  }

  #console(): Machine | undefined {
    const able = this.installed.filter((m) => m.managed && clusterOf(m)?.members.length)
    return able[this.#random.int(able.length || 1)]
  }

  /** `kyha node remove NAME`, given on `on`. Whoever owns something is sent to standby first, as the refusal says. */
  remove(on: Machine, name: string, ended: (how: Ended) => void): void {
    const { marks, machines } = this.#world
    const alone = clusterOf(on)?.solo !== undefined
    const began = (machines.find((m) => m.name === name)?.stateOf('log') as LogState | undefined)?.role === 'leader'
    this.#commands.give(on, removal(presenceOn(on), name, 'operator'), (how) => {
      if (how.done && alone) marks.sometimes('who decided alone removed the other one')
      if (how.done) this.#removed(name, began)
      else if (how.key.startsWith('cli.remove') || how.key === 'cli.members-quorum')
        marks.sometimes('a removal was refused with what to do')
      this.#hears(on, `node remove ${name}`, how)
      if (!how.done && how.key === 'cli.remove-owner') {
        this.#emptied.add(name)
        this.#standby(on, name, true)
      }
      ended(how)
    })
  }

  #removed(name: string, led: boolean): void {
    const { marks } = this.#world
    const machine = this.#world.machines.find((m) => m.name === name)
    if (!machine) return
    if (led) marks.sometimes('the leader was removed')
    if (machine.managed) marks.sometimes('a node was removed while it ran')
    if (!machine.powered) marks.sometimes('a node was removed that was off')
    this.#standing(name, false)
    this.#emptied.delete(name)
    this.#renewed.delete(machine)
    if (this.#random.chance(0.5)) this.#world.after(this.#random.int(10_000), () => this.#isOut(machine) && machine.wipe())
  }

  #hears(on: Machine, command: string, how: Ended): void {
    this.heard.push({ atMs: this.#world.nowMs(), on: on.name, words: `${command}: ${how.done ? 'done' : how.words}` })
    if (this.heard.length > heardMax) this.heard.shift()
  }

  /** Nobody whom it knows is a member any more, so it can hear nobody: all that is left to its operator is to take it in anew. */
  #isStranded(m: Machine, { members }: ClusterState): boolean {
    const knows = (node: NodeId): boolean => node !== m.spec.node && m.peers.stream(node) !== undefined
    return m.managed && m.joining !== undefined && !members.some((x) => knows(x.node))
  }

  #isOut(m: Machine): boolean {
    return m.installed && !m.joining && !this.isListed(m)
  }

  /** `kyha join`, asked of `on`: the node gets its files once it is in the list, and is started. */
  join(on: Machine, machine: Machine, ended: (how: Ended) => void): void {
    const { name, links } = machine.spec
    const node = nodeId(`node-${machine.number + 1}.${++this.#identities}`)
    machine.wipe()
    this.#commands.give(on, addition({ node, name, votes: 0, links }, on.name), (how, state) => {
      this.#hears(on, `join ${name}`, how)
      if (how.done) for (const hook of this.added) hook(node)
      // The answer may be lost on its way: then nobody has the identity, and it is taken out again.
      if (!how.done || !state || this.#random.chance(0.1)) return ended(how)
      const members = state.members.filter((x) => x.node !== node).map((x) => ({ node: x.node, links: x.links }))
      const known = members.map((m) => m.node)
      machine.install({ node, args: argsOf([], this.#world.shared, machine.spec.watchdogMs, known) }, { members, votes })
      this.#world.after(this.#random.int(1_000), () => machine.spec.node === node && machine.powerOn())
      ended(how)
    })
  }

  #standby(on: Machine, name: string, standby: boolean): void {
    const { config } = clusterOf(on) ?? {}
    const edited = config && setNode(config, [name], name, { standby })
    this.#standing(name, standby)
    if (!edited || !('doc' in edited)) return
    const because = { do: 'config', key: 'log.config', args: {}, severity: 'info' }
    propose(this.#world, on, `standby-${++this.#changes}`, { type: 'config', doc: edited.doc, by: 'operator', because })
  }

  #standing(name: string, standby: boolean): void {
    const w = this.#world
    const edited = w.standing && setNode(w.standing, [name], name, { standby })
    if (edited && 'doc' in edited && (w.standing?.nodes[name]?.standby ?? false) !== standby) w.standing = edited.doc
  }

  /** On a node that joined: it asks for its votes once the cluster has admitted this life of it. */
  started(m: Machine): void {
    const { host } = m
    const attempt = (): void => {
      const { joining } = m
      if (m.host !== host || !joining) return
      const again = (): void => void this.#world.after(promoteMs, attempt)
      const life = clusterOf(m)?.lives[m.spec.node]
      if (life?.boot !== m.incarnation.boot || life.state !== 'admitted') return again()
      this.#commands.give(m, promotion(presenceOn(m), m.spec.node, joining.votes), (how) => {
        if (!how.done || m.joining !== joining) return again()
        m.joining = undefined
        this.#world.marks.sometimes('a joiner became a voter')
        if (this.#world.net.isCut) this.#world.marks.sometimes('a joiner became a voter while a link was cut')
      })
    }
    if (m.joining) this.#world.after(promoteMs, attempt)
  }
}
