/** The evidence rules of the state machine (S2): each case is applied or refused, and fails when its rule is taken away. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type Applied, apply, digest, emptyConfig, genesis, heldBy, isCertified } from '../../../actors/log/apply.js'
import type { Certificate, Entry, GrantOrder, Member, Release } from '../../../actors/log/messages.js'
import type { ClusterState } from '../../../actors/log/state.js'
import type { ConfigDoc, ResourceDoc } from '../../../runtime/config/document.js'
import { bootId, index, nodeId, opId, type ResourceId, resourceId, term, token } from '../../../runtime/ids.js'
import { verdict } from '../../../runtime/verdict.js'

const t = suite('log: apply')
const because = verdict('test', 'log.config')
const [n1, n2, n3] = [nodeId('n1'), nodeId('n2'), nodeId('n3')]
const [b1, b2, b2x] = [bootId('b1'), bootId('b2'), bootId('b2x')]
const member = (node: typeof n1, votes = 1): Member => ({ node, name: node.toUpperCase(), votes, links: [] })
const resource = (name: string): ResourceDoc => ({ name }) as unknown as ResourceDoc
const doc = (...names: string[]): ConfigDoc => ({ ...emptyConfig('c'), resources: names.map(resource) })

class Log {
  state = genesis([member(n3), member(n1), member(n2)], 'c')
  last: Applied = { state: this.state }
  add(entry: Entry): this {
    this.last = apply(this.state, { index: index(this.state.index + 1), term: term(1), entry })
    this.state = this.last.state
    return this
  }
  get refused(): string | undefined {
    return this.last.refused?.key
  }
}
const decision = (of: { certificates?: Certificate[]; releases?: Release[]; grants?: GrantOrder[] }): Entry => ({
  type: 'decision',
  certificates: [],
  releases: [],
  grants: [],
  because,
  ...of,
})
const admit = (node: typeof n1, boot: typeof b1): Entry => ({ type: 'admit', node, boot })
const fenceIntent = (node: typeof n1, boot: typeof b1): Entry => ({ type: 'fence-intent', node, boot, because })
const device = (boot: typeof b1, intent: number): Certificate => ({
  node: n2,
  boot,
  how: 'device',
  by: 'ipmi',
  intent: index(intent),
  detail: '',
})
const toN1 = (r: ResourceId): GrantOrder => ({ resource: r, node: n1, boot: b1 })

/** `web` runs on n2; n1 could take it. */
function owned(): { log: Log; web: ResourceId } {
  const log = new Log()
    .add({ type: 'config', doc: doc('web'), by: 't', because })
    .add(admit(n1, b1))
    .add(admit(n2, b2))
  const web = log.state.ids['web'] as ResourceId
  log.add(decision({ grants: [{ resource: web, node: n2, boot: b2 }] }))
  assert.is(log.refused, undefined)
  return { log, web }
}
const owner = (s: ClusterState, r: ResourceId): string => `${s.grants[r]?.node}${s.grants[r]?.released ? ' released' : ''}`

t('a first grant needs an admitted life and a configured resource; its token is the index', () => {
  const { log, web } = owned()
  assert.is(log.state.grants[web]?.token as number, log.state.index as number)
  assert.is(log.add(decision({ grants: [toN1(resourceId('nowhere'))] })).refused, 'log.grant-unknown')
  const fresh = new Log().add({ type: 'config', doc: doc('web'), by: 't', because })
  assert.is(fresh.add(decision({ grants: [toN1(fresh.state.ids['web'] as ResourceId)] })).refused, 'log.grant-not-admitted')
})

t('a takeover without evidence is not applied', () => {
  const { log, web } = owned()
  assert.is(log.add(decision({ grants: [toN1(web)] })).refused, 'log.grant-without-evidence')
  assert.is(owner(log.state, web), 'n2')
})

