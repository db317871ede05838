/** One link to a peer beats at full rate, the others slowly; nothing is noticed later or believed sooner for it. Rows: A8, A9. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { LinkState } from '../../../actors/heartbeat-link/shape.js'
import { Harness, timing } from './harness.js'

const t = suite('membership/pace')

const link = (h: Harness, from: string, to: string, n: number): LinkState =>
  h.stateOf(from, `link/${h.node(to).id}/${n}`) as unknown as LinkState
/** Of the links that are up, those at full rate; both ends must agree. */
function fast(h: Harness, a: string, b: string, links: number): number[] {
  const isFast = (from: string, to: string, n: number): boolean => link(h, from, to, n).state === 'up' && !link(h, from, to, n).slow
  const of = (from: string, to: string): number[] => Array.from({ length: links }, (_, n) => n).filter((n) => isFast(from, to, n))
  assert.equal(of(a, b), of(b, a), `${a} and ${b} beat at the same rates`)
  return of(a, b)
}
const leadOf = (h: Harness, a: string, b: string, links: number): number => {
  const [one, ...more] = fast(h, a, b, links)
  assert.ok(one !== undefined && more.length === 0, 'one link at full rate')
  return one
}
const suspicions = (h: Harness, sinceMs = 0): string[] =>
  h.said.filter((s) => s.atMs >= sinceMs && ['suspect', 'confirm'].includes(s.verdict.do)).map((s) => `${s.node}: ${s.verdict.key}`)

t('of seven links one beats at full rate on both ends, and datagrams are few', () => {
  const h = new Harness({ nodes: 2, links: 7 })
  h.run(3000)
  leadOf(h, 'n1', 'n2', 7)
  const before = h.datagrams
  h.run(10_000)
  const full = (2 * 7 * 10_000) / timing.beatMs
  assert.ok(h.datagrams - before < full / 3, `${h.datagrams - before} datagrams, ${full} at full rate on all`)
  assert.equal(suspicions(h), [])
})

t('the live node with the lowest id sets the moment of all beats; after its death the next one does', () => {
  const h = new Harness({ nodes: 3, links: 2 })
  h.run(3000)
  const sent = (from: string, to: string): number => Math.max(link(h, from, to, 0).sentMs, link(h, from, to, 1).sentMs)
  assert.ok(link(h, 'n3', 'n2', 0).pulseMs >= 0 && link(h, 'n2', 'n3', 0).pulseMs >= 0, 'n2 and n3 beat with n1')
  assert.is(sent('n3', 'n2'), sent('n3', 'n1'), 'n3 beats to both in one step')
  assert.is(link(h, 'n1', 'n2', 0).pulseMs, -1, 'nobody sets the moment of n1')
  h.kill('n1')
  h.run(3000)
  const was = link(h, 'n3', 'n2', 0).pulseMs
  h.run(1000)
  assert.is(link(h, 'n3', 'n2', 0).pulseMs, was, 'n3 follows n2 now, directly')
  assert.is(suspicions(h).length, 4, 'n1 only: each of the two suspects it and finds it silent')
})

t('the link at full rate is cut: another takes over, nobody is suspected, and a death afterwards is found', () => {
  const h = new Harness({ nodes: 3, links: 3 })
  h.run(3000)
  const was = leadOf(h, 'n1', 'n2', 3)
  h.cutBoth('n1', 'n2', true, was)
  h.run(2000)
  assert.is.not(leadOf(h, 'n1', 'n2', 3), was)
  assert.is(link(h, 'n2', 'n1', was).state, 'silent')
  assert.equal(suspicions(h), [])
  h.kill('n1')
  const silent = (name: string): boolean => h.peer(name, 'n1')?.state === 'silent'
  assert.ok(h.run(timing.limitMsMax + timing.confirmMsMax, () => silent('n2') && silent('n3')))
})

t('a link that the other end cannot hear on does not stay the fast one', () => {
  const h = new Harness({ nodes: 2, links: 2 })
  h.run(3000)
  const was = leadOf(h, 'n1', 'n2', 2)
  h.cut('n1', 'n2', true, was)
  h.run(3000)
  assert.is(link(h, 'n1', 'n2', 1 - was).slow, false)
  assert.is(link(h, 'n2', 'n1', 1 - was).slow, false)
  assert.equal(suspicions(h), [])
})

t('a slow link that is cut alone is silent after some slow beats, its peer is not suspected, the fast link goes on', () => {
  const h = new Harness({ nodes: 2, links: 2 })
  h.run(3000)
  const lead = leadOf(h, 'n1', 'n2', 2)
  h.cutBoth('n1', 'n2', true, 1 - lead)
  h.run(3000)
  for (const [a, b] of [
    ['n1', 'n2'],
    ['n2', 'n1'],
  ] as const) {
    assert.is(link(h, a, b, 1 - lead).state, 'silent')
    assert.is(link(h, a, b, lead).state, 'up')
  }
  assert.equal(suspicions(h), [])
  h.cutBoth('n1', 'n2', false, 1 - lead)
  h.run(3000)
  assert.is(link(h, 'n1', 'n2', 1 - lead).state, 'up')
})

t('no answer on a slow link within the limit of the fast one: all links are silent together, not a slow beat later', () => {
  const h = new Harness({ nodes: 3, links: 7 })
  h.run(3000)
  const from = h.now
  h.kill('n2')
  h.run(10_000, () => h.peer('n3', 'n2')?.state === 'silent')
  const of = h.said.find((s) => s.node === 'n3' && s.atMs >= from && s.verdict.key === 'membership.silent')
  assert.ok(of)
  const { silentMs, limitMs } = of.verdict.args as { silentMs: number; limitMs: number }
  assert.ok(silentMs < limitMs + timing.confirmMsMax + timing.beatMs, `silent ${silentMs} ms, limit ${limitMs} ms`)
})

t('a link actor that starts again is told its pace', () => {
  const h = new Harness({ nodes: 2, links: 2 })
  h.run(3000)
  h.startManager('n1')
  h.run(3000)
  leadOf(h, 'n1', 'n2', 2)
})

t.run()
