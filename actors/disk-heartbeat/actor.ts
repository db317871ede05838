/**
 * Shared disks. Without any in this node's settings: disabled, which it says at its start and to whoever asks. With some: the witness on them
 * (register.ts), asked by the log of this node and by nobody else. As a heartbeat it gives no evidence yet, neither of life nor of silence.
 */
import { type Actor, type Address, type Boot, type Effect, type Env, type Step, say, send, step } from '../../runtime/actor.js'
import { unreachable } from '../../runtime/assert.js'
import { verdict } from '../../runtime/verdict.js'
import type { WitnessAsk } from '../witness/messages.js'
import { blank } from './layout.js'
import type { DiskArgs, DiskIn, DiskStatus } from './messages.js'
import { begin, onDisk } from './register.js'
import { statusOf } from './say.js'
import { copyOf, type Disk, type WitnessState, type Work } from './state.js'

export interface DisabledState {
  readonly enabled: false
  /** It was asked as a witness, and said what is missing. */
  readonly isAsked?: true
}
export type DiskState = DisabledState | WitnessState

const because = verdict('disable', 'link.disk-disabled', {}, 'info')
const disabled = say(because)

export const actor: Actor<DiskState, DiskIn> = {
  kind: 'disk-heartbeat',
  mailbox: { limit: 64, full: 'fault' },

  init(boot, env) {
    const args = boot.args as DiskArgs | undefined
    if (!args || args.disks.length === 0) return step<DiskState>({ enabled: false }, [disabled])
    return working(fresh(boot, args), env, begin)
  },

  receive(state, msg, env) {
    switch (msg.type) {
      case 'hello':
        return step(state, [send(env.from, status(state))])
      case 'status?':
        return step(state, [say(status(state).because)])
      case 'witness-ask':
        return state.enabled ? working(state, env, (w) => onAsk(w, msg)) : notConfigured(state, msg)
      case 'disk-result':
        return state.enabled ? working(state, env, (w) => onDisk(w, msg)) : step(state)
      case 'look':
        return state.enabled ? working(state, env, begin) : step(state)
      default:
        return unreachable(msg)
    }
  },
}

const status = (state: DiskState): DiskStatus => ({
  type: 'disk-status',
  enabled: state.enabled,
  because: state.enabled ? statusOf(state) : because,
})

function fresh(boot: Boot, { disks }: DiskArgs): WitnessState {
  const disk = (name: string): Disk => ({
    name,
    stage: 'look',
    pending: undefined,
    header: undefined,
    blocks: 1,
    own: { ok: true, value: blank },
    whole: false,
    worse: 0,
    others: [],
    said: '',
  })
  return {
    enabled: true,
    node: boot.node,
    cluster: boot.cluster,
    disks: disks.map((d) => disk(d.name)),
    requests: 0,
    turn: 0,
    mine: undefined,
    highest: 0,
    asked: undefined,
    round: undefined,
    counted: undefined,
  }
}

function working(state: WitnessState, env: Env, run: (w: Work) => void): Step<DiskState> {
  const w: Work = { s: copyOf(state), env, out: [] }
  run(w)
  return step<DiskState>(w.s, w.out)
}

/** Only for this node itself: nobody can ask in another's name. The same question again is the one that is being asked. */
function onAsk(w: Work, ask: WitnessAsk): void {
  const { s, env } = w
  if (!isOwn(env.from, s) || ask.node !== s.node) return
  const known = s.asked?.ask
  if (known?.ask === ask.ask && known.epoch === ask.epoch) return
  s.asked = { ask, to: env.from, attempts: 0 }
  begin(w)
}

const isOwn = (from: Address, s: WitnessState): boolean => from.node === undefined || from.node === s.node

function notConfigured(state: DisabledState, { witness }: WitnessAsk): Step<DiskState> {
  const effects: readonly Effect[] = state.isAsked ? [] : [say(verdict('disk', 'disk.not-configured', { witness }, 'warning'))]
  return step<DiskState>({ ...state, isAsked: true }, effects)
}