t('an owner that is only under fencing still owns', () => {
  const { log, web } = owned()
  log.add(fenceIntent(n2, b2))
  assert.is(log.add(decision({ grants: [toN1(web)] })).refused, 'log.grant-without-evidence')
  assert.is(log.add(decision({ grants: [{ resource: web, node: n2, boot: b2 }] })).refused, 'log.grant-without-evidence')
})

t('a release by the owner makes the takeover possible, in the same entry or a later one', () => {
  const { log, web } = owned()
  const release: Release = { resource: web, node: n2, boot: b2, token: token(5), how: 'stopped', op: opId('1.1.1') }
  assert.is(log.state.grants[web]?.token as number, 5)
  log.add(decision({ releases: [release], grants: [toN1(web)] }))
  assert.is(log.refused, undefined)
  assert.is(owner(log.state, web), 'n1')
})

t('a release of another token, another life or another node proves nothing', () => {
  const good = { node: n2, boot: b2, token: token(5), how: 'stopped' as const, op: opId('1.1.1') }
  const cases: [object, string][] = [
    [{ token: token(4) }, 'log.release-stale'],
    [{ node: n1 }, 'log.release-stale'],
    [{ boot: b2x }, 'log.release-unproven'],
    [{ how: 'reboot-probe' }, 'log.release-unproven'], // the owner's own life did not reboot
    [{ how: 'reboot-probe', boot: b2x }, 'log.release-unproven'], // that life was never admitted
  ]
  for (const [change, key] of cases) {
    const { log, web } = owned()
    log.add(decision({ releases: [{ resource: web, ...good, ...change } as Release], grants: [toN1(web)] }))
    assert.is(log.refused, key)
    assert.is(owner(log.state, web), 'n2')
  }
})

t('a machine that rebooted by itself keeps its grants until the new life has probed', () => {
  const { log, web } = owned()
  log.add(admit(n2, b2x))
  assert.is(log.refused, undefined)
  assert.is(log.add(decision({ grants: [toN1(web)] })).refused, 'log.grant-without-evidence')
  const probe: Release = { resource: web, node: n2, boot: b2x, token: token(5), how: 'reboot-probe', op: opId('b:1:1') }
  log.add(decision({ releases: [probe], grants: [toN1(web)] }))
  assert.is(log.refused, undefined)
  assert.is(owner(log.state, web), 'n1')
})

t('a certificate counts only for a committed fence-intent of that very life', () => {
  const { log, web } = owned()
  assert.is(log.add(decision({ certificates: [device(b2, 5)], grants: [toN1(web)] })).refused, 'log.certificate-without-intent')
  log.add(fenceIntent(n2, b2))
  const at = log.state.index
  assert.is(log.add(decision({ certificates: [device(b2x, at)], grants: [toN1(web)] })).refused, 'log.certificate-without-intent')
  assert.is(log.add(decision({ certificates: [device(b2, at - 1)], grants: [toN1(web)] })).refused, 'log.certificate-without-intent')
  const word: Certificate = { ...device(b2, at), how: 'operator' }
  assert.is(log.add(decision({ certificates: [word], grants: [toN1(web)] })).refused, 'log.certificate-without-intent')
  log.add(decision({ certificates: [device(b2, at)], grants: [toN1(web)] }))
  assert.is(log.refused, undefined)
  assert.is(owner(log.state, web), 'n1')
  assert.ok(isCertified(log.state, n2, b2))
})

t('a withdrawn fencing leaves no right to a certificate', () => {
  const { log, web } = owned()
  log.add(fenceIntent(n2, b2))
  const at = log.state.index
  log.add(admit(n2, b2))
  assert.is(log.add(decision({ certificates: [device(b2, at)], grants: [toN1(web)] })).refused, 'log.certificate-without-intent')
})

t('a second intent keeps the first, so that its certificate still fits', () => {
  const { log } = owned()
  log.add(fenceIntent(n2, b2))
  const at = log.state.index
  log.add(fenceIntent(n2, b2)).add(decision({ certificates: [device(b2, at)] }))
  assert.is(log.refused, undefined)
})

