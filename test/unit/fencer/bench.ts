/** One fencer, with a cluster that fences n2. */

import type { FenceResult } from '../../../actors/coordinator/messages.js'
import { actor, type Fencer } from '../../../actors/fencer/actor.js'
import type { FencerIn } from '../../../actors/fencer/messages.js'
import type { ClusterState } from '../../../actors/log/state.js'
import type { AgentOp, AgentResult, Boot, Effect, Env } from '../../../runtime/actor.js'
import { opId, resourceId } from '../../../runtime/ids.js'
import { seeded } from '../../../runtime/random.js'
import { instant } from '../../../runtime/time.js'
import { verdict } from '../../../runtime/verdict.js'
import { add, boot, node, stateOf } from '../coordinator/world.js'

export const because = verdict('test', 'coordinator.stop-all')
export const dummy = "resources: [{name: web, agent: 'kyha:a'}]"
export const nodes = { n1: 'alive', n2: 'silent', n3: 'alive' } as const
export const two = [
  dummy,
  'fencing: [{name: ipmi, agent: fence_ipmilan, level: 1, timeout: 5s, params: {ip: 10.0.0.2, passwd: "@secret:ipmi"}, hosts: {n2: ""}}, {name: pdu-a, agent: fence_apc, level: 2, hosts: {n2: "4"}}, {name: pdu-b, agent: fence_apc, level: 2, hosts: {n2: "7"}}]',
]

export class Bench {
  now = 1000
  state: ClusterState
  fencer: Fencer
  out: Effect[] = []
  constructor(config: readonly string[] = two, intent = true) {
    this.state = stateOf({ config, nodes })
    if (intent) this.state = add(this.state, { type: 'fence-intent', node: node('n2'), boot: boot('n2'), because })
    const made = actor.init({ node: node('n1'), name: 'n1' } as Boot, this.env)
    this.fencer = made.state
    this.give({ type: 'state', state: this.state })
  }
  get env(): Env {
    return { now: instant(this.now), random: seeded('x'), self: { path: 'fencer' }, from: { path: 'coordinator' } }
  }
  give(msg: FencerIn): this {
    const done = actor.receive(this.fencer, msg, this.env)
    this.fencer = done.state
    this.out = [...done.effects]
    return this
  }
  order(): this {
    return this.give({ type: 'fence', intent: this.state.index, node: node('n2'), boot: boot('n2') })
  }
  get ops(): AgentOp[] {
    return this.out.flatMap((e) => (e.do === 'agent' ? [e.op] : []))
  }
  get result(): FenceResult | undefined {
    return this.out.flatMap((e) => (e.do === 'send' && e.msg.type === 'fence-result' ? [e.msg as FenceResult] : []))[0]
  }
  /** The run under way ends. */
  end(over: Partial<AgentResult>): this {
    const op = this.fencer.tasks[node('n2')]?.op ?? ''
    const device = op.split('.')[3] ?? ''
    const action = this.fencer.tasks[node('n2')]?.action ?? 'off'
    this.now += 50
    return this.give({
      type: 'agent-result',
      id: opId(op),
      resource: resourceId(`fence/${device}`),
      action,
      end: 'exited',
      rc: 0,
      detail: '',
      stdout: '',
      stderr: '',
      durationMs: 50,
      ...over,
    })
  }
}
