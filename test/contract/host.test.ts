/** The worker host's group against the duties of a host, and what is its own: mailbox reactions, flight recorder, inspection. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { hostCases } from './host.cases.js'
import { startGroup } from './host.group.js'

const t = suite('host: group')
let dir = ''
t.before(() => {
  dir = mkdtempSync(join(tmpdir(), 'kyha-host-'))
})
t.after(() => rmSync(dir, { recursive: true, force: true }))

hostCases(t, () => startGroup(dir))

t('a mailbox that overflows with control messages is a fault of its actor, said and repaired', async () => {
  const h = await startGroup(dir)
  await h.until('b is born', () => h.seen.filter((m) => m.type === 'born').length >= 3)
  for (let i = 0; i < 65; i++) h.send('b', { type: 'note' })
  await h.until(
    'b is born again',
    () => h.seen.filter((m) => m.type === 'born' && (m as unknown as { path: string }).path === 'b').length === 2,
  )
  assert.ok(h.said.some((s) => s.type === 'say' && s.verdict.key === 'runtime.overflow'))
  assert.ok(h.said.some((s) => s.type === 'say' && s.verdict.key === 'runtime.child-restarted'))
  await h.stop()
})

t('a bug leaves a flight recorder file with what the thread did before, and no contents', async () => {
  const h = await startGroup(dir)
  await h.until('b is born', () => h.seen.filter((m) => m.type === 'born').length >= 3)
  h.send('b', { type: 'secret-bearing', password: 'hunter2' } as never)
  h.send('b', { type: 'do', effects: [], fail: 'told to fly' } as never)
  await h.until('it is said', () => h.said.some((s) => s.type === 'say' && s.verdict.key === 'runtime.flight'))
  const files = readdirSync(dir).filter((f) => f.startsWith('flight-'))
  const texts = files.map((f) => readFileSync(join(dir, f), 'utf8'))
  const mine = texts.find((text) => text.includes('told to fly'))
  assert.ok(mine)
  assert.match(mine, /"path": "b"/)
  assert.match(mine, /secret-bearing/)
  assert.not.match(mine, /hunter2/)
  await h.stop()
})

t.run()