t('a certified life is never admitted again, another one is, and it owns nothing of the old', () => {
  const { log, web } = owned()
  log.add(fenceIntent(n2, b2)).add(decision({ certificates: [device(b2, 6)] }))
  assert.is(log.refused, undefined)
  assert.is(log.add(admit(n2, b2)).refused, 'log.admit-fenced')
  assert.is(log.add(admit(n2, b2x)).refused, undefined)
  assert.is(log.add(admit(n2, b2)).refused, 'log.admit-fenced')
  assert.is(owner(log.state, web), 'n2 released')
})

t('a life that another one has replaced is never admitted again, whatever came of both (S14)', () => {
  const { log } = owned()
  log.add(admit(n2, b2x))
  assert.is(log.refused, undefined)
  assert.is(log.add(admit(n2, b2)).refused, 'log.admit-past')
  log.add(fenceIntent(n2, b2x))
  assert.is(log.add(admit(n2, b2)).refused, 'log.admit-past')
  assert.is(log.add(admit(n2, b2x)).refused, undefined)
  assert.is(log.state.lives[n2]?.boot, b2x)
})

t('a certificate of a later life releases what an earlier life of the machine still held', () => {
  const { log, web } = owned()
  log.add(admit(n2, b2x))
  assert.is(owner(log.state, web), 'n2')
  log.add(fenceIntent(n2, b2x))
  log.add(decision({ certificates: [device(b2x, log.state.index)], grants: [toN1(web)] }))
  assert.is(log.refused, undefined)
  assert.is(owner(log.state, web), 'n1')
})

t('an operator vouches for the present life only', () => {
  const { log, web } = owned()
  assert.is(log.add({ type: 'operator-ack', node: n2, boot: b2x, by: 'eve' }).refused, 'log.not-this-life')
  assert.is(log.add({ type: 'operator-ack', node: n2, boot: b2, by: 'eve' }).refused, undefined)
  assert.is(log.add(decision({ grants: [toN1(web)] })).refused, undefined)
})

t('a decision is applied whole or not at all', () => {
  const { log, web } = owned()
  log.add(fenceIntent(n2, b2))
  const before = log.state
  log.add(decision({ certificates: [device(b2, 6)], grants: [toN1(web), toN1(web)] }))
  assert.is(log.refused, 'log.grant-without-evidence')
  assert.equal({ ...log.state, index: before.index, term: before.term }, before)
})

t('who owns resources neither leaves nor is removed', () => {
  const { log } = owned()
  assert.is(log.add({ type: 'leave', node: n2, boot: b2 }).refused, 'log.leave-owns')
  assert.is(log.add({ type: 'members', members: [member(n1), member(n3)], epoch: 0, because }).refused, 'log.member-owns')
  assert.is(log.add({ type: 'leave', node: n1, boot: b1 }).refused, undefined)
  assert.is(log.state.lives[n1]?.state, 'left')
})

t('votes move one at a time, epochs and versions never go back', () => {
  const log = new Log()
  assert.is(log.add({ type: 'members', members: [member(n1)], epoch: 0, because }).refused, 'log.members-votes')
  assert.is(log.add({ type: 'members', members: [member(n1, 3), member(n2), member(n3)], epoch: 0, because }).refused, 'log.members-votes')
  assert.is(log.add({ type: 'members', members: [member(n1), member(n1), member(n2)], epoch: 0, because }).refused, 'log.members-invalid')
  assert.is(log.add({ type: 'members', members: [member(n1), member(n2)], epoch: 1, because }).refused, undefined)
  assert.is(log.add({ type: 'members', members: [member(n1), member(n2)], epoch: 0, because }).refused, 'log.epoch-back')
  log.add({ type: 'version', clusterVersion: 3 })
  assert.is(log.add({ type: 'version', clusterVersion: 2 }).refused, 'log.version-back')
})

