/** An actor that does what it is told: the effects come with the message. One such actor shows every duty of a host, in any host. */
import { readFileSync } from 'node:fs'
import { type Actor, type Effect, type Msg, send, step } from '../../runtime/actor.js'
import { Bug } from '../../runtime/assert.js'

export interface Do extends Msg {
  readonly type: 'do'
  readonly effects: readonly Effect[]
  /** Throws after handing nothing out. */
  readonly fail?: string
  /** What no actor may do: an endless loop, filling the heap or the stack, throwing or rejecting outside of a step, reading `file` for ever. */
  readonly crime?: 'spin' | 'hog' | 'recurse' | 'stray' | 'reject' | 'block'
  readonly file?: string
}
export interface Scripted {
  /** Messages that this life was given. */
  readonly got: readonly string[]
}

/** Tells `console` when it is born, and of everything that it is given. */
export const scripted = (kind: string, mailbox: Actor<Scripted, Msg>['mailbox'] = { limit: 64, full: 'fault' }): Actor<Scripted, Msg> => ({
  kind,
  mailbox,
  init: (boot, env) => {
    const born = { type: 'born', path: env.self.path, recovered: boot.recovered?.entries.length ?? -1, args: boot.args } as Msg
    return step({ got: [] }, [send({ path: 'console' }, born)])
  },
  receive(state, msg, env) {
    const next: Scripted = { got: [...state.got, msg.type].slice(-100) }
    if (msg.type !== 'do') {
      const told = {
        type: 'got',
        path: env.self.path,
        msg,
        from: env.from.path,
        fromNode: env.from.node ?? null,
        life: next.got.length,
      } as Msg
      return step(next, [send({ path: 'console' }, told)])
    }
    const order = msg as Do
    if (order.fail !== undefined) throw new Bug(order.fail)
    if (order.crime) commit(order.crime, order.file ?? '')
    return step(next, order.effects)
  },
})

function commit(crime: NonNullable<Do['crime']>, file: string): void {
  const recurse = (n: number): number => 1 + recurse(n + 1)
  if (crime === 'recurse') recurse(0)
  if (crime === 'block') readFileSync(file)
  if (crime === 'reject') {
    void Promise.reject(new Error('rejected outside of an actor'))
    return
  }
  if (crime === 'stray') {
    setImmediate(() => {
      throw new Error('thrown outside of an actor')
    })
    return
  }
  const hoard: unknown[] = []
  for (;;) if (crime === 'hog') hoard.push(new Array(100_000).fill(hoard.length + 0.5))
}
