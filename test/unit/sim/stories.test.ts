/** Whole clusters in virtual time, one event each: what is said, in which order, and where things run afterwards. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Matrix, PlanView } from '../../../actors/coordinator/messages.js'
import { removeResource } from '../../../console/api/edits.js'
import type { Msg } from '../../../runtime/actor.js'
import type { ConfigDoc } from '../../../runtime/config/document.js'
import { render } from '../../../runtime/text/index.js'
import { clusterOf } from '../../sim/checkers/state-machine.js'
import { owners, propose } from '../../sim/cluster.js'
import { heal } from '../../sim/faults/index.js'
import { allRun } from '../../sim/scenario.js'
import { story } from './story.js'

const t = suite('sim: stories')

t('[A8][E3] power-off of the owner: intent, fence, certificate and grant in one entry, then the start', () => {
  const s = story('power-off', 3)
  const owner = s.owner('web')
  s.mark()
  owner.powerOff()
  s.until('web runs elsewhere', () => owners(s.world, s.id('web')).length === 1)
  s.inOrder('log.fence-intent', 'fencer.off', 'log.certified', 'log.granted', 'coordinator.start', 'resource.started')
  const certified = s.world.verdicts.find((v) => v.verdict.key === 'log.certified')
  assert.is(certified?.verdict.args['node'], owner.name)
  const off = s.world.verdicts.filter(({ verdict: v }) => new RegExp(`^${owner.name} is off: `).test(render('en', v.key, v.args)))
  assert.is(off.length, 1, 'that it is off is said once')
  assert.is(s.owner('vip'), s.owner('web'), 'the group stays together')
  const starts = s.runs().filter((r) => / start (vip|web)$/.test(r))
  assert.equal(
    starts.map((r) => r.split(' ')[2]),
    ['vip', 'web'],
    'the group starts in its order, each once',
  )
  s.clean()
})

t('[A8] a fence that is not confirmed moves nothing, and what was cut off stops by itself', () => {
  const s = story('no-device', 3)
  const owner = s.owner('web')
  s.world.pdu.all({ how: 'mute' })
  s.mark()
  owner.powerOff()
  s.run(25_000)
  s.inOrder('log.fence-intent', 'fencer.unconfirmed')
  assert.is(owners(s.world, s.id('web')).length, 0)
  assert.not.ok(s.runs().some((r) => / start (vip|web)$/.test(r)))
  s.world.pdu.all(undefined)
  s.until('web runs after the device is back', () => owners(s.world, s.id('web')).length === 1, 60_000)
  s.clean()
})

t('[C2][E5] a service that dies is restarted in place, and the third failure moves its group', () => {
  const s = story('threshold', 3)
  const first = s.owner('web')
  for (const _ of [1, 2]) {
    first.guard?.crash(s.id('web'))
    s.until('web is back', () => owners(s.world, s.id('web')).length === 1)
    s.run(500)
    assert.is(s.owner('web'), first)
  }
  s.mark()
  first.guard?.crash(s.id('web'))
  s.until('web runs elsewhere', () => allRun(s.world) && s.owner('web') !== first)
  assert.is(s.owner('vip'), s.owner('web'))
  assert.not.ok(
    s.world.verdicts.some((v) => v.verdict.key === 'log.fence-intent'),
    'no fence for a service that can be stopped',
  )
  s.clean()
})

t('[E3] the owner is cut off: it stops what it has, and is fenced before anybody else starts it', () => {
  const s = story('cut', 3)
  const owner = s.owner('web')
  const others = s.world.machines.filter((m) => m !== owner).map((m) => m.name)
  s.mark()
  s.world.net.partition([owner.name], others, true)
  s.until('web runs on the other side', () => owners(s.world, s.id('web')).some((m) => m !== owner))
  assert.not.ok(owner.powered, 'it was switched off')
  s.inOrder('membership.silent', 'log.fence-intent', 'log.certified', 'log.granted', 'resource.started')
  s.clean()
})

t('kyhad is killed: what runs is adopted, nothing stops, nothing starts, nobody is fenced', () => {
  const s = story('kyhad', 3)
  const owner = s.owner('web')
  s.mark()
  owner.crashKyhad()
  s.run(10_000)
  assert.ok(allRun(s.world))
  assert.is(s.owner('web'), owner)
  assert.equal(
    s.runs().filter((r) => / (start|stop|off|on) /.test(r)),
    [],
  )
  assert.ok(
    s.runs().some((r) => r === `${owner.name} monitor web`),
    'the new kyhad looked',
  )
  s.clean()
})

t('kyhad stands still for two thirds of a second: the guard beats for it, nothing moves', () => {
  const s = story('stall', 3)
  const owner = s.owner('web')
  s.mark()
  owner.pause()
  s.run(660)
  owner.resume()
  s.run(5_000)
  assert.equal(
    s.runs().filter((r) => / (start|stop|off|on) /.test(r)),
    [],
  )
  s.clean()
})

t('[E3] two nodes: the survivor fences, leads alone, starts; the other comes back and both decide again', () => {
  const s = story('two', 2)
  const owner = s.owner('web')
  const other = s.world.machines.find((m) => m !== owner)
  s.mark()
  owner.powerOff()
  s.until('web runs on the survivor', () => owners(s.world, s.id('web')).length === 1)
  s.inOrder('fencer.off', 'coordinator.solo', 'log.leads', 'log.granted', 'resource.started')
  assert.equal(clusterOf(other as never)?.solo, [other?.spec.node])
  owner.powerOn()
  s.until('solo ends', () => s.world.machines.every((m) => clusterOf(m) !== undefined && clusterOf(m)?.solo === undefined))
  s.run(5_000)
  assert.ok(allRun(s.world))
  s.clean()
})

t('[E3] two nodes: what the survivor runs is not touched while it fences its peer', () => {
  const s = story('survivor', 2)
  const dies = s.owner('job')
  const lives = s.owner('web')
  assert.is.not(dies, lives)
  s.mark()
  dies.powerOff()
  s.until('job runs on the survivor', () => owners(s.world, s.id('job')).length === 1)
  assert.equal(
    s.runs().filter((r) => / (start|stop) /.test(r)),
    [`${lives.name} start job`],
  )
  s.clean()
})

t('[E3] two nodes that lose each other: one fences the other and runs everything, the other starts nothing', () => {
  for (const seed of ['a', 'b', 'c', 'd', 'e']) {
    const s = story(`race ${seed}`, 2)
    s.world.net.partition(['n1'], ['n2'], true)
    s.mark()
    s.until('one side has won', () => s.world.verdicts.some((v) => v.verdict.key === 'log.solo-opened') && allRun(s.world))
    s.run(15_000)
    const winner = s.owner('web').name
    assert.is(s.owner('job').name, winner)
    const starts = s.runs().filter((r) => / (start|stop) /.test(r))
    assert.ok(starts.length > 0 && starts.every((r) => r.startsWith(winner)), starts.join(', '))
    heal(s.world)
    s.clean()
  }
})

t('both of two nodes lose power: they meet again, and serve without an operator', () => {
  const s = story('both', 2)
  for (const m of s.world.machines) m.powerOff()
  s.run(3_000)
  s.machine('n1').powerOn()
  s.run(20_000)
  assert.is(owners(s.world, s.id('web')).length, 0, 'alone after a cold start it must not start anything (rule T3)')
  s.machine('n2').powerOn()
  s.until('all runs', () => allRun(s.world), 60_000)
  s.clean()
})

t('a planned move is a wish with an end: it moves the group, and leaves nothing behind', () => {
  const s = story('move', 3)
  const from = s.owner('web')
  const to = s.world.machines.find((m) => m !== from)
  const before = JSON.stringify(clusterOf(from)?.config)
  s.mark()
  propose(s.world, from, 'move-1', {
    type: 'intent',
    id: 'wish-1',
    kind: 'move',
    resource: 'shop',
    node: to?.spec.node,
    forMs: 2_000,
    by: 'ann',
  })
  s.until('the group is there', () => allRun(s.world) && s.owner('web') === to && s.owner('vip') === to)
  const moved = s.runs().filter((r) => / (start|stop) (vip|web)$/.test(r))
  assert.equal(moved, [`${from.name} stop web`, `${from.name} stop vip`, `${to?.name} start vip`, `${to?.name} start web`])
  s.until('the wish is gone', () => s.world.machines.every((m) => clusterOf(m)?.intents.length === 0))
  assert.is(JSON.stringify(clusterOf(from)?.config), before)
  s.clean()
})

t('a running resource that is deleted is stopped, and its right and id go, too: its node can leave the cluster', () => {
  const s = story('delete', 3)
  const owner = s.owner('job')
  const edit = removeResource(clusterOf(owner)?.config as ConfigDoc, 'job')
  const because = { do: 'config', key: 'log.config', args: {}, severity: 'info' }
  if ('doc' in edit) propose(s.world, owner, 'delete-1', { type: 'config', doc: edit.doc, by: 'ann', because })
  s.until('its id is gone everywhere', () => s.world.machines.every((m) => clusterOf(m)?.ids['job'] === undefined))
  assert.is(
    Object.values(clusterOf(owner)?.grants ?? {}).some((g) => g.node === owner.spec.node),
    false,
  )
  s.clean()
})

t('a cluster that loses all power serves again when the machines come back one after the other', () => {
  const s = story('site', 3)
  for (const m of s.world.machines) m.powerOff()
  s.run(1_000)
  for (const m of [...s.world.machines].reverse()) {
    m.powerOn()
    s.run(7_000)
  }
  s.until('all runs', () => allRun(s.world), 30_000)
  heal(s.world)
  s.clean()
})

t('[A3] the matrix of losses comes from the pool, on any node, and in one of some runs is refused with a reason', () => {
  const s = story('matrix', 3)
  const answers = Array.from({ length: 60 }, (_, n) => {
    const m = s.machine(`n${1 + (n % 3)}`)
    m.deliver('coordinator', { path: 'console' }, { type: 'matrix-please', id: `m${n}` } as Msg)
    s.until(`n${n} is answered`, () => (s.world.shown.get(m.name)?.get('matrix') as Matrix | undefined)?.id === `m${n}`)
    return s.world.shown.get(m.name)?.get('matrix') as Matrix
  })
  const whole = answers.filter((a) => a.cells)
  assert.ok(whole.length > 40 && whole.length < 60, `${whole.length} of 60`)
  assert.ok(whole.every((a) => a.cells?.length === 6))
  assert.equal(new Set(answers.flatMap((a) => (a.refused ? [a.refused.refused] : []))), new Set(['late', 'crashed']))
  s.clean()
})

t('other parameters of a running resource: the preview says a restart on its node, and the apply does just that', () => {
  const s = story('redefined', 3)
  const owner = s.owner('web')
  const { config } = clusterOf(owner) as NonNullable<ReturnType<typeof clusterOf>>
  const doc = { ...config, resources: config.resources.map((r) => (r.name === 'web' ? { ...r, params: { port: '81' } } : r)) }
  owner.deliver('coordinator', { path: 'console' }, { type: 'plan-please', id: 'preview', whatIf: { doc } } as Msg)
  let shown: PlanView | undefined
  s.until('the preview', () => {
    const plan = s.world.shown.get(owner.name)?.get('plan') as PlanView | undefined
    if (plan?.id === 'preview') shown = plan
    return shown !== undefined
  })
  const steps = shown?.actions.map((a) => `${s.world.byNode(a.node)?.name} ${a.action} ${a.name}`)
  assert.equal(steps, [`${owner.name} stop web`, `${owner.name} start web`])
  s.mark()
  const because = { do: 'config', key: 'log.config', args: {}, severity: 'info' }
  propose(s.world, owner, 'redefine', { type: 'config', doc, by: 'story', because })
  s.until('the restart', () => s.runs().some((r) => r.endsWith('start web')))
  assert.equal(
    s.runs().filter((r) => / (start|stop) /.test(r)),
    steps,
  )
  s.clean()
})

t.run()