t('only members are admitted', () => {
  assert.is(new Log().add(admit(nodeId('stranger'), b1)).refused, 'log.not-a-member')
})

t('a resource keeps its id while it is configured or owned; a new one of the same name gets a new id', () => {
  const { log, web } = owned()
  log.add({ type: 'config', doc: doc(), by: 't', because })
  assert.is(log.state.ids['web'], web)
  log.add(decision({ releases: [{ resource: web, node: n2, boot: b2, token: token(5), how: 'stopped', op: opId('1.1.1') }] }))
  assert.is(log.state.ids['web'], undefined)
  assert.equal(log.state.grants, {})
  log.add({ type: 'config', doc: doc('web', 'db'), by: 't', because })
  assert.is.not(log.state.ids['web'], web)
  assert.is(new Set(Object.values(log.state.ids)).size, 2)
})

t('certificates, moves and cleanups are bounded', () => {
  const { log } = owned()
  for (let i = 0; i < 80; i++) {
    log.add(admit(n3, bootId(`x${i}`))).add({ type: 'operator-ack', node: n3, boot: bootId(`x${i}`), by: 'eve' })
  }
  assert.is(log.state.certificates.length, 64)
  for (let i = 0; i < 257; i++) log.add({ type: 'intent', id: `${i}`, kind: 'move', resource: 'web', node: n1, forMs: 1000, by: 'eve' })
  assert.is(log.refused, 'log.intents-full')
  log.add({ type: 'intent-end', id: '0', because })
  assert.is(log.state.intents.length, 255)
})

t('equal states have equal digests whatever the order of their members', () => {
  const { log } = owned()
  const s = log.state
  const turned = Object.fromEntries(Object.entries(s).reverse()) as unknown as ClusterState
  assert.is(digest(turned), digest(s))
  assert.is.not(digest({ ...s, epoch: s.epoch + 1 }), digest(s))
  assert.is(heldBy(s, n2, b2).length, 1)
})

t('the definition of what was deleted stays for as long as somebody has the right to run it', () => {
  const { log, web } = owned()
  const left = (): readonly string[] => Object.keys(log.state.left ?? {})
  log.add({ type: 'config', doc: doc('other'), by: 't', because })
  assert.equal(log.state.left, { [web]: resource('web') })
  log.add({ type: 'config', doc: doc('other', 'more'), by: 't', because })
  assert.equal(left(), [web])
  log.add({ type: 'config', doc: doc('web'), by: 't', because })
  assert.equal(left(), [], 'it is configured again')
  log.add({ type: 'config', doc: doc(), by: 't', because })
  const { token: held } = log.state.grants[web] as { token: Release['token'] }
  log.add(decision({ releases: [{ resource: web, node: n2, boot: b2, token: held, how: 'stopped', op: opId('x') }] }))
  assert.is(log.refused, undefined)
  assert.is(log.state.left, undefined)
})

t('a lease belongs to an admitted life, keeps its terms, stays while a fence is under way, and ends with the life', () => {
  const { log } = owned()
  const leased = (leaseMs: number, boot = b2): Entry => ({ type: 'leased', node: n2, boot, leaseMs, watchdogMs: 4000, armed: true })
  const now = (): unknown => log.state.lives[n2]?.leased
  assert.is(log.add(leased(3000, b2x)).refused, 'log.not-this-life')
  log.add(leased(3000))
  assert.equal(now(), { leaseMs: 3000, watchdogMs: 4000, armed: true })
  assert.is(log.add(leased(9000)).refused, 'log.leased-already')
  log.add(fenceIntent(n2, b2))
  assert.equal(now(), { leaseMs: 3000, watchdogMs: 4000, armed: true })
  log.add(admit(n2, b2))
  assert.equal(now(), { leaseMs: 3000, watchdogMs: 4000, armed: true })
  log.add(admit(n2, b2x))
  assert.is(now(), undefined, 'another life')
})

t.run()
