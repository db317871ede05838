/** What one node alone has seen reaches the others' lists, only its own, and waits until the members are known. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type Overheard, Round } from '../../../console/api/round.js'
import type { Address, Msg, NodeId } from '../../../runtime/actor.js'
import type { Said } from '../../../runtime/host/messages.js'
import { nodeId } from '../../../runtime/ids.js'
import { instant } from '../../../runtime/time.js'
import { type Severity, verdict } from '../../../runtime/verdict.js'
import { becomes } from '../../api/client.js'

const t = suite('console round')

const [a, b, c] = ['a', 'b', 'c'].map((n) => nodeId(`00000000-0000-4000-8000-00000000000${n}`)) as [NodeId, NodeId, NodeId]
const said = (node: NodeId, n: number, id = `${node}:boot:1.${n}`, severity: Severity = 'info'): Said => ({
  type: 'said',
  id,
  at: '2026-01-01T00:00:00.000Z',
  atMs: instant(1),
  node,
  path: 'membership',
  verdict: verdict('note', 'membership.leaving', { node: 'n1' }, severity),
})
function round(members: () => readonly NodeId[] = () => [a, b, c]): { round: Round; sent: { to: Address; msg: Msg }[] } {
  const sent: { to: Address; msg: Msg }[] = []
  return { round: new Round(a, (to, msg) => sent.push({ to, msg }), members), sent }
}
const ids = (msg: Msg | undefined): readonly string[] => (msg as Overheard).said.map((s) => s.id)

t('observations of this node go to every other member in order; decisions and what others said do not', async () => {
  const { round: r, sent } = round()
  for (const s of [said(a, 1), said(a, 2, '7.0'), said(b, 3), said(a, 4, undefined, 'debug'), said(a, 5)]) r.tell(s)
  assert.ok(await becomes(() => sent.length === 2))
  assert.equal(
    sent.map((s) => s.to),
    [b, c].map((node) => ({ node, path: 'console' })),
  )
  for (const { msg } of sent) assert.equal(ids(msg), [`${a}:boot:1.1`, `${a}:boot:1.5`])
  r.close()
})

t('what is said before the members are known waits for them, the newest 200', async () => {
  let members: readonly NodeId[] = []
  const { round: r, sent } = round(() => members)
  for (let n = 0; n < 300; n++) r.tell(said(a, n))
  await new Promise((resolve) => setTimeout(resolve, 300))
  assert.is(sent.length, 0)
  members = [a, b]
  assert.ok(await becomes(() => sent.length === 1))
  assert.equal([ids(sent[0]?.msg).length, ids(sent[0]?.msg)[0]], [200, `${a}:boot:1.100`])
  r.close()
})

t('a console is heard about its own node only', () => {
  const { round: r } = round()
  const told = (list: unknown, from: Address): readonly string[] =>
    r.hear({ type: 'overheard', said: list } as unknown as Msg, from).map((s) => s.id)
  assert.equal(told([said(b, 1), said(c, 2), said(b, 3, '9.0'), null, {}], { node: b, path: 'console' }), [`${b}:boot:1.1`])
  assert.equal(told([said(b, 1)], { node: b, path: 'log' }), [])
  assert.equal(told([said(a, 1)], { path: 'console' }), [])
  assert.equal(told('x', { node: b, path: 'console' }), [])
})

t.run()
