/** The lease, as every guard has to keep it (design 8.6, S15). A lease ends what other cases left behind, so each of these has a guard of its own. */
import * as assert from 'uvu/assert'
import { token } from '../../runtime/ids.js'
import { type Case, type GuardHarness, op, run, startDaemon, until } from './guard.cases.js'

const said = (h: GuardHarness): string => h.manager().leases().at(-1) ?? ''
const untilSaid = (h: GuardHarness, what: RegExp): Promise<void> =>
  until(`the guard says ${what}, not ${said(h)}`, () => what.test(said(h)))
const start = async (h: GuardHarness, resource: string): Promise<string> => {
  const { end, detail } = await run(h, op(h, resource, 'start', 'daemon'))
  return end === 'exited' ? end : `${end}: ${detail}`
}

export const leaseCases: readonly Case[] = [
  {
    name: 'a lease that expires: everything is killed, changes are refused, until it is renewed',
    run: async (h) => {
      assert.is(h.manager().hello.lease, 'not armed')
      await startDaemon(h, 'one')
      await startDaemon(h, 'two', 'nameless')
      const flying = op(h, 'three', 'monitor', 'stubborn')
      h.manager().guard.run(flying, token(1))
      await until('it runs', () => h.running('three') === 2)
      h.manager().guard.lease(1500, 0)
      await untilSaid(h, /^armed: 1500 ms$/)
      assert.is(h.running('one'), 1)
      await untilSaid(h, /^expired: nothing is left$/)
      assert.equal(
        ['one', 'two', 'three'].map((r) => h.running(r)),
        [0, 0, 0],
      )
      const ended = await h.manager().result(flying.id)
      assert.is(ended.end, 'signalled')
      assert.match(ended.detail, /lease/)
      assert.match(await start(h, 'one'), /^refused: the lease of this node expired/)
      assert.is(h.started('one'), 1)
      assert.is((await run(h, op(h, 'one', 'monitor', 'rc7'))).rc, 7, 'a monitor changes nothing')
      assert.is((await run(h, op(h, 'one', 'stop', 'ok'))).rc, 0, 'nor does a stop')
      h.manager().guard.lease(60_000, 0)
      await untilSaid(h, /^armed: 60000 ms$/)
      assert.is(await start(h, 'one'), 'exited')
      h.manager().guard.lease(0, 0)
      await untilSaid(h, /^not armed$/)
      assert.is(h.running('one'), 1)
    },
  },
  {
    name: 'what never had processes is left until its stop has returned 0',
    run: async (h) => {
      await run(h, op(h, 'address', 'start', 'ok'))
      await startDaemon(h, 'service')
      h.manager().guard.lease(1200, 0)
      await untilSaid(h, /^expired: [12] resources are left$/)
      await until('the service is gone', () => h.running('service') === 0)
      assert.is((await run(h, op(h, 'address', 'stop', 'rc7'))).rc, 7)
      h.manager().guard.lease(60_000, 0)
      assert.match(await start(h, 'service'), /^refused/, 'a lease is not renewed over something that is left')
      assert.match(said(h), /are left$/)
      assert.is((await run(h, op(h, 'address', 'stop', 'ok'))).rc, 0)
      await untilSaid(h, /^expired: nothing is left$/)
    },
  },
  {
    name: 'it counts from the sending of the renewal: a late one is worth nothing, a shorter one takes nothing back',
    run: async (h) => {
      await startDaemon(h, 'late')
      h.manager().guard.lease(500, 20_000)
      await h.manager().list()
      assert.equal(h.manager().leases(), [], 'not even armed')
      h.manager().guard.lease(60_000, 0)
      h.manager().guard.lease(400, 0)
      await new Promise((resolve) => setTimeout(resolve, 600))
      assert.equal(h.manager().leases(), ['armed: 60000 ms'])
      assert.is(h.running('late'), 1)
    },
  },
  {
    name: 'it outlives the guard, and expires in the next one',
    run: async (h) => {
      await startDaemon(h, 'kept')
      await run(h, op(h, 'address', 'start', 'ok'))
      h.manager().guard.lease(2000, 0)
      await untilSaid(h, /^armed/)
      const next = await h.crashGuard()
      assert.match(next.hello.lease, /^armed: 2000 ms$|^expired/)
      await until('its time is over', () => h.running('kept') === 0)
      assert.match(await start(h, 'kept'), /^refused/)
      const again = await h.crashGuard()
      assert.match(again.hello.lease, /^expired: 1 resources are left$/)
      assert.is((await run(h, op(h, 'address', 'stop', 'ok'))).rc, 0)
      await untilSaid(h, /^expired: nothing is left$/)
      assert.is((await h.crashGuard()).hello.lease, 'expired: nothing is left')
      h.manager().guard.lease(60_000, 0)
      await untilSaid(h, /^armed/)
      assert.is(await start(h, 'kept'), 'exited')
    },
  },
  {
    name: 'a life that was certified dead: everything is killed and nothing changes any more, in the next guard too',
    run: async (h) => {
      await startDaemon(h, 'alive')
      h.manager().guard.endLife()
      await until('all is killed', () => h.running('alive') === 0)
      assert.match(await start(h, 'alive'), /^refused/)
      h.manager().guard.lease(60_000, 0)
      assert.match(await start(h, 'alive'), /^refused/, 'no lease brings it back')
      const next = await h.crashGuard()
      assert.match(next.hello.lease, /^ended: this life was certified dead/)
      assert.match(await start(h, 'alive'), /^refused/)
      assert.is((await run(h, op(h, 'alive', 'monitor', 'rc7'))).rc, 7, 'a monitor changes nothing')
    },
  },
]
