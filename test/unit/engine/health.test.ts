/** The safety rule beside node health: nothing ends, or is left down, because no node is healthy; and a CIB does without it until it asks. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type Planned, planScene } from '../../../actors/coordinator/engine/plan.js'
import { readCib } from '../../../console/cib/read.js'
import { absent, cib, dummy, lost, meta, metas, NOW, option, pair, plan, ran, type Setting, unfenced, words } from './help.js'

const t = suite('engine: health safety')

type Colours = Readonly<Record<string, string>> // of nodes; none: healthy
const safe = option('node-health-safety', 'true')
const three = ['a', 'b', 'c']

/** x runs on a and is known nowhere else; each node with its colour. */
function setting(colours: Colours, more: Partial<Setting> = {}, options = safe): Setting {
  const resources = more.resources ?? dummy('x')
  const ids = ['x', 'y'].filter((id) => resources.includes(`id="${id}"`))
  const told = (n: string): string => ids.map((id) => (n === 'a' ? ran(id) : absent(id))).join('')
  const states = Object.fromEntries(
    three.map((n) => [n, { history: told(n), transient: colours[n] ? pair('#health-cpu', colours[n]) : '' }]),
  )
  const strategy = option('node-health-strategy', 'only-green')
  return { options: unfenced + strategy + options, resources, nodes: three, states, ...more }
}
const kept = (p: Planned): unknown[] => p.notes.flatMap((n) => (n.key === 'engine.health-kept' ? [n.args.resource] : []))

t('every node ill: what runs stays, with a note; without the rule everything would stop', () => {
  const all = { a: 'red', b: 'yellow', c: 'red' }
  assert.equal(words(plan(setting(all, {}, ''))), ['stop x a>-'], "Pacemaker's way")
  const p = plan(setting(all))
  assert.equal(words(p), [])
  assert.equal(kept(p), ['x'])
  assert.equal(words(plan(setting(all, { options: unfenced + option('node-health-strategy', 'migrate-on-red') + safe }))), ['move x a>b'])
})

t('a healthy node that may take it does; one that may not is none', () => {
  const all = { a: 'red', b: 'yellow' }
  assert.equal(words(plan(setting(all))), ['move x a>c'])
  assert.equal(kept(plan(setting(all))), [])
  const banned = { constraints: '<rsc_location id="l" rsc="x" node="c" score="-INFINITY"/>' }
  assert.equal(words(plan(setting(all, banned))), [], 'banned by a constraint')
  const failed = setting(all, { resources: dummy('x', meta('x', 'migration-threshold', '1')) })
  const c = { history: absent('x'), transient: pair('fail-count-x#start_0', 'INFINITY') }
  assert.equal(words(plan({ ...failed, states: { ...failed.states, c } })), [], 'it failed there too often')
  assert.equal(words(plan({ ...failed, states: { ...failed.states, c: { attributes: lost } } })), [], 'it is down')
})

t('what runs nowhere is started on the least ill node rather than left down', () => {
  const down = (options: string, colours: Colours): string[] => {
    const s = setting(colours, { options: unfenced + options })
    return words(plan({ ...s, states: { ...s.states, a: { attributes: lost } } }))
  }
  const onlyGreen = option('node-health-strategy', 'only-green')
  const custom = option('node-health-strategy', 'custom') + option('node-health-red', '-100') + option('node-health-yellow', '-10')
  assert.equal(down(onlyGreen, { b: 'red', c: 'red' }), [])
  assert.equal(down(onlyGreen + safe, { b: 'red', c: 'red' }), ['start x ->b'])
  assert.equal(down(custom, { b: 'red', c: 'yellow' }), [])
  assert.equal(down(custom + safe, { b: 'red', c: 'yellow' }), ['start x ->c'])
})

t('what must be together stays together where one of them has nowhere else to go', () => {
  const p = plan(
    setting(
      { a: 'red', b: 'red' },
      {
        resources: dummy('x') + dummy('y'),
        constraints:
          '<rsc_colocation id="k" rsc="y" with-rsc="x" score="INFINITY"/><rsc_location id="l" rsc="y" node="c" score="-INFINITY"/>',
      },
    ),
  )
  assert.equal(words(p), [])
  assert.equal(kept(p), ['x', 'y'])
})

t('a group stays as a whole; a clone leaves ill nodes as long as an instance is left', () => {
  const group = { resources: `<group id="g">${dummy('x')}${dummy('y')}</group>` }
  assert.equal(words(plan(setting({ a: 'red', b: 'red', c: 'red' }, group))), [])
  const clone = (colours: Colours): string[] =>
    words(
      plan({
        ...setting(colours, { resources: `<clone id="k">${dummy('x')}</clone>` }),
        states: Object.fromEntries(
          three.map((n) => [n, { history: ran('x'), transient: colours[n] ? pair('#health-cpu', colours[n]) : '' }]),
        ),
      }),
    )
  assert.equal(clone({ a: 'red', b: 'red' }).sort(), ['stop x a>-', 'stop x b>-'])
  assert.equal(clone({ a: 'red', b: 'red', c: 'red' }), [])
})

t('what shall not run is no reason to ease anything', () => {
  const all = { a: 'red', b: 'red', c: 'red' }
  assert.equal(words(plan(setting(all, { resources: dummy('x', metas('x', { 'target-role': 'Stopped' })) }))), ['stop x a>-'])
  assert.equal(words(plan(setting(all, {}, safe + option('stop-all-resources', 'true')))), ['stop x a>-'])
  assert.equal(kept(plan(setting(all, {}, safe + option('stop-all-resources', 'true')))), [])
})

t("it is on for kyha's own configurations, and can be switched off there", () => {
  const own = (options: string): string[] => {
    const read = readCib(cib(setting({ a: 'red', b: 'red', c: 'red' }, {}, options)), NOW)
    if ('refused' in read) throw new Error(read.refused.key)
    assert.is(read.scene.own, undefined, 'a CIB is not')
    return words(planScene({ ...read.scene, own: true }))
  }
  assert.equal(own(''), [])
  assert.equal(own(option('node-health-safety', 'false')), ['stop x a>-'])
})

t.run()
