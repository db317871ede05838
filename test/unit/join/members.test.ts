/** Members change one vote at a time, against the exact log, and never take quorum from those who are present. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Member } from '../../../actors/log/messages.js'
import { makeDirs } from '../../../console/join/layout.js'
import { addMember, giveVotes, type Outcome, removeMember } from '../../../console/join/members.js'
import { openPromotion } from '../../../console/join/promote.js'
import { endJoining, joiningFile, readJoining, withJoining } from '../../../runtime/config/joining.js'
import { nodeId, resourceId } from '../../../runtime/ids.js'
import { Bench, boot, FakeCluster } from './bench.js'

const t = suite('join members')

const id = (n: number): ReturnType<typeof nodeId> => nodeId(`00000000-0000-4000-8000-00000000000${n}`)
const member = (n: number, votes = 1, links = 2): Member => ({
  node: id(n),
  name: `n${n}`,
  votes,
  links: Array.from({ length: links }, (_, l) => ({ address: `10.${l}.0.${n}`, port: 5407 })),
})
const of = (...ns: number[]): FakeCluster => new FakeCluster(ns.map((n) => member(n)))
const why = (o: Outcome): string => (o.done ? 'done' : 'refused' in o.why ? o.why.because.key : o.why.code)
const because = { do: 'x', key: 'cli.next', args: {}, severity: 'info' } as const

t('[C10] a node comes in without a vote, so that one member alone can take it in', async () => {
  const cluster = of(1)
  assert.is(why(await addMember(cluster, member(2), 'n1')), 'done')
  assert.equal(cluster.votes(), { n1: 1, n2: 0 })
  assert.is(why(await addMember(cluster, member(2), 'n1')), 'done')
  assert.is(cluster.proposed, 1, 'done already is done')
})

t('two that come at the same time both come in', async () => {
  const cluster = of(1)
  cluster.before = () => void cluster.commit({ type: 'members', members: [...cluster.cluster.members, member(3, 0)], epoch: 0, because })
  assert.is(why(await addMember(cluster, member(2), 'n1')), 'done')
  assert.equal(cluster.votes(), { n1: 1, n2: 0, n3: 0 })
})

t('votes are given one at a time, and only when those present stay enough', async () => {
  const cluster = of(1)
  await addMember(cluster, member(2), 'n1')
  assert.is(why(await giveVotes(cluster, id(2), 1)), 'cli.members-quorum', 'n2 is not heard yet')
  cluster.here = [id(1), id(2)]
  assert.is(why(await giveVotes(cluster, id(2), 3)), 'done')
  assert.equal(cluster.votes(), { n1: 1, n2: 3 })
  assert.is(why(await giveVotes(cluster, id(9), 1)), 'cli.member-gone')
})

t('who does not fit is refused with a sentence of its own', async () => {
  const cluster = of(1, 2)
  assert.is(why(await addMember(cluster, { ...member(3), name: 'n2' }, 'n1')), 'cli.member-name')
  assert.is(why(await addMember(cluster, member(3, 1, 1), 'n1')), 'cli.member-links')
  assert.is(why(await addMember(cluster, { ...member(3), links: member(2).links }, 'n1')), 'cli.member-address')
  const full = new FakeCluster(
    Array.from({ length: 32 }, (_, i) => ({ ...member(1), node: nodeId(`node-${i}`), name: `m${i}`, links: [] })),
  )
  assert.is(why(await addMember(full, { ...member(3), links: [] }, 'n1')), 'cli.members-full')
})

t('[C10] a node goes out vote by vote', async () => {
  const cluster = new FakeCluster([member(1), member(2), member(3, 2)])
  assert.is(why(await removeMember(cluster, 'n3', 'me')), 'done')
  assert.equal(cluster.votes(), { n1: 1, n2: 1 })
  assert.is(cluster.proposed, 2)
})

t('the last, an owner, one under fencing and one nobody knows stay', async () => {
  const alone = of(1)
  assert.is(why(await removeMember(alone, 'n1', 'me')), 'cli.remove-last')
  const cluster = of(1, 2, 3)
  assert.is(why(await removeMember(cluster, 'n9', 'me')), 'not-found')
  cluster.commit({ type: 'admit', node: id(2), boot: boot('a') })
  cluster.commit({ type: 'admit', node: id(3), boot: boot('b') })
  const web = resourceId('r1')
  cluster.cluster = {
    ...cluster.cluster,
    ids: { web },
    grants: { [web]: { resource: web, node: id(2), boot: boot('a'), token: 4 as never, released: false } },
  }
  assert.is(why(await removeMember(cluster, 'n2', 'me')), 'cli.remove-owner')
  cluster.commit({ type: 'fence-intent', node: id(3), boot: boot('b'), because })
  assert.is(why(await removeMember(cluster, 'n3', 'me')), 'cli.remove-fencing')
  assert.is(cluster.proposed, 0)
})

t('taking a present node out must not leave two where both are needed and one is away', async () => {
  const cluster = of(1, 2, 3)
  cluster.here = [id(1), id(3)]
  assert.is(why(await removeMember(cluster, 'n3', 'me')), 'cli.members-quorum')
  assert.is(why(await removeMember(cluster, 'n2', 'me')), 'done', 'the one that is away may go')
})

t('the dead one of two goes while the other decides alone, and ends that', async () => {
  const cluster = of(1, 2)
  cluster.commit({ type: 'admit', node: id(2), boot: boot('a') })
  const certificate = { node: id(2), boot: boot('a'), how: 'device', by: 'lab', intent: 2 as never, detail: '' } as const
  const refused = cluster.commit({
    type: 'members',
    members: cluster.cluster.members,
    epoch: 1,
    solo: [id(1)],
    certificate,
    because,
  })
  assert.is(refused, undefined)
  cluster.here = [id(1)]
  assert.is(why(await addMember(cluster, member(3), 'n1')), 'cli.members-solo')
  assert.is(why(await removeMember(cluster, 'n2', 'me')), 'done')
  assert.equal([cluster.votes(), cluster.cluster.solo, cluster.cluster.epoch], [{ n1: 1 }, undefined, 2])
})

t('a log that never rests is given up with a sentence', async () => {
  const cluster = of(1)
  cluster.propose = () => Promise.resolve({ code: 'stale-revision', args: {} })
  assert.is(why(await addMember(cluster, member(2), 'n1')), 'cli.members-busy')
})

t('a node that joined asks for its votes once this life of it is admitted, and once only', async () => {
  const bench = new Bench()
  const places = bench.places('n2')
  makeDirs(places)
  writeFileSync(joiningFile(places.stateDir), JSON.stringify({ votes: 1, members: [member(1)] }))
  const cluster = of(1)
  await addMember(cluster, member(2), 'n1')
  cluster.here = [id(1), id(2)]
  cluster.commit({ type: 'admit', node: id(2), boot: boot('a') })
  const said: string[] = []
  const open = (life: string): (() => void) =>
    openPromotion({
      self: { node: id(2), name: 'n2', boot: boot(life) },
      stateDir: places.stateDir,
      cluster,
      say: (v) => void said.push(v.key),
      againMs: 5,
    })
  const early = open('b') // another life than the admitted one
  await new Promise((resolve) => setTimeout(resolve, 50))
  early()
  assert.equal(cluster.votes(), { n1: 1, n2: 0 })
  const stop = open('a')
  for (let i = 0; i < 400 && readJoining(places.stateDir); i++) await new Promise((resolve) => setTimeout(resolve, 5))
  stop()
  assert.equal(cluster.votes(), { n1: 1, n2: 1 })
  assert.is(readJoining(places.stateDir), undefined)
  bench.end()
})

t('a joining.json that cannot be read counts as none', () => {
  const bench = new Bench()
  mkdirSync(bench.places('n2').stateDir, { recursive: true })
  assert.is(readJoining(bench.places('n2').stateDir), undefined)
  endJoining(bench.places('n2').stateDir)
  bench.end()
})

t('a node that is joining talks to those who took it in, also while the lists that it copies do not name the leader yet', () => {
  const at = (node: string, address: string) => ({ node, links: [{ address, port: 1 }] })
  const [founder, leader, moved] = [at('n1', '10.0.0.1'), at('n2', '10.0.0.2'), at('n1', '10.0.0.9')]
  assert.equal(withJoining([], [founder, leader]), [founder, leader])
  assert.equal(withJoining([founder], [moved, leader]), [founder, leader], 'the log knows the newer address')
})

t.run()
