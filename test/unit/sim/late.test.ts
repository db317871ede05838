/** The simulated datagrams drop what the wire drops: what comes late, of a life that a newer one has replaced. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Incarnation, Msg } from '../../../runtime/actor.js'
import { seeded } from '../../../runtime/random.js'
import { SimDatagrams } from '../../sim/datagrams.js'
import type { Machine } from '../../sim/machine.js'
import { SimNet } from '../../sim/net.js'

const t = suite('simulated datagrams')

const life = (boot: string): Incarnation => ({ boot, counter: 1 }) as unknown as Incarnation

t('a datagram of a life that has ended, sent in time and late on its way, is not heard after one of the next life', () => {
  const heard: { boot: string; seq: number; fresh: boolean }[] = []
  const machine = (number: number): { incarnation: Incarnation } =>
    ({
      number,
      name: `n${number}`,
      spec: { node: `node-${number}` },
      managed: true,
      peers: { beats: () => true },
      clock: { nowMs: () => 0 },
      incarnation: life(`n${number}-boot-1`),
      deliver: (_path: string, _from: unknown, msg: Msg & { incarnation: Incarnation; seq: number; fresh: boolean }) =>
        heard.push({ boot: msg.incarnation.boot, seq: msg.seq, fresh: msg.fresh }),
    }) as never
  const [n1, n2] = [machine(0), machine(1)]
  const machines = [n1, n2] as unknown as readonly Machine[]
  const onWay: (() => void)[] = []
  const net = new SimNet(1, seeded('late'), () => 0)
  const datagrams = new SimDatagrams({ net, machines, after: (_ms, run) => onWay.push(run) })
  const beat = (from: typeof n1, to: typeof n1): void =>
    datagrams.send(from as unknown as Machine, to as unknown as Machine, 0, { path: 'link' }, { path: 'link' }, {
      type: 'beat',
      flags: 0,
      watcher: 0,
    } as Msg)
  const arrives = (): void => onWay.shift()?.()

  beat(n2, n1)
  arrives()
  beat(n1, n2) // answers to n2, and is held up
  n1.incarnation = life('n1-boot-2')
  beat(n1, n2)
  const [late, next] = onWay.splice(0)
  next?.()
  late?.()
  assert.equal(heard.slice(1), [{ boot: 'n1-boot-2', seq: 1, fresh: false }])
  beat(n2, n1)
  arrives()
  beat(n1, n2)
  arrives()
  assert.equal(heard.at(-1), { boot: 'n1-boot-2', seq: 2, fresh: true })
})

t.run()
